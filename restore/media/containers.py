"""Containers of results: which there are, and whether one can hold all that a result needs."""

from __future__ import annotations

import errno
import itertools
import os
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import av.error
from av.container import OutputContainer

from restore.errors import OutputError, UsageError
from restore.media.copies import add_copy, companions, copied_packets
from restore.media.encode import Codec, VideoFormat
from restore.media.mxf import mxf_holds, mxf_obstacle
from restore.media.names import open_input, open_output
from restore.media.probe import Source, describe
from restore.media.rehearsal import rehearse
from restore.store import writing_failed

MUXERS = {".mkv": "matroska", ".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mxf": "mxf"}
"""The suffixes a result may have, with ffmpeg's muxer for each."""

_OWN = {"mov": ".mp4", "matroska": ".mkv"}
"""The suffix of a result in the source's own container, by demuxer."""

WITHOUT_ASPECT = ("prores", "dnxhr", "av1")
"""Codecs that have no field for a sample aspect that players heed; PyAV sets none in Matroska's header."""

_FFMPEG_NAMES = {"dnxhr": "dnxhd"}
"""ffmpeg's names of codecs that bear another one there."""

_DRY_PACKETS = 64
"""Packets beside the film that a trial writes: enough to meet every stream's own rules."""

_MOVIE_CLOCK = 10_000
"""Ticks a second that an MP4's own clock has at least (its tracks' clocks have as many)."""


def muxer_for(target: Path) -> str:
    """The muxer for a result's name; raises UsageError for a suffix that is not supported."""
    muxer = MUXERS.get(target.suffix.lower())
    if muxer is None:
        known = ", ".join(MUXERS)
        raise UsageError(
            f"A result cannot be written as {target.suffix or 'a file without suffix'}.",
            str(target),
            f"Choose a name that ends in one of {known}, for instance -o {target.stem}.mkv",
        )
    return muxer


def create(target: Path, unit: Fraction = Fraction(1, 1000)) -> OutputContainer:
    """An output container by the target's suffix, with this program's muxer settings.

    `unit` is the film's time base: MP4 stores in parts of a second by the movie's own clock when each
    stream begins, so that clock must count finely enough.
    """
    muxer = muxer_for(target)
    # negative stamps (sound that starts before the film) are stored as they are, not shifted
    options = {"avoid_negative_ts": "disabled"}
    if muxer == "mxf":
        options = {"strict": "unofficial"}  # old films' rates (16, 18) are in no broadcast standard
    elif muxer != "matroska":
        scale = unit.denominator
        while scale < _MOVIE_CLOCK:
            scale *= 2
        options["movie_timescale"] = str(scale)
    return open_output(target, muxer, options)


def left_out(source: Source, suffix: str) -> tuple[str, ...]:
    """Data streams (timecode, telemetry) that a container of this suffix cannot hold, for the log."""
    return tuple(
        f"stream {index} ({summary}) has no place in {suffix}"
        for index, kind, summary in _misfits(source, suffix)
        if kind == "data"
    )


def container_for(source: Source, codec: Codec) -> str:
    """The suffix of a result: the source's own kind if that holds every stream, else ".mkv".

    ProRes and DNxHR go to ".mov", their home; so does what Matroska has no place for (mov_text subtitles).
    """
    if codec in ("prores", "dnxhr") and not _essential(source, ".mov"):
        return ".mov"
    if codec == "av1" and source.sar != 1 and not _essential(source, ".mp4"):
        return ".mp4"
    own = ".mov" if source.suffix == ".mov" else _OWN.get(source.container, ".mkv")
    for suffix in dict.fromkeys((own, ".mkv", ".mov")):
        if _holds(suffix, codec) and not _essential(source, suffix):
            return suffix
    return ".mkv"


def _essential(source: Source, suffix: str) -> list[tuple[int, str, str]]:
    return [misfit for misfit in _misfits(source, suffix) if misfit[1] != "data"]


def _holds(suffix: str, codec: Codec) -> bool:
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        output = create(Path(folder) / f"probe{suffix}")
        try:
            output.add_mux_stream(_FFMPEG_NAMES.get(codec, codec), width=16, height=16)
        except ValueError:
            return False
    return True


def _misfits(source: Source, suffix: str) -> list[tuple[int, str, str]]:
    """(index, kind, summary) of the source's streams that such a container cannot hold."""
    with open_input(source.path, source.container) as container:
        return [
            (stream.index, describe(stream).kind, describe(stream).summary)
            for stream in companions(container, source.video)
            if not _fits(stream, suffix)
        ]


def _fits(stream: Any, suffix: str) -> bool:
    """Whether a header with this stream alone can be written."""
    if suffix == ".mxf":
        return mxf_holds(stream)
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        output = create(Path(folder) / f"probe{suffix}")
        try:
            add_copy(output, stream)
            output.start_encoding()
            output.close()
        except (ValueError, av.error.FFmpegError):
            return False
    return True


def check_container(source: Source, video: VideoFormat, suffix: str) -> None:
    """Try the result's make-up on two frames, before the long work.

    Raises UsageError naming the stream that a container of this suffix cannot hold, and the encoder's
    own OutputError if it refuses the format.
    """
    muxer_for(Path(f"result{suffix}"))
    for index, _, summary in _essential(source, suffix):
        raise _no_place(source, f"stream {index} ({summary})", suffix)
    if suffix == ".mxf" and (obstacle := mxf_obstacle(source, video.codec)) is not None:
        raise _no_place(source, obstacle, suffix, ".mov")
    if video.codec in WITHOUT_ASPECT and suffix == ".mkv" and video.sar != 1:
        raise _no_place(source, f"sample aspect of a {video.codec} film", suffix, ".mov")
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        part = Path(folder) / "part.mkv"
        rehearse(video, part)
        target = Path(folder) / f"result{suffix}"
        try:
            _dry_join(source, part, target)
        except (ValueError, av.error.FFmpegError) as error:
            raise _no_place(source, f"{video.codec} film ({error})", suffix) from error


def _dry_join(source: Source, part: Path, target: Path) -> None:
    """A result of two frames and the first packets of everything beside it."""
    misfits = {index for index, _, _ in _misfits(source, target.suffix)}
    with (
        open_input(part, "matroska") as film,
        open_input(source.path, source.container) as origin,
        create(target) as output,
    ):
        added: Any = output.add_stream_from_template(film.streams.video[0], opaque=True)
        added.codec_context.framerate = Fraction(25)  # MXF divides by it
        beside = [s for s in companions(origin, source.video) if s.index not in misfits]
        copies = {stream.index: add_copy(output, stream) for stream in beside}
        for packet in film.demux(video=0):
            if packet.size:
                packet.stream = added
                output.mux(packet)
        for packet in itertools.islice(copied_packets(origin, copies, None), _DRY_PACKETS):
            output.mux(packet)


def _no_place(source: Source, what: str, suffix: str, better: str = ".mkv") -> UsageError:
    """What to do when a container cannot hold something: the container that can."""
    if suffix == better:
        better = ".mov"
    return UsageError(
        f"A {suffix} file cannot hold the {what}.",
        str(source.path),
        f"use -o {source.path.stem}.restored{better}",
    )


def cannot_write(target: Path, error: Exception) -> OutputError:
    """A muxer's or the system's refusal, in the user's words."""
    number = getattr(error, "errno", None)
    if isinstance(number, int) and number in errno.errorcode:
        return writing_failed(target, OSError(number, os.strerror(number)))
    return OutputError(
        f"The result cannot be joined: {error}",
        str(target),
        f"Try another container: -o {target.stem}.mkv (finished parts are kept).",
    )
