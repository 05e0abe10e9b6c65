"""Frames in memory restored as a film is."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from restore.clip import Clip, ColorSpec
from restore.errors import UsageError
from restore.jobs.film_preview import preview_frames
from restore.jobs.restorer import Restorer
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.recipe import Recipe
from restore.timing import Span

FAST = "film-x2-fast"

Array = np.ndarray[Any, np.dtype[Any]]


def drawn(count: int, height: int = 36, width: int = 52, *, dtype: type = np.uint8) -> Array:
    """Gray frames of a slope with a square that moves, [T, H, W]."""
    top = 255 if dtype is np.uint8 else 65535
    rows = np.linspace(0.1, 0.9, height)[:, None] * np.ones(width)
    frames = np.stack([rows] * count)
    for number in range(count):
        frames[number, 8:20, 4 + 2 * number : 16 + 2 * number] = 0.75
    return np.round(frames * top).astype(dtype)


def rgb(frames: Array) -> Array:
    """Gray frames as R'G'B' [T, H, W, 3]."""
    return np.repeat(frames[..., None], 3, axis=3)


def psnr(one: Array, other: Array, top: float) -> float:
    """Peak signal-to-noise ratio in dB."""
    return float(10 * np.log10(top**2 / np.mean((one.astype(float) - other.astype(float)) ** 2)))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("color", [False, True])
def test_frames_come_back_in_their_own_form(dtype: type, color: bool) -> None:
    """Gray or R'G'B', 8 or 16 bit: the same type and count, twice the size, the same picture."""
    frames = drawn(3, dtype=dtype)
    given = rgb(frames) if color else frames
    before = given.copy()
    made = Restorer(upscale=2, model=FAST)(given)
    assert made.dtype == given.dtype
    assert made.shape == (3, 72, 104, *given.shape[3:])
    assert np.array_equal(given, before)
    gray = made[..., 1] if color else made
    small = gray.reshape(3, 36, 2, 52, 2).mean(axis=(2, 4))
    assert psnr(small, frames, np.iinfo(dtype).max) > 30
    if color:  # R, G and B of gray stay alike, but for the rounding of each
        spread = made.astype(int).max(axis=3) - made.astype(int).min(axis=3)
        assert spread.max() <= (2 if dtype is np.uint8 else 16)


def test_without_options_not_one_value_changes() -> None:
    """Nothing is asked for: the frames are a copy, 16-bit colors included; a clip is the same clip."""
    noise = np.random.default_rng(1).integers(0, 65536, (2, 9, 11, 3)).astype(np.uint16)
    made = Restorer()(noise)
    assert np.array_equal(made, noise)
    assert made is not noise
    clip = Clip(torch.rand(2, 1, 8, 8), None, 5, ColorSpec("bt709", "limited"))
    assert Restorer()(clip) is clip


def test_the_result_is_that_of_a_film(reel: Path) -> None:
    """Frames of a shot in memory are restored as a run restores them, but for rounding to R'G'B'."""
    source = probe(reel)
    shot = Span(20, 28)
    pictures = list(read_frames(source, source.frames, shot))
    luma = np.stack([picture.planes[0] for picture in pictures]).astype(float)
    frames = np.clip(np.round((luma - 16) / 219 * 255), 0, 255).astype(np.uint8)
    made = Restorer(upscale=2, model=FAST, precision="fp32")(frames)
    still = {"descratch": 0.0, "deflicker": 0.0, "stabilize": 0.0}
    options = {"upscale": 2, "model": FAST, "precision": "fp32", "codec": "ffv1"}
    recipe = Recipe.model_validate(options | still)
    moment = float(source.frames.seconds(22) - source.frames.start)
    (frame,) = preview_frames(reel, recipe, [moment])
    assert frame.index == 22
    difference = np.abs(made[2].astype(int) - frame.after[..., 1].astype(int))
    assert difference.mean() < 0.6
    assert difference.max() <= 8  # rounding before the net, which sharpens it


def test_gray_frames_are_colored_as_one_shot(reel: Path) -> None:
    """They become R'G'B', and the colors of a shot that stands still stay the same over all frames."""
    source = probe(reel)
    (picture,) = read_frames(source, source.frames, Span(40, 41))
    still = np.stack([picture.planes[0]] * 20)
    made = Restorer(colorize=True)(still)
    assert made.shape == (20, 240, 320, 3)
    spread = made.astype(int).max(axis=3) - made.astype(int).min(axis=3)
    assert spread.mean() > 4
    assert np.abs(made.astype(int) - made[:1].astype(int)).max() <= 1


def test_color_is_kept_and_lettering_stays_gray(reel: Path) -> None:
    """Frames in color keep their own colors unless new ones are asked for; a title card stays gray."""
    frames = rgb(drawn(3))
    frames[:, :18, :, 0] = 200
    frames[:, 18:, :, 2] = 220
    assert np.array_equal(Restorer(colorize=True)(frames), frames)
    assert not np.array_equal(Restorer(recolor=True)(frames), frames)
    source = probe(reel)
    card = np.stack([p.planes[0] for p in read_frames(source, source.frames, Span(2, 8))])
    made = Restorer(colorize=True)(card)
    assert np.array_equal(made, rgb(card))


def test_a_clip_stays_a_clip() -> None:
    """Its color description, its number in the film and its sample aspect stay; the size changes."""
    color = ColorSpec("bt601", "limited", "left")
    luma = torch.from_numpy(drawn(3)).float().div(255)[:, None]
    clip = Clip(luma, torch.zeros(3, 2, 18, 26), 40, color, Fraction(16, 15))
    made = Restorer(upscale=2, model=FAST)(clip)
    assert (made.luma.shape, made.index) == ((3, 1, 72, 104), 40)
    assert made.chroma is not None
    assert made.chroma.shape == (3, 2, 36, 52)
    assert (made.color, made.sample_aspect) == (color, Fraction(16, 15))


def test_long_shots_are_worked_on_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """More frames than fit the memory set aside at once give the same as all together."""
    frames = drawn(11, 24, 40)
    whole = Restorer(upscale=2, model=FAST, precision="fp32")(frames)
    monkeypatch.setattr("restore.run.chain.CHUNK_FRAMES", (1, 4))
    monkeypatch.setattr("restore.run.chain.CHUNK_BYTES", 1)
    parts = Restorer(upscale=2, model=FAST, precision="fp32")(frames)
    assert np.abs(whole.astype(int) - parts.astype(int)).max() <= 1


def test_networks_are_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second call, and every later one with frames of that size, reads no weights."""
    from restore import models

    loaded: list[str] = []
    load = models.load
    monkeypatch.setattr(models, "load", lambda card: (loaded.append(card.name), load(card))[1])
    restorer = Restorer(upscale=2, model=FAST)
    for _ in range(3):
        restorer(drawn(2))
    assert loaded == ["film-x2-fast"]


def test_the_matrix_says_what_luma_is() -> None:
    """Saturated colors change with the matrix that their luma is made by, gray does not."""
    frames = rgb(drawn(2))
    frames[..., 0] //= 2
    one = Restorer(upscale=2, model=FAST)(frames)
    other = Restorer(upscale=2, model=FAST, matrix="bt601")(frames)
    assert not np.array_equal(one, other)
    assert np.abs(one.astype(int) - other.astype(int)).mean() < 2
    gray = rgb(drawn(2))
    made = [Restorer(upscale=2, model=FAST, matrix=m)(gray) for m in ("bt709", "bt601")]  # pyright: ignore[reportArgumentType]
    assert np.abs(made[0].astype(int) - made[1].astype(int)).max() <= 1


@pytest.mark.parametrize(
    "frames",
    [
        np.zeros((2, 8, 8), np.float32),
        np.zeros((8, 8), np.uint8),
        np.zeros((2, 8, 8, 4), np.uint8),
        np.zeros((0, 8, 8), np.uint8),
        [[1, 2], [3, 4]],
        Clip(torch.zeros(0, 1, 8, 8), None, 0, ColorSpec("bt709", "full")),
        Clip(torch.zeros(2, 1, 8, 8, dtype=torch.uint8), None, 0, ColorSpec("bt709", "full")),
        Clip(np.zeros((2, 1, 8, 8), np.float32), None, 0, ColorSpec("bt709", "full")),  # type: ignore[arg-type]
    ],
)
def test_what_is_not_frames_is_named(frames: Any) -> None:
    """Floats, one frame, an alpha plane, no frames, a clip of code values or arrays: the error names it."""
    with pytest.raises(UsageError) as caught:
        Restorer(upscale=2, model=FAST)(frames)
    assert caught.value.code == "not-frames"
    assert "uint8" in caught.value.what_to_do


def test_wrong_options_are_named_at_once() -> None:
    """Before any frame: two wrong values are two findings; so is a model that is not there."""
    wrong: Any = {"upscale": 3, "clean": 7}
    with pytest.raises(UsageError) as caught:
        Restorer(**wrong)
    assert "upscale: " in caught.value.where
    assert "clean: " in caught.value.where
    with pytest.raises(UsageError):
        Restorer(upscale=2, model="nobody")
    matrix: Any = "ycgco"
    with pytest.raises(UsageError, match="ycgco"):
        Restorer(matrix=matrix)


def test_tiny_frames_are_restored() -> None:
    """One pixel, one row: no size is too small."""
    for height, width in ((1, 1), (1, 9), (7, 2)):
        made = Restorer(upscale=2, model=FAST, colorize=True)(
            np.full((2, height, width), 90, np.uint8)
        )
        assert made.shape[:3] == (2, 2 * height, 2 * width)


def test_a_clip_may_be_gray() -> None:
    """A gray clip that is colored gets chroma of half its size, as gray films do."""
    luma = torch.from_numpy(drawn(3)).float().div(255)[:, None]
    clip = Clip(luma, None, 0, ColorSpec("bt709", "full"))
    made = Restorer(recolor=True)(replace(clip, index=7))
    assert made.chroma is not None
    assert made.chroma.shape == (3, 2, 18, 26)
