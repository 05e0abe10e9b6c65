"""Clean films as ground truth: which files are films, and reading boxes of frames from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from restore.errors import SourceError
from restore.filters.rgb import to_rgb
from restore.media.color.convert import to_clip
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.media.source import Source
from restore.timing import Span

SUFFIXES = frozenset(
    (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mxf", ".dv", ".ogv")
)
"""Files with these suffixes are films."""


@dataclass(frozen=True)
class Box:
    """A rectangle in `frames` frames of a film: frame `first` and every `step`th after it."""

    first: int
    frames: int
    step: int
    top: int
    left: int
    height: int
    width: int


@dataclass(frozen=True)
class CleanFilm:
    """A film: its size, and `read`, which gives a box of it as R'G'B' [T, 3, H, W], uint8, full range."""

    name: str
    frames: int
    height: int
    width: int
    read: Callable[[Box], Tensor]


def open_film(path: Path) -> CleanFilm:
    """A film file of any length and pixel format; SourceError if it is interlaced or cannot be read."""
    source = probe(path)
    if source.field_order in ("tff", "bff"):
        what = "An interlaced film cannot be used for training or evaluation."
        todo = "Deinterlace it first, or remove it from the folder."
        raise SourceError(what, str(path), todo, code="interlaced")
    size = (len(source.frames), source.height, source.width)
    return CleanFilm(str(path), *size, lambda box: _read(source, box))


def _read(source: Source, box: Box) -> Tensor:
    span = Span(box.first, box.first + (box.frames - 1) * box.step + 1)
    cropped: list[Tensor] = []
    for picture in read_frames(source, source.frames, span):
        if (picture.index - box.first) % box.step == 0:
            rgb = to_rgb(to_clip([picture], source.format, source.color))[0]
            cut = rgb[:, box.top : box.top + box.height, box.left : box.left + box.width]
            cropped.append(cut.mul(255).round().to(torch.uint8))
    if not cropped:
        what = f"No frame from number {box.first} on can be decoded."
        todo = "Remove it from the folder."
        raise SourceError(what, str(source.path), todo, code="frame-undecodable")
    return torch.stack(cropped)


def is_film(path: Path) -> bool:
    """Whether a file is a film by its name; hidden files are not."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
