"""The video properties header of AVI (`vprp`, OpenDML 1.02): how many fields a frame has, and which is first.

libav reads only its aspect. If the codec cannot mark frames as interlaced, this is the only place that can.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from restore.media.source import FieldOrder

_MOST_BYTES = 1 << 20
"""Headers are some kilobytes long and at the beginning of the file."""

_FIELDS_AT = 32
_DESCRIPTION = 32
_START_LINE = 28
"""Bytes before the number of fields, of each field's description, and before its first line within."""


def stored_avi_fields(path: Path, stream: int) -> FieldOrder | None:
    """The field order that an AVI file stores for a stream; None if it stores none."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
    except OSError:
        return None
    streams = (
        list(_chunks(data, start, stop))
        for kind, start, stop in _chunks(data, 12, len(data))
        if kind == b"hdrl"
        for kind, start, stop in _chunks(data, start, stop)
        if kind == b"strl"
    )
    for number, chunks in enumerate(streams):
        if number == stream:
            found = (data[start:stop] for kind, start, stop in chunks if kind == b"vprp")
            return _order(next(found, b""))
    return None


def _chunks(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The chunks in a range of bytes, lists under their own names: name, and position of the content."""
    while at + 8 <= end:
        kind, size = struct.unpack_from("<4sI", data, at)
        start, stop = at + 8, min(at + 8 + size, end)
        if kind == b"LIST":
            kind, start = data[start : start + 4], start + 4
        yield kind, start, stop
        at += 8 + size + size % 2


def _order(header: bytes) -> FieldOrder | None:
    """One field is a progressive frame. Of two the first described is shown first; the upper is the top."""
    if len(header) < _FIELDS_AT + 4 + _DESCRIPTION:
        return None
    (fields,) = struct.unpack_from("<I", header, _FIELDS_AT)
    if fields == 1:
        return "progressive"
    if fields != 2 or len(header) < _FIELDS_AT + 4 + 2 * _DESCRIPTION:
        return None
    first = _FIELDS_AT + 4 + _START_LINE
    lines = [struct.unpack_from("<I", header, first + n * _DESCRIPTION)[0] for n in range(2)]
    if lines[0] == lines[1]:
        return "unknown"
    return "tff" if lines[0] < lines[1] else "bff"
