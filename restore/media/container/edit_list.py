"""Edit lists of QuickTime and MP4: which parts of a track are shown, and when (ISO 14496-12, 8.6.6).

ffmpeg applies them exactly to video. In sound it hides only whole packets, and each edit after the first may
begin up to a packet late. So the stored tables are read here.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

_PADDING = Fraction(1, 10)
_PRIMING = 5300
"""Seconds, or samples, that sound encoders add at a track's start and end: hidden, but not cut."""

_HEAD = struct.Struct(">I4s")


@dataclass(frozen=True, slots=True)
class Edit:
    """A part of a track on its own clock, and when it is shown, in seconds; `stop` None: to its end."""

    start: Fraction
    stop: Fraction | None
    at: Fraction


@dataclass(frozen=True, slots=True)
class TrackEdits:
    """The edits of one track in their order, empty ones counted in `Edit.at`; `length`: seconds stored."""

    edits: tuple[Edit, ...]
    length: Fraction

    @property
    def shown(self) -> Fraction:
        """Seconds that are shown."""
        return sum(
            ((edit.stop or self.length) - edit.start for edit in self.edits), start=Fraction(0)
        )

    @property
    def hidden_end(self) -> Fraction:
        """Seconds at the end of the stored track that no edit shows."""
        return self.length - max((edit.stop or self.length for edit in self.edits), default=0)

    def cuts(self, rate: int = 0, *, exact: bool = False, early: bool = False) -> bool:
        """Whether the edits cut more than an encoder's priming and padding.

        `rate` is that of sound, in samples a second; `exact` is for uncompressed sound, which has no priming.
        With `early`, what is hidden before the film begins does not count.
        """
        if len(self.edits) != 1:
            return bool(self.edits)
        usual = max(_PADDING, Fraction(_PRIMING, rate) if rate else _PADDING)
        starts_late = self.edits[0].start > (0 if exact else usual)
        return (starts_late and not early) or self.hidden_end > usual


def read_edits(path: Path) -> Mapping[int, TrackEdits]:
    """The edits of every track that has an edit list, by track number; empty for other files."""
    found: dict[int, TrackEdits] = {}
    try:
        with path.open("rb") as file:
            movie = _movie(file)
        boxes = dict[bytes, bytes](_boxes(movie))
        scale = _clock(boxes[b"mvhd"])[0]
        for name, track in _boxes(movie):
            if name == b"trak" and (entry := _track(track, scale)) is not None:
                found[entry[0]] = entry[1]
    except (OSError, KeyError, struct.error, ZeroDivisionError):
        return {}
    return found


def _movie(file: BinaryIO) -> bytes:
    """The content of the file's `moov`; empty if there is none."""
    end = file.seek(0, io.SEEK_END)
    at = 0
    while at + _HEAD.size <= end:
        file.seek(at)
        size, name = _HEAD.unpack(file.read(_HEAD.size))
        head = _HEAD.size
        if size == 1:
            size, head = struct.unpack(">Q", file.read(8))[0], 16
        size = size or end - at
        if name == b"moov":
            return file.read(size - head)
        if size < head:
            break
        at += size
    return b""


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of the consecutive boxes in a box."""
    at = 0
    while at + _HEAD.size <= len(data):
        size, name = _HEAD.unpack_from(data, at)
        if size < _HEAD.size:
            return
        yield name, data[at + _HEAD.size : at + size]
        at += size


def _clock(header: bytes) -> tuple[int, int]:
    """Ticks a second and the length in ticks, of an `mvhd` or `mdhd`."""
    if header[0] == 1:
        return struct.unpack_from(">IQ", header, 20)
    return struct.unpack_from(">II", header, 12)


def _track(track: bytes, movie_scale: int) -> tuple[int, TrackEdits] | None:
    """A track's number and edits; None for one without an edit list."""
    boxes = dict[bytes, bytes](_boxes(track))
    table = dict[bytes, bytes](_boxes(boxes.get(b"edts", b""))).get(b"elst")
    if table is None:
        return None
    number = struct.unpack_from(">I", boxes[b"tkhd"], 20 if boxes[b"tkhd"][0] == 1 else 12)[0]
    scale, ticks = _clock(dict[bytes, bytes](_boxes(boxes[b"mdia"]))[b"mdhd"])
    return number, TrackEdits(_edits(table, movie_scale, scale), Fraction(ticks, scale))


def _edits(table: bytes, movie_scale: int, scale: int) -> tuple[Edit, ...]:
    form = struct.Struct(">Qqi" if table[0] == 1 else ">Iii")
    count = struct.unpack_from(">I", table, 4)[0]
    edits: list[Edit] = []
    at = Fraction(0)
    for place in range(count):
        duration, start, _ = form.unpack_from(table, 8 + place * form.size)
        lasting = Fraction(duration, movie_scale)
        if start >= 0:  # otherwise nothing is shown during this time
            begin = Fraction(start, scale)
            edits.append(Edit(begin, begin + lasting if duration else None, at))
        at += lasting
    return tuple(edits)
