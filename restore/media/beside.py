"""What a file says beside its payloads: languages, marks, titles, chapters, tags, timecode."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av.error
from av.stream import Disposition

from restore.errors import SourceError
from restore.media.copies import TIMECODE, Trim, public_tags, timecode, trimmed_chapter
from restore.media.names import open_input

Tags = Mapping[str, str]

_OWN_WORDS = {"handler_name", "creation_time", "language", "filename", "mimetype", "timecode"}
"""Tags of a stream that its container words in its own way, or that are compared on their own."""

_STATISTICS = ("BPS", "DURATION", "NUMBER_OF_", "_STATISTICS", "SOURCE_ID")
"""Figures that Matroska keeps as tags."""


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What stands beside a stream's payload.

    `tags` have small letters for names; `marks` are ffmpeg's names of the dispositions that are set;
    `name` is an attachment's file name.
    """

    codec: str = ""
    language: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    marks: tuple[str, ...] = ()
    name: str | None = None


NOTHING_SAID = StreamFacts()
"""The facts of a stream that says nothing."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """From when to when, in seconds of the film's clock, and the title."""

    start: Fraction
    end: Fraction
    title: str


@dataclass(frozen=True, slots=True)
class Beside:
    """A file's own words: tags (small letters), chapters, the first frame's timecode, the film's facts."""

    tags: tuple[tuple[str, str], ...]
    chapters: tuple[Chapter, ...]
    timecode: str | None
    film: StreamFacts


def stream_facts(stream: Any) -> StreamFacts:
    """The facts of any stream of an opened file."""
    context = stream.codec_context
    tags = {name.lower(): value for name, value in stream.metadata.items()}
    language = tags.get("language")
    kept = public_tags({n: v for n, v in tags.items() if n not in _OWN_WORDS}, statistics=False)
    return StreamFacts(
        codec=context.codec.canonical_name if context is not None else (stream.name or ""),
        language=None if language == "und" else language,
        tags=_without_figures(kept.items()),
        marks=tuple(mark.name or "" for mark in Disposition if mark & stream.disposition),
        name=tags.get("filename") if stream.type == "attachment" else None,
    )


def read_beside(path: Path, film: int, within: Trim | None = None) -> Beside:
    """What a file says; `film` is the film's stream. With `within`, chapters are those of a film cut to it.

    Raises SourceError where the file cannot be read.
    """
    try:
        with open_input(path) as container:
            tags = {name.lower(): value for name, value in container.metadata.items()}
            stored = tags.pop(TIMECODE, None)
            chapters = (trimmed_chapter(chapter, within) for chapter in container.chapters())
            return Beside(
                tags=_without_figures(public_tags(tags).items()),
                chapters=tuple(sorted(map(_chapter, filter(None, chapters)), key=_start)),
                timecode=timecode(container) or stored,
                film=stream_facts(container.streams[film]),
            )
    except (av.error.FFmpegError, OSError) as error:
        raise SourceError(f"The file cannot be read: {error}", str(path)) from error


def _without_figures(tags: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in tags if not name.upper().startswith(_STATISTICS))


def _chapter(chapter: Any) -> Chapter:
    unit = chapter["time_base"]
    title = chapter["metadata"].get("title", "")
    return Chapter(chapter["start"] * unit, chapter["end"] * unit, title)


def _start(chapter: Chapter) -> Fraction:
    return chapter.start
