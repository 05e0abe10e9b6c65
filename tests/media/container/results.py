"""Results of made sources: a small part of as many frames, joined with all other streams."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from restore.clip import ColorSpec
from restore.media.color.pixels import pixel_format
from restore.media.container.copies import Trim
from restore.media.container.join import join
from restore.media.ffmpeg.encode import VideoFormat
from restore.media.source import Source
from restore.timing import FrameTable
from tests.media.films import encode, slopes

SMALL = VideoFormat(
    *("h264", "yuv420p", 64, 48, Fraction(25), Fraction(1)),
    *(ColorSpec("bt601", "limited"), None, "ultrafast"),
)


def joined(source: Source, target: Path, trim: Trim | None = None) -> Path:
    """A result under that name, of the frames inside the trim."""
    frames = source.frames
    if trim is not None:
        inside = [i for i in range(len(frames)) if trim[0] <= frames.seconds(i) < trim[1]]
        rows = slice(inside[0], inside[-1] + 1)
        frames = FrameTable(frames.time_base, frames.pts[rows], frames.durations[rows])
    part = target.with_name(f"{target.name}.part.mkv")
    encode(part, SMALL, slopes(pixel_format("yuv420p"), 64, 48, len(frames)))
    join([part], frames, source, target, {}, trim)
    return target
