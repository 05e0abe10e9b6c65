"""Clean films as truth: which files are taken for films, and boxes of frames read from them."""

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
"""What is taken for a film by its name."""


@dataclass(frozen=True)
class Box:
    """A run of frames and a rectangle in them: every `step`th of `frames`, from `first` on."""

    first: int
    frames: int
    step: int
    top: int
    left: int
    height: int
    width: int


@dataclass(frozen=True)
class CleanFilm:
    """A film to cut from: its size, and `read`, which gives a box of it as [T, 3, H, W].

    Frames come as R'G'B', uint8, full range.
    """

    name: str
    frames: int
    height: int
    width: int
    read: Callable[[Box], Tensor]


def open_film(path: Path) -> CleanFilm:
    """A film file of any length and pixel format; SourceError if it is interlaced or cannot be read."""
    source = probe(path)
    if source.field_order in ("tff", "bff"):
        todo = "Deinterlace it first, or take it out of the folder."
        raise SourceError(
            "Interlaced frames are no truth to train on or judge by.", str(path), todo
        )
    size = (len(source.frames), source.height, source.width)
    return CleanFilm(str(path), *size, lambda box: _read(source, box))


def _read(source: Source, box: Box) -> Tensor:
    span = Span(box.first, box.first + (box.frames - 1) * box.step + 1)
    kept: list[Tensor] = []
    for picture in read_frames(source, source.frames, span):
        if (picture.index - box.first) % box.step == 0:
            rgb = to_rgb(to_clip([picture], source.format, source.color))[0]
            cut = rgb[:, box.top : box.top + box.height, box.left : box.left + box.width]
            kept.append(cut.mul(255).round().to(torch.uint8))
    if not kept:
        what = f"No frame from number {box.first} on can be decoded."
        raise SourceError(what, str(source.path), "Take it out of the folder.")
    return torch.stack(kept)


def is_film(path: Path) -> bool:
    """Whether a file is taken for a film by its name; hidden ones are some system's own notes."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
