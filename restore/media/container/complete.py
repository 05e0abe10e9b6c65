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


_SLACK = 16
"""Bytes that sizes may be off: some writers count the header of the RIFF chunk, or its padding, twice."""


def cut_off(path: Path, demuxer: str, frames: int) -> str | None:
    """What is missing of a file that was cut off, where decoders do not notice it; None if nothing is.

    That is AVI: packets are read until there are no more. Its header must announce both more bytes than the
    file has and more frames than `frames`: one alone is a mistake of the program that wrote it.
    """
    if demuxer != "avi":
        return None
    with path.open("rb") as file:
        head = file.read(64)
        size = os.fstat(file.fileno()).st_size
    if len(head) < 64 or head[:4] != b"RIFF" or head[24:28] != b"avih":
        return None
    announced, total = (
        struct.unpack_from("<I", head, 4)[0] + 8,
        struct.unpack_from("<I", head, 48)[0],
    )
    if announced - size <= _SLACK or total <= frames:
        return None
    return (
        f"the file is cut off: {size} of {announced} bytes and {frames} of {total} frames are there"
    )


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
