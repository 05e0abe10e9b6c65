"""QuickTime films with edit lists of our own: ffmpeg writes only the simplest ones."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

Stretch = tuple[Fraction, Fraction]
"""Seconds of the stored media from which to which something is shown."""


def with_edits(source: Path, target: Path, shown: Sequence[Stretch]) -> Path:
    """A copy of a QuickTime film (index behind the data) of which all tracks show these stretches only."""
    data = source.read_bytes()
    start, size = next((at, n) for at, n, kind in _boxes(data, 0, len(data)) if kind == b"moov")
    head = data[start + 8 : start + size]
    scale = struct.unpack_from(">I", head, head.index(b"mvhd") + 16)[0]
    movie = b"".join(
        _with_list(head[at : at + n], scale, shown) if kind == b"trak" else head[at : at + n]
        for at, n, kind in _boxes(head, 0, len(head))
    )
    target.write_bytes(data[:start] + struct.pack(">I4s", len(movie) + 8, b"moov") + movie)
    return target


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, bytes]]:
    while at < end:
        size, kind = struct.unpack_from(">I4s", data, at)
        size = struct.unpack_from(">Q", data, at + 8)[0] if size == 1 else size
        yield at, size, kind
        at += size


def _with_list(track: bytes, movie_scale: int, shown: Sequence[Stretch]) -> bytes:
    """A track box with another edit list."""
    scale = struct.unpack_from(">I", track, track.index(b"mdhd") + 16)[0]
    entries = b"".join(
        struct.pack(">IiI", round((stop - start) * movie_scale), round(start * scale), 1 << 16)
        for start, stop in shown
    )
    table = struct.pack(">II", 0, len(shown)) + entries
    edits = struct.pack(">I4sI4s", 16 + len(table), b"edts", 8 + len(table), b"elst") + table
    at = track.index(b"edts") - 4
    old = struct.unpack_from(">I", track, at)[0]
    changed = bytearray(track[:at] + edits + track[at + old :])
    struct.pack_into(">I", changed, 0, len(changed))
    lasting = sum((stop - start for start, stop in shown), start=Fraction(0))
    struct.pack_into(">I", changed, changed.index(b"tkhd") + 24, round(lasting * movie_scale))
    return bytes(changed)
