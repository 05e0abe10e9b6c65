"""Flicker: found where the light jumps, gone after the change, with fades and lamps left as they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from restore.treatments.deflicker.flicker_curve import Flicker
from restore.treatments.deflicker.light import FlickerObserver, relight
from tests.survey.restless import as_picture, codes, picture, seen_by

Light1 = NDArray[np.float64]
FRAMES = 48


def _flicker(frames: NDArray[np.float32]) -> Flicker | None:
    observer = FlickerObserver()
    for frame in codes(frames):
        observer.see(as_picture(frame))
    return observer.result()


def _scene(speed: float = 0.0) -> NDArray[np.float32]:
    """A landscape of middle tones, [48, 192, 256] in code values, the camera moving."""
    rng = np.random.default_rng(1)
    path = np.outer(np.arange(FRAMES) - FRAMES / 2, [0, speed])
    scene = seen_by(picture(rng), path, rng)
    return 60 + (scene - scene.mean()) * 0.5 + 50


def _lit(frames: NDArray[np.float32], gain: Light1, level: Light1) -> NDArray[np.float32]:
    """Under a light of that gain (from black, 16) and that level (nominal) in each frame."""
    changed = (frames - 16) * gain[:, None, None] + 219 * level[:, None, None] + 16
    return changed.astype(np.float32)


def _brightness(flicker: Flicker | None, gain: Light1, level: Light1, luma: float) -> Light1:
    """What becomes of that luma under the light and the change that was found."""
    assert flicker is not None
    return np.array(flicker.gain) * (luma * gain + level) + np.array(flicker.offset)


@pytest.mark.parametrize("speed", [0.0, 1.5])
@pytest.mark.parametrize("kind", ["gain", "level", "both"])
def test_flicker_goes(kind: str, speed: float) -> None:
    """A third of it is left at most, half where the camera pans, in darker and lighter tones."""
    rng = np.random.default_rng(2)
    gain = 1 + rng.normal(0, 0.03, FRAMES) * (kind != "level")
    level = rng.normal(0, 0.015, FRAMES) * (kind != "gain")
    found = _flicker(_lit(_scene(speed), gain, level))
    for luma in (0.25, 0.5):
        before = luma * gain + level
        after = _brightness(found, gain, level, luma)
        assert after.std() < (0.33 if speed == 0 else 0.5) * before.std()


@pytest.mark.parametrize("speed", [0.0, 2.0])
def test_steady_light_is_left_alone(speed: float) -> None:
    """Grain and a moving camera are no flicker."""
    assert _flicker(_scene(speed)) is None


def test_a_fade_stays_a_fade() -> None:
    """A fade in without flicker is none; with flicker it is as straight as before, to its first frame."""
    fade = np.clip(np.linspace(0.3, 1.3, FRAMES), 0, 1)
    still = np.zeros(FRAMES)
    assert _flicker(_lit(_scene(), fade, still)) is None
    jumps = fade * (1 + np.random.default_rng(3).normal(0, 0.03, FRAMES))
    after = _brightness(_flicker(_lit(_scene(), jumps, still)), jumps, still, 0.5)
    assert np.abs(after - 0.5 * fade).max() < 0.04
    assert after.argmin() < 4


def test_a_lamp_is_switched_on_at_once() -> None:
    """The frames before it do not glow, and those behind it are bright: to a sixth of its light."""
    rng = np.random.default_rng(4)
    lamp = np.where(np.arange(FRAMES) < 24, 0.7, 1.0)
    gain, still = lamp * (1 + rng.normal(0, 0.02, FRAMES)), np.zeros(FRAMES)
    after = _brightness(_flicker(_lit(_scene(), gain, still)), gain, still, 0.5)
    assert np.abs(after - 0.5 * lamp).max() < 0.025


def test_a_flash_is_no_flicker() -> None:
    """A photographer's flash lights two frames, and goes on doing so."""
    flash = np.where(np.isin(np.arange(FRAMES), (20, 21)), 1.3, 1.0)
    assert _flicker(_lit(_scene(), flash, np.zeros(FRAMES))) is None


def test_an_explosion_in_a_flickering_shot_stays_one() -> None:
    """It is far beyond what the shot does otherwise, so its frames keep their light."""
    rng = np.random.default_rng(6)
    gain = 1 + rng.normal(0, 0.02, FRAMES)
    gain[20:22] *= 1.4
    found = _flicker(_lit(_scene(), gain, np.zeros(FRAMES)))
    assert found is not None
    assert (found.gain[20:22], found.offset[20:22]) == ((1.0, 1.0), (0.0, 0.0))


def test_too_little_to_tell() -> None:
    """A shot of a few frames, black, and no frame at all do not flicker."""
    gain = 1 + np.random.default_rng(5).normal(0, 0.05, FRAMES)
    flickering = _lit(_scene(), gain, np.zeros(FRAMES))
    assert _flicker(flickering[:11]) is None
    assert _flicker(flickering[:0]) is None
    assert _flicker(np.full((40, 192, 256), 16, np.float32)) is None


CELLS = np.linspace(0.1, 0.9, 12 * 16)
"""A ramp of luma in all cells."""


@given(st.floats(0.85, 1.15), st.floats(-0.04, 0.04))
def test_a_change_of_light_is_undone_exactly(gain: float, offset: float) -> None:
    """Cells that differ by gain and offset alone come back to the model, and no quarter disagrees."""
    cells = np.clip((CELLS - offset) / gain, 0, 1)
    found_gain, found_offset, doubt = relight(cells, CELLS)
    inside = (cells > 0.03) & (cells < 0.97)
    error = (found_gain * cells + found_offset - CELLS)[inside]
    assert np.abs(error).max() < 0.004
    assert doubt < 0.002


@given(st.floats(0.2, 3), st.floats(-0.4, 0.4), st.integers(0, 9))
def test_no_change_is_larger_than_the_order_of_tones_allows(
    gain: float, offset: float, seed: int
) -> None:
    """Whatever is compared: the gain stays within a fifth, the level within a twentieth."""
    noise = np.random.default_rng(seed).normal(0, 0.05, CELLS.shape)
    found_gain, found_offset, doubt = relight(np.clip(gain * CELLS + offset + noise, 0, 1), CELLS)
    assert 0.8 <= found_gain <= 1.2
    assert -0.05 <= found_offset <= 0.05
    assert doubt >= 0


@pytest.mark.parametrize(("cells", "changes"), [(23, False), (24, True)])
def test_too_few_cells_decide_nothing(cells: int, changes: bool) -> None:
    """Black and white cells are clipped: without two dozen others the frame keeps its light."""
    frame = np.where(np.arange(CELLS.size) < cells, CELLS, 0.0)
    model = np.where(frame > 0, 1.1 * CELLS, 0.0)
    assert (relight(frame, model) != (1.0, 0.0, 0.0)) == changes


def test_a_moving_thing_has_no_weight() -> None:
    """A tenth of the cells shows something else; the light is that of the rest."""
    cells = CELLS / 1.05
    cells[::10] = 0.5
    gain, offset, _ = relight(cells, CELLS)
    assert gain * 0.5 + offset == pytest.approx(0.525, abs=0.003)
