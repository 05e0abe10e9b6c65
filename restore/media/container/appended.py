"""Sound that ffmpeg's Matroska muxer accepts but PyAV does not offer: the ffmpeg program appends it.

PyAV looks for the codec's name in the container's list; ffmpeg also stores sound by its number in Windows'
list of formats (WMA, AAC in LATM, G.723.1 and others), bit for bit.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av.error
import ffmpeg
from av.container import InputContainer, OutputContainer

from restore.errors import OutputError
from restore.media.container.copies import tags_for
from restore.media.container.shown import cut_tracks
from restore.media.container.stream_facts import stream_facts
from restore.media.container.streams import file_of
from restore.media.ffmpeg.process import (
    QUIET,
    FfmpegProcess,
    Options,
    informative_messages,
    input_options,
)
from restore.media.names import as_input, open_input
from restore.media.source import Source

SUFFIX = ".mkv"
"""The only container in which such sound is stored."""

_TRIED = 16
"""Packets of a trial."""


@dataclass(frozen=True, slots=True)
class Track:
    """A track of the final file: its source and its metadata.

    file      0 for the file that PyAV wrote, 1 for the source
    stream    its number there
    marks     ffmpeg's names of its dispositions; None for attached files
    film      whether it is the film
    tags      for the source's tracks: the tags in the result; "" removes a tag of the source
    """

    file: int
    stream: int
    marks: Sequence[str] | None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    film: bool = False


@dataclass(frozen=True, slots=True)
class AppendedTimes:
    """The times of the appended packets, and the duration of the film's last frame.

    `zero` is the time on the source's clock that is 0 in the result, `length` seconds after which packets
    are left out (None: all stay). `last` is when the last frame begins and ends, in milliseconds.
    """

    zero: Fraction
    length: Fraction | None
    last: tuple[int, int]


def tracks_of(
    output: OutputContainer,
    origin: InputContainer,
    film: int,
    copies: Mapping[int, Any],
    apart: Collection[int],
) -> list[Track]:
    """All tracks of a result in the source's order, with attached files last, as when Matroska is read.

    `film` is the film's number in the source, `copies` are the streams of `output` by their numbers there,
    `apart` the numbers of those that are appended.
    """
    tracks: list[Track] = []
    written = 0
    for stream in origin.streams:
        copy = copies.get(stream.index)
        if copy is not None and copy.type == "attachment":
            continue
        marks = stream_facts(stream).marks
        if stream.index == film or copy is not None:
            tracks.append(Track(0, written, marks, film=stream.index == film))
            written += 1
        elif stream.index in apart:
            tracks.append(Track(1, stream.index, marks, _tags(output, stream)))
    files = sum(copy.type == "attachment" for copy in copies.values())
    return tracks + [Track(0, written + number, None) for number in range(files)]


def _tags(output: OutputContainer, stream: Any) -> dict[str, str]:
    """A stream's tags in the result; tags of the source that are removed are empty."""
    tags = tags_for(output, stream)
    kept = {name.lower() for name in tags}
    return {name: "" for name in stream.metadata if name.lower() not in kept} | tags


def refused(stream: Any) -> str | None:
    """The muxer's message if it does not accept a copy of this sound; None if it does."""
    container = stream.container
    if stream.type != "audio" or cut_tracks(container, [stream]):
        return "sound that an edit list cuts cannot be copied this way"
    demuxer = container.format.name.split(",")[0]
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        trial = Path(folder) / f"probe{SUFFIX}"
        reader = cast(Any, ffmpeg).input(**input_options(file_of(container), demuxer))
        writer = {"c": "copy", "frames:a": _TRIED, "f": "matroska"}
        if (said := _run([reader[str(stream.index)]], trial, writer)) is not None:
            return said
        try:
            with open_input(trial) as back:
                name = back.streams.audio[0].codec_context.name
        except (av.error.FFmpegError, OSError, IndexError) as error:
            return str(error)
    own = stream.codec_context.name
    return None if name == own else f"the copy is read as {name}"


def append(
    base: Path, target: Path, source: Source, tracks: Sequence[Track], timing: AppendedTimes
) -> None:
    """Write `target` with these tracks, in their order; raises OutputError if ffmpeg fails.

    `base` is the result without the appended sound: chapters, tags and attached files are its own.
    """
    module = cast(Any, ffmpeg)
    readers = [
        module.input(**input_options(base, "matroska"), copyts=None),
        module.input(**input_options(source.path, source.container), copyts=None),
    ]
    writer: dict[str, str | int | None] = {
        "c": "copy",
        "f": "matroska",
        "copyts": None,
        "map_metadata": "0",
        "map_chapters": "0",
        "avoid_negative_ts": "disabled",
    }
    arguments: list[str] = []
    for number, track in enumerate(tracks):
        if track.film:
            writer[f"bsf:{number}"] = _last_duration_filter(*timing.last)
        if track.marks is not None:
            writer[f"disposition:{number}"] = "+".join(track.marks) or "0"
        for name, value in track.tags.items():
            arguments += [f"-metadata:s:{number}", f"{name}={value}"]
        if track.file == 1:
            writer[f"bsf:{number}"] = _moved(timing)
    streams = [readers[track.file][str(track.stream)] for track in tracks]
    if (said := _run(streams, target, writer, arguments)) is not None:
        raise OutputError(
            f"The result cannot be joined: {said}",
            str(target),
            "Try another container: -o with a name that ends in .mov (finished parts are kept).",
            code="join-failed",
        )


def _last_duration_filter(begin: int, end: int) -> str:
    """The filter that sets the duration of the last frame; Matroska stores only the film's total."""
    return rf"setts=pts=PTS:dts=DTS:duration=if(gte(PTS\,{begin - 1})\,{end}-PTS\,DURATION)"


def _moved(timing: AppendedTimes) -> str:
    """The filters that move packets to the result's clock and drop those outside the trimmed part.

    Microseconds, because AVI counts sound in packets.
    """
    shift = round(timing.zero * 1_000_000)
    move = f"setts=ts=TS-({shift}):time_base=1/1000000:prescale=1"
    if timing.length is None:
        return move
    begin, end = (float(moment) for moment in (timing.zero, timing.zero + timing.length))
    return rf"noise=drop=lt(pts*tb\,{begin:.6f}-1e-6)+gte(pts*tb\,{end:.6f}-1e-6),{move}"


def _run(
    streams: Sequence[Any], target: Path, writer: Options, arguments: Sequence[str] = ()
) -> str | None:
    """Let ffmpeg write these streams; returns its messages if it failed.

    `words` are further options of the output, which may be repeated.
    """
    name = as_input(target)
    command_line: list[str] = cast(Any, ffmpeg).output(*streams, name, **writer).get_args()
    process = FfmpegProcess([*QUIET, *command_line[:-1], *arguments, name, "-y"])
    try:
        status = process.wait()
    finally:
        process.stop()
    return (
        None
        if status == 0
        else informative_messages(process.messages())[0].partition("] ")[2].rstrip(".")
    )
