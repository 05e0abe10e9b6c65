"""ffmpeg's messages: which stream of a film a line of its log is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import av.codec
import av.error

from restore.media.source import Source, StreamKind

_NUMBER = re.compile(r"[vasd]ist#\d+:(\d+)|\bstream[ =]+(\d+)\b")
"""How ffmpeg and its demuxers name a stream: `[sist#0:2/dvbsub]`, `Packet corrupt (stream = 1, ...)`."""

_REPEATED = "Last message repeated"


def video_messages(messages: Sequence[str], film: Source) -> tuple[str, ...]:
    """Messages that may be about the film's video; those about other streams are left out."""
    return _kept(messages, film, lambda kind: kind in (None, "video"))


def video_and_audio_messages(messages: Sequence[str], film: Source) -> tuple[str, ...]:
    """Messages that may be about video or audio."""
    return _kept(messages, film, lambda kind: kind in (None, "video", "audio"))


def other_messages(messages: Sequence[str], film: Source) -> tuple[str, ...]:
    """Messages about subtitles, data and attachments only."""
    return _kept(messages, film, lambda kind: kind not in (None, "video", "audio"))


def _kept(
    messages: Sequence[str], film: Source, wanted: Callable[[StreamKind | None], bool]
) -> tuple[str, ...]:
    """Messages about these kinds of streams, each line once."""
    lines = dict.fromkeys(line for line in messages if _REPEATED not in line)
    return tuple(line for line in lines if wanted(_kind(line, film)))


def _kind(line: str, film: Source) -> StreamKind | None:
    """The kind of stream that a line is about; None if it names neither a stream nor a decoder."""
    if number := _NUMBER.search(line):
        index = int(number[1] or number[2])
        return next((stream.kind for stream in film.streams if stream.index == index), None)
    named = re.match(r"\[([^\]#/]+)\]", line)
    try:
        found = av.codec.Codec(named[1], "r").type if named else None
    except (av.codec.codec.UnknownCodecError, av.error.FFmpegError):
        return None  # a demuxer, a filter
    return found if found in ("video", "audio", "subtitle", "data") else None
