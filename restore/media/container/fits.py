"""Whether a container takes a copy of a stream: tried out, because only the muxer knows; in its own words."""

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
from restore.media.container.copies import add_copy, companions
from restore.media.container.muxers import create
from restore.media.container.mxf import mxf_holds
from restore.media.container.texts import is_text
from restore.media.names import open_input
from restore.media.source import Source


@dataclass(frozen=True, slots=True)
class Place:
    """How a stream gets into a result.

    copied      its packets, by PyAV
    appended    its packets, by the ffmpeg program (see `appended`)
    converted   text subtitles in the form that the container knows
    none        not at all: `why` in the muxer's words
    """

    way: Literal["copied", "appended", "converted", "none"]
    why: str = ""


def places(source: Source, suffix: str) -> Mapping[int, Place]:
    """How each stream beside the film gets into a container of this suffix, by the stream's number."""
    with open_input(source.path, source.container) as container:
        beside = companions(container, source.video)
        return {stream.index: place(stream, suffix) for stream in beside}


def appended_streams(source: Source, suffix: str) -> tuple[int, ...]:
    """The streams that PyAV cannot write and the ffmpeg program must append."""
    if suffix != appended.SUFFIX or not any(each.kind == "audio" for each in source.streams):
        return ()
    found = places(source, suffix).items()
    return tuple(index for index, where in found if where.way == "appended")


def place(stream: Any, suffix: str) -> Place:
    """How one stream gets into a container of this suffix."""
    if suffix == ".mxf":
        held = Place("copied"), Place("none", "MXF takes PCM of 48 kHz with 16 or 24 bits")
        return held[0] if mxf_holds(stream) else held[1]
    with tempfile.TemporaryDirectory(prefix="restore-") as folder, muxer_speaks():
        output = create(Path(folder) / f"probe{suffix}")
        try:
            added = add_copy(output, stream)
            output.start_encoding()
            output.close()
        except (ValueError, av.error.FFmpegError) as error:
            refusal = muxers_words(error)
        else:
            return Place("converted" if is_text(added, stream) else "copied")
    if suffix != appended.SUFFIX or stream.type != "audio":
        return Place("none", refusal)
    why = appended.refused(stream)
    return Place("appended") if why is None else Place("none", why)


@contextlib.contextmanager
def muxer_speaks() -> Generator[None]:
    """Let errors of PyAV carry what the muxer said (see `muxers_words`)."""
    before = av.logging.get_level()
    av.logging.set_level(av.logging.ERROR)
    try:
        with av.logging.Capture():
            yield
    finally:
        av.logging.set_level(before)


def muxers_words(error: Exception) -> str:
    """What a muxer complained of, or else PyAV's text."""
    log = getattr(error, "log", None)
    return (str(log[2]) if log else str(error)).strip().rstrip(".")
