"""Aged shots for evaluation, from clips and images that no model was trained on; with fixed seeds.

The ageing is the one that models are trained on (with other random numbers), so its figures are
optimistic; `restore.evaluation.ffmpeg_ageing` is independent of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional

from restore.ageing.draw import Ageing, AgeingRanges, draw
from restore.ageing.random_streams import seeded
from restore.ageing.shot import age
from restore.errors import SourceError
from restore.evaluation.benchmark import BenchmarkShot, GrayShot
from restore.evaluation.clean_films import Box, is_film, open_film
from restore.evaluation.data_split import TEST_CLIPS
from restore.evaluation.photographs import is_photo, read_photos
from restore.media.ffmpeg import vmaf

SEED = 1906
"""Seed of every ageing."""

FIRST = 16
"""Frame at which the excerpt of a clip starts, if the clip is long enough."""

SHORT_SIDE = 224
"""Shorter side to which images are scaled down before they are colored: more than any network uses."""

MIN_SIDE = vmaf.LEAST_SIDE + 16
"""Height and width of the sharp frames: ageing by ffmpeg's filters removes a margin of 8 on each side."""


def clip_files(data: Path) -> list[Path]:
    """The project's twelve test clips in `data`/clips if all are there, else every film in `data`."""
    own = [data / "clips" / f"{name}.mp4" for name in TEST_CLIPS]
    if all(path.is_file() for path in own):
        return own
    return sorted(path for path in data.rglob("*") if is_film(path))


def still_files(data: Path) -> list[Path]:
    """The test images: `data`/bench."""
    found = (data / "bench").rglob("*")
    return sorted(path for path in found if is_photo(path))


def shot_names(files: Sequence[Path]) -> list[str]:
    """Names for files: without folder and suffix if these differ.

    Else their paths relative to the folder that contains all of them.
    """
    stems = [path.stem for path in files]
    if len(set(stems)) == len(stems):
        return stems
    top = os.path.commonpath([path.parent for path in files])
    return [path.relative_to(top).as_posix() for path in files]


def check_clip(path: Path, min_frames: int) -> None:
    """SourceError for a clip that cannot be read, or is too short or too small for evaluation."""
    film = open_film(path)
    if film.frames < min_frames:
        what = f"A clip of {film.frames} frames is too short for evaluation."
        todo = f"Remove it: {min_frames} frames are needed."
        raise SourceError(what, str(path), todo, code="clip-too-short")
    check_size((film.height, film.width), path)


def check_still(path: Path) -> None:
    """SourceError for an image that is too small for evaluation, or cannot be read."""
    frames = still_frames(path, 1)
    check_size((frames.shape[-2], frames.shape[-1]), path)


def check_size(size: tuple[int, int], path: Path) -> None:
    """SourceError for a frame (height, width) that is too small for the metrics (VMAF's limit)."""
    if min(size) < MIN_SIDE:
        what = f"Frames of {size[1]}x{size[0]} are too small for evaluation."
        todo = f"Remove it: the minimum is {MIN_SIDE}x{MIN_SIDE}."
        raise SourceError(what, str(path), todo, code="picture-too-small")


def clip_frames(path: Path, count: int) -> Tensor:
    """That many consecutive frames of a clip: R'G'B' [T, 3, H, W], uint8; fewer of a shorter one."""
    film = open_film(path)
    first = FIRST if film.frames >= FIRST + count else 0
    return film.read(Box(first, min(count, film.frames), 1, 0, 0, film.height, film.width))


def still_frames(path: Path, count: int) -> Tensor:
    """An image as a static shot: R'G'B' [T, 3, H, W], uint8."""
    try:
        read = cast(object, cv2.imread(str(path), cv2.IMREAD_COLOR))
    except cv2.error:  # more pixels than OpenCV accepts: 2^30
        read = None
    if not isinstance(read, np.ndarray):
        what, todo = "This image cannot be read.", "Remove it from the folder."
        raise SourceError(what, str(path), todo, code="photo-unreadable")
    rgb = torch.from_numpy(read[:, :, ::-1].copy()).permute(2, 0, 1)
    return rgb[None].expand(count, -1, -1, -1)


def aged_shot(
    name: str, frames: Tensor, scale: int, generator: Generator, amounts: Ageing | None = None
) -> BenchmarkShot:
    """Frames [T, 3, H, W], uint8, cropped to multiples of the scale and aged; rounded to 8 bits.

    The amounts are drawn from the default ranges unless they are given.
    """
    drawn = amounts or draw(AgeingRanges(), generator)
    height, width = (side // scale * scale for side in frames.shape[-2:])
    shot = age(frames[..., :height, :width].float() / 255, drawn, scale, generator)
    unsteady = drawn.weave + drawn.flicker + drawn.flicker_drift + drawn.flicker_slope
    return BenchmarkShot(name, eight_bit(shot.aged), eight_bit(shot.truth), unsteady == 0)


def eight_bit(luma: Tensor) -> Tensor:
    """Rounded to 8-bit code values, as nominal 0..1."""
    return luma.mul(255).round().clamp(0, 255) / 255


def photographs(data: Path, count: int | None) -> Iterator[tuple[str, Tensor]]:
    """The validation photographs, or `count` of them, evenly spaced: name and [1, 3, H, W], uint8."""
    held_out = read_photos(data / "photos", validation=True)
    wanted = len(held_out) if count is None else min(count, len(held_out))
    for number in range(wanted):
        photo = held_out[number * len(held_out) // wanted]
        yield photo.name, photo.rgb[None]


def film_gray(name: str, frames: Tensor, ranges: AgeingRanges, number: int) -> GrayShot:
    """Frames [T, 3, H, W], uint8, as film-like gray, as color models are trained on, with their colors."""
    rgb = scaled_down(frames, SHORT_SIDE)
    generator = seeded(SEED, number, 7)
    amounts = draw(ranges, generator).model_copy(update={"weave": 0.0, "color": False})
    return GrayShot(name, age(rgb, amounts, 1, generator).aged.clamp(0, 1), rgb)


def scaled_down(frames: Tensor, short: int) -> Tensor:
    """Frames [T, 3, H, W], uint8 -> 0..1, scaled down (area) to a shorter side of `short`, if longer."""
    rgb = frames.float() / 255
    factor = short / min(rgb.shape[-2:])
    size = [round(side * factor) for side in rgb.shape[-2:]]
    return functional.interpolate(rgb, size, mode="area") if factor < 1 else rgb
