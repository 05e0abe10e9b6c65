"""Black-and-white, tinted and color shots are distinguished by how chroma depends on luma."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from restore.survey.findings import Color
from restore.survey.tint import chroma_of, color_of
from tests.survey.drawn import Plane, landscape
from tests.survey.moving import SIZE, old_film, small_pictures, training_clips

Samples = list[tuple[Plane, Plane, Plane]]


def toned(luma: NDArray[np.uint8], cb: object, cr: object, noise: float = 2.0) -> Samples:
    """The pictures [T, h, w] with these chroma offsets (arrays or numbers) and chroma noise."""
    rng = np.random.default_rng(1)
    planes = [
        np.clip(np.rint(128 + np.asarray(c) + rng.normal(0, noise, luma.shape)), 0, 255)
        for c in (cb, cr)
    ]
    cbs, crs = (plane.astype(np.uint8) for plane in planes)
    return list(zip(luma, cbs, crs, strict=True))


def pictures(count: int = 4) -> NDArray[np.uint8]:
    """Some drawn landscapes, 120x160."""
    drawn = landscape(np.random.default_rng(2))[::3, ::3].clip(16, 235).astype(np.uint8)
    return np.stack([np.roll(drawn, 3 * index, axis=1) for index in range(count)])


def color(samples: Samples) -> Color:
    """What they are taken for."""
    return color_of(chroma_of(samples))


def test_noise_in_chroma_is_no_color() -> None:
    """A black-and-white film may have chroma noise and an offset of a code."""
    luma = pictures()
    assert color(toned(luma, 0, 0, noise=0)) == "mono"
    assert color(toned(luma, 0.6, -0.5, noise=2.5)) == "mono"


HUES = {
    "sepia": (-14, 9),
    "amber": (-40, 22),
    "blue": (25, -12),
    "pink": (-5, 25),
    "faint": (-4, 3),
}


@pytest.mark.parametrize("hue", HUES)
@pytest.mark.parametrize("way", ["flat", "lights", "shadows", "two hues", "uneven", "flickering"])
def test_one_hue_over_everything_is_a_tint(hue: str, way: str) -> None:
    """However the dye lies: evenly, in the lights, in the shadows, both, faded to a side, in flicker."""
    luma = pictures()
    light = (luma - 16.0) / 219
    across = np.linspace(0.85, 1.15, luma.shape[2])
    flicker = np.array([0.8, 1.2, 1.0, 0.9])[:, None, None]
    strength = {
        "flat": np.ones_like(light),
        "lights": 1.5 * light,
        "shadows": 1.5 * (1 - light),
        "two hues": 1.6 - 3.2 * light,
        "uneven": across * np.ones_like(light),
        "flickering": flicker * np.ones_like(light),
    }[way]
    cb, cr = HUES[hue]
    assert color(toned(luma, cb * strength, cr * strength)) == "tint"


def test_the_tint_is_its_mean_chroma() -> None:
    """In code values away from gray."""
    found = chroma_of(toned(pictures(), -14, 9))
    assert (found.cb, found.cr) == pytest.approx((-14, 9), abs=0.2)


def test_two_hues_at_one_brightness_are_color() -> None:
    """A blue and a brown half that luma does not distinguish, strong or faded."""
    luma = pictures()
    side = np.where(np.arange(luma.shape[2]) < 80, 1.0, -1.0) * np.ones_like(luma, float)
    assert color(toned(luma, 14 * side, -10 * side)) == "color"
    assert color(toned(luma, 3 * side - 2, -2 * side + 1)) == "color"


@settings(max_examples=20, deadline=None)
@given(cb=st.integers(-60, 60), cr=st.integers(-60, 60))
def test_a_flat_tint_is_never_color(cb: int, cr: int) -> None:
    """Whatever its hue: mono near gray, a tint further away."""
    found = color(toned(pictures(2), cb, cr, noise=1))
    assert found == "mono" if np.hypot(cb, cr) < 1.2 else found in ("mono", "tint")
    assert found == "tint" or np.hypot(cb, cr) < 2


def test_color_clips_are_color() -> None:
    """Among them a wave under a blue sky, a man in studio light, yellow leaves."""
    from restore.media.container.probe import probe
    from restore.media.ffmpeg.decode import read_reduced

    for path in training_clips()[::5]:
        frames = list(read_reduced(probe(path), SIZE[0]))[::15]
        assert color([(f.y, f.cb, f.cr) for f in frames]) == "color", path.name


def test_a_real_old_film_is_black_and_white_and_a_tint_when_tinted() -> None:
    """As it is, and with sepia over it."""
    luma = np.stack(small_pictures(old_film("the_great_train_robbery"))[::6])
    assert color(toned(luma, 0, 0, noise=0)) == "mono"
    assert color(toned(luma, -14, 9)) == "tint"
