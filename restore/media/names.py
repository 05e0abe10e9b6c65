"""File names as data: whatever the name of a film, ffmpeg opens that file and nothing else.

ffmpeg may read a plain name as an option (`-i`), a protocol (`http:`, `concat:`) or a pattern. After
`file:` an absolute path is only a path, and the whitelist prevents playlists from opening remote files.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import av
from av.container import InputContainer, OutputContainer

from restore.media.images.sequence import DEFAULT_RATE, find_sequence, opening
from restore.media.text_encoding import RAW, make_readable

SEQUENCE = "image2"
"""ffmpeg's name of the demuxer for image sequences."""

PROTOCOLS = "file,pipe,fd"
"""Protocols that ffmpeg may use while it reads a film."""


def as_input(path: Path) -> str:
    """The name under which ffmpeg and PyAV open this file, and only this file."""
    return "file:" + str(path.absolute())


def is_text(path: Path) -> bool:
    """Whether the whole name is UTF-8, as PyAV needs it (Linux allows any bytes)."""
    try:
        str(path.absolute()).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def open_input(
    path: Path,
    demuxer: str | None = None,
    timeout: float | None = None,
    options: Mapping[str, str] | None = None,
    *,
    raw_text: bool = False,
) -> InputContainer:
    """Open a film for reading with PyAV: a file, or the image sequence of a pattern or a folder.

    `options` are further options of the demuxer. Tags that are not UTF-8 are read as Windows-1252, unless
    `raw_text` leaves that to the caller (see `text_encoding`). Raises av.error.FFmpegError or OSError as PyAV
    does; callers convert them.
    """
    name, settings = as_input(path), {"protocol_whitelist": PROTOCOLS, **(options or {})}
    if (found := find_sequence(path)) is not None:
        name, demuxer = found.url, SEQUENCE
        settings |= opening(found, found.first, DEFAULT_RATE)
    container = av.open(
        name, "r", format=demuxer, options=settings, metadata_errors=RAW, timeout=timeout
    )
    if not raw_text:
        make_readable(container)
    return container


def open_output(path: Path, muxer: str, options: dict[str, str] | None = None) -> OutputContainer:
    """Open a file for writing with PyAV and this muxer, whatever its suffix."""
    opened: Any = av.open(as_input(path), "w", format=muxer, container_options=options or {})
    return cast(OutputContainer, opened)
