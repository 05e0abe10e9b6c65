"""Whether a container accepts a copy of a stream: tested, because it depends on the muxer."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import av.error
import av.logging

from restore.media.container import appended
from restore.media.container.copies import add_copy, other_streams
from restore.media.container.muxers import create
from restore.media.container.mxf import mxf_holds
from restore.media.container.texts import is_text
from restore.media.names import open_input
from restore.media.source import Source


@dataclass(frozen=True, slots=True)
class StreamCopy:
    """How a stream is written to a result.

    copied      its packets, by PyAV
    appended    its packets, by the ffmpeg program (see `appended`)
    converted   text subtitles in the form that the container stores
    dropped     not at all; `drop_reason` is the muxer's message
    """

    method: Literal["copied", "appended", "converted", "dropped"]
    drop_reason: str = ""


def copy_methods(source: Source, suffix: str) -> Mapping[int, StreamCopy]:
    """How each stream other than the film is written to a container of this suffix, by stream index."""
    with open_input(source.path, source.container) as container:
        others = other_streams(container, source.video)
        return {stream.index: copy_method(stream, suffix) for stream in others}


def appended_streams(source: Source, suffix: str) -> tuple[int, ...]:
    """The streams that PyAV cannot write and the ffmpeg program must append."""
    if suffix != appended.SUFFIX or not any(each.kind == "audio" for each in source.streams):
        return ()
    methods = copy_methods(source, suffix).items()
    return tuple(index for index, copy in methods if copy.method == "appended")


def copy_method(stream: Any, suffix: str) -> StreamCopy:
    """How one stream is written to a container of this suffix."""
    if suffix == ".mxf":
        if mxf_holds(stream):
            return StreamCopy("copied")
        return StreamCopy("dropped", "MXF takes PCM of 48 kHz with 16 or 24 bits")
    with tempfile.TemporaryDirectory(prefix="restore-") as folder, muxer_messages():
        output = create(Path(folder) / f"probe{suffix}")
        try:
            added = add_copy(output, stream)
            output.start_encoding()
            output.close()
        except (ValueError, av.error.FFmpegError) as error:
            refusal = muxer_message(error)
        else:
            return StreamCopy("converted" if is_text(added, stream) else "copied")
    if suffix != appended.SUFFIX or stream.type != "audio":
        return StreamCopy("dropped", refusal)
    reason = appended.refused(stream)
    return StreamCopy("appended") if reason is None else StreamCopy("dropped", reason)


@contextlib.contextmanager
def muxer_messages() -> Generator[None]:
    """Let errors of PyAV carry the muxer's message (see `muxer_message`)."""
    before = av.logging.get_level()
    av.logging.set_level(av.logging.ERROR)
    try:
        with av.logging.Capture():
            yield
    finally:
        av.logging.set_level(before)


def muxer_message(error: Exception) -> str:
    """The muxer's message, or else PyAV's."""
    log = getattr(error, "log", None)
    return (str(log[2]) if log else str(error)).strip().rstrip(".")
