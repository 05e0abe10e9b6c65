"""Files that a command writes again: replaced if nobody edited them since, else kept."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from restore.errors import OutputError
from restore.store import digest_bytes, write_atomic

if TYPE_CHECKING:
    import numpy as np

_HEADER = 33
"""Bytes of a PNG's signature and first chunk (IHDR); the text with the digest follows."""

_DIGITS = 16
"""Digits of a digest: enough to notice an edit."""


def own_name(path: Path, is_own: Callable[[bytes], bool]) -> Path:
    """`path`, or `NAME.new.png`, `NAME.new2.png` ...: the first that is free or still as it was written.

    `is_own` decides about the content of a file. Raises OutputError for a file that cannot be read.
    """
    names = (
        path.with_name(f"{path.stem}.new{number if number > 1 else ''}{path.suffix}")
        for number in count(1)
    )
    return next(name for name in chain((path,), names) if _may_be_written(name, is_own))


def _may_be_written(path: Path, is_own: Callable[[bytes], bool]) -> bool:
    if not os.path.lexists(path):
        return True
    try:
        return path.is_file() and is_own(path.read_bytes())
    except OSError as error:
        what, reason = "A file that would be replaced cannot be read.", error.strerror
        raise OutputError(what, f"{path}: {reason}", code="output-exists") from error


def write_own_png(path: Path, picture: np.ndarray) -> Path:
    """An RGB image [H, W, 3] as a PNG that `own_name` recognizes; returns the name that was written."""
    done, data = cv2.imencode(".png", picture[..., ::-1])
    if not done:
        raise OutputError("The image cannot be encoded as PNG.", str(path), code="write-failed")
    name = own_name(path, is_own_png)
    write_atomic(name, _marked(data.tobytes()))
    return name


def is_own_png(data: bytes) -> bool:
    """Whether a PNG is as `write_own_png` wrote it: editors write other bytes."""
    length = len(_mark(b""))
    return data == _marked(data[:_HEADER] + data[_HEADER + length :])


def _marked(data: bytes) -> bytes:
    return data[:_HEADER] + _mark(data) + data[_HEADER:]


def _mark(data: bytes) -> bytes:
    """A text chunk with the digest of the other chunks."""
    content = b"tEXtSoftware\0restore variants " + digest_bytes(data)[:_DIGITS].encode()
    length, check = len(content) - 4, zlib.crc32(content)
    return struct.pack(">I", length) + content + struct.pack(">I", check)
