"""What ffmpeg complains about: which stream of a film a line of its log means."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import av.codec
import av.error

from restore.media.source import Source, StreamKind

_NUMBER = re.compile(r"[vasd]ist#\d+:(\d+)|\bstream[ =]+(\d+)\b")
"""How ffmpeg and its demuxers name a stream: `[sist#0:2/dvbsub]`, `Packet corrupt (stream = 1, ...)`."""

_REPEATED = "Last message repeated"


def of_pictures(messages: Sequence[str], film: Source) -> tuple[str, ...]:
    """The complaints that the film's pictures may be meant by; those about other streams are left out."""
    return _kept(messages, film, lambda kind: kind in (None, "video"))


def of_pictures_and_sound(messages: Sequence[str], film: Source) -> tuple[str, ...]:
    """The complaints that pictures or sound may be meant by."""
    return _kept(messages, film, lambda kind: kind in (None, "video", "audio"))


def of_the_rest(messages: Sequence[str], film: Source) -> tuple[str, ...]:
    """The complaints about subtitles, data and attachments alone."""
    return _kept(messages, film, lambda kind: kind not in (None, "video", "audio"))


def _kept(
    messages: Sequence[str], film: Source, wanted: Callable[[StreamKind | None], bool]
) -> tuple[str, ...]:
    """Complaints about the wanted kinds of streams, a line each, without repetitions."""
    lines = dict.fromkeys(line for line in messages if _REPEATED not in line)
    return tuple(line for line in lines if wanted(_kind(line, film)))


def _kind(line: str, film: Source) -> StreamKind | None:
    """The kind of stream that a line is about; None where it names neither stream nor decoder."""
    if number := _NUMBER.search(line):
        index = int(number[1] or number[2])
        return next((stream.kind for stream in film.streams if stream.index == index), None)
    named = re.match(r"\[([^\]#/]+)\]", line)
    try:
        found = av.codec.Codec(named[1], "r").type if named else None
    except (av.codec.codec.UnknownCodecError, av.error.FFmpegError):
        return None  # a demuxer, a filter
    return found if found in ("video", "audio", "subtitle", "data") else None
