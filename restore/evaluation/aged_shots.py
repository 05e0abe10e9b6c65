"""Aged shots to judge by, from clips and pictures that no model trains on; fixed seeds.

The ageing here is the one that models are trained on (with other draws), which makes its figures kind;
`restore.evaluation.oldfilms` has the other, independent one.
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

from restore.ageing.draw import Ageing, Spread, draw
from restore.ageing.random_streams import seeded
from restore.ageing.shot import age
from restore.errors import SourceError, UsageError
from restore.evaluation.benchmark import BenchmarkShot, GreyShot
from restore.evaluation.clean_films import Box, is_film, open_film
from restore.evaluation.photographs import is_photo, read_photos
from restore.evaluation.split import JUDGING_CLIPS
from restore.media.ffmpeg import vmaf

SEED = 1906
"""Fixes every ageing."""

FIRST = 16
"""Frame of a clip at which its excerpt begins, where it is long enough."""

SHORT = 224
"""Shorter side to which pictures are shrunk before they are colored: more than any color net sees."""

LEAST_SIDE = vmaf.LEAST_SIDE + 16
"""Pixels on a side of the sharp picture: aged by ffmpeg's filters it loses a margin of 8 on each side."""


def clip_files(data: Path) -> list[Path]:
    """The project's twelve judging clips in `data`/clips, or else every film in `data`, by name."""
    own = [data / "clips" / f"{name}.mp4" for name in JUDGING_CLIPS]
    if all(path.is_file() for path in own):
        return own
    return sorted(path for path in data.rglob("*") if is_film(path))


def still_files(data: Path) -> list[Path]:
    """The pictures that only judge: `data`/bench."""
    found = (data / "bench").rglob("*")
    return sorted(path for path in found if is_photo(path))


def shot_names(files: Sequence[Path]) -> list[str]:
    """What files are called: their names without suffix, if these differ.

    Else their paths, from the folder in which all of them lie.
    """
    stems = [path.stem for path in files]
    if len(set(stems)) == len(stems):
        return stems
    top = os.path.commonpath([path.parent for path in files])
    return [path.relative_to(top).as_posix() for path in files]


def check_clip(path: Path, least_frames: int) -> None:
    """SourceError for a clip that cannot be read, or is too short or too small to judge by."""
    film = open_film(path)
    if film.frames < least_frames:
        what = f"A clip of {film.frames} frames is too short to judge by."
        raise SourceError(what, str(path), f"Take it out: {least_frames} frames are needed.")
    check_size((film.height, film.width), path)


def check_still(path: Path) -> None:
    """SourceError or UsageError for a picture that is too small to judge by, or cannot be read."""
    frames = still_frames(path, 1)
    check_size((frames.shape[-2], frames.shape[-1]), path)


def check_size(size: tuple[int, int], path: Path) -> None:
    """SourceError for a picture (height, width) that is too small for the measures (VMAF's bound)."""
    if min(size) < LEAST_SIDE:
        what = f"A picture of {size[1]}x{size[0]} is too small to judge by."
        raise SourceError(what, str(path), f"Take it out: {LEAST_SIDE}x{LEAST_SIDE} is the least.")


def clip_frames(path: Path, count: int) -> Tensor:
    """So many consecutive frames of a clip: R'G'B' [T, 3, H, W], uint8; fewer of a shorter one."""
    film = open_film(path)
    first = FIRST if film.frames >= FIRST + count else 0
    return film.read(Box(first, min(count, film.frames), 1, 0, 0, film.height, film.width))


def still_frames(path: Path, count: int) -> Tensor:
    """A picture as a shot in which nothing moves: R'G'B' [T, 3, H, W], uint8."""
    try:
        read = cast(object, cv2.imread(str(path), cv2.IMREAD_COLOR))
    except cv2.error:  # of more pixels than OpenCV takes: 2^30
        read = None
    if not isinstance(read, np.ndarray):
        raise UsageError("This picture cannot be read.", str(path), "Take it out of the folder.")
    rgb = torch.from_numpy(read[:, :, ::-1].copy()).permute(2, 0, 1)
    return rgb[None].expand(count, -1, -1, -1)


def aged_shot(
    name: str, frames: Tensor, scale: int, generator: Generator, amounts: Ageing | None = None
) -> BenchmarkShot:
    """Frames [T, 3, H, W], uint8, cut to multiples of the scale and aged, both sides in 8 bits.

    The amounts are drawn from the widest ranges unless they are given.
    """
    drawn = amounts or draw(Spread(), generator)
    height, width = (side // scale * scale for side in frames.shape[-2:])
    shot = age(frames[..., :height, :width].float() / 255, drawn, scale, generator)
    restless = drawn.weave + drawn.flicker + drawn.flicker_drift + drawn.flicker_slope
    return BenchmarkShot(name, eight_bit(shot.aged), eight_bit(shot.truth), restless == 0)


def eight_bit(luma: Tensor) -> Tensor:
    """Rounded to 8-bit code values, as nominal 0..1 again."""
    return luma.mul(255).round().clamp(0, 255) / 255


def photographs(data: Path, count: int | None) -> Iterator[tuple[str, Tensor]]:
    """The photographs kept aside from training, or `count` of them, evenly spread: [1, 3, H, W], uint8."""
    held_out = read_photos(data / "photos", validation=True)
    wanted = len(held_out) if count is None else min(count, len(held_out))
    for number in range(wanted):
        photo = held_out[number * len(held_out) // wanted]
        yield photo.name, photo.rgb[None]


def film_grey(name: str, frames: Tensor, spread: Spread, number: int) -> GreyShot:
    """Frames [T, 3, H, W], uint8, as the grey film that a color model is trained on, with its colors."""
    rgb = shrunk(frames, SHORT)
    generator = seeded(SEED, number, 7)
    amounts = draw(spread, generator).model_copy(update={"weave": 0.0, "color": False})
    return GreyShot(name, age(rgb, amounts, 1, generator).aged.clamp(0, 1), rgb)


def shrunk(frames: Tensor, short: int) -> Tensor:
    """Frames [T, 3, H, W], uint8 -> 0..1, averaged down to a shorter side of `short` if it is longer."""
    rgb = frames.float() / 255
    factor = short / min(rgb.shape[-2:])
    size = [round(side * factor) for side in rgb.shape[-2:]]
    return functional.interpolate(rgb, size, mode="area") if factor < 1 else rgb
