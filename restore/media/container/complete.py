"""Whether a film file is complete: only then is the duration in its header right."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

_SEGMENT = b"\x18\x53\x80\x67"
"""Matroska's element that contains everything after the file's header (RFC 9559, 5.1)."""


def is_complete(path: Path, demuxer: str) -> bool:
    """Whether the file is as long as its outermost elements state; False if they do not state it."""
    check = _CHECKS.get(demuxer)
    if check is None:
        return False
    try:
        with path.open("rb") as file:
            return check(file, os.fstat(file.fileno()).st_size)
    except (OSError, struct.error, ValueError, IndexError):
        return False


def _mov(file: BinaryIO, size: int) -> bool:
    """Every box fits; with fragments (`moof`) the movie header has only the planned duration."""
    at = 0
    while at + 8 <= size:
        file.seek(at)
        length, name = struct.unpack(">I4s", file.read(8))
        if length == 1:
            length = struct.unpack(">Q", file.read(8))[0]
        if name == b"moof" or length < 8:
            return False
        at += length
    return at == size


def _matroska(file: BinaryIO, size: int) -> bool:
    """The segment ends with the file or before; in live recordings its length is unknown."""
    head = file.read(4096)
    _, length, width = _number(head, 4)
    at = 4 + width + length
    if head[at : at + 4] != _SEGMENT:
        return False
    known, length, width = _number(head, at + 4)
    return known and at + 4 + width + length <= size


def _number(data: bytes, at: int) -> tuple[bool, int, int]:
    """An EBML length: whether it is known, the length, and the bytes that it takes (RFC 8794, 4)."""
    width = 9 - data[at].bit_length()
    bits = 7 * width
    value = int.from_bytes(data[at : at + width], "big") & ((1 << bits) - 1)
    return value != (1 << bits) - 1, value, width


def _avi(file: BinaryIO, size: int) -> bool:
    """All RIFF chunks fit: long files have several."""
    at = 0
    while at + 8 <= size:
        file.seek(at)
        name, length = struct.unpack("<4sI", file.read(8))
        if name != b"RIFF":
            break
        at += 8 + length + length % 2
    return 0 < at <= size


_CHECKS: Mapping[str, Callable[[BinaryIO, int], bool]] = {
    "mov": _mov,
    "matroska": _matroska,
    "avi": _avi,
}
