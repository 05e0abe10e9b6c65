"""The metadata of a file: languages, marks, titles, chapters, tags, timecode."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av.error
from av.stream import Disposition

from restore.errors import SourceError
from restore.media.container.chapter_copy import listed_chapters
from restore.media.container.copies import (
    REEL,
    TIMECODE,
    Trim,
    public_tags,
    reel,
    timecode,
    trimmed_chapter,
)
from restore.media.container.losses import Kind
from restore.media.container.matroska import STEREO_TAG
from restore.media.names import open_input

Pairs = Sequence[tuple[str, str]]

_COMPARED_APART = {
    *("handler_name", "creation_time", "language", "filename", "mimetype", TIMECODE, REEL),
    *("file_package_umid", "reel_umid", "track_name", "data_type", "file_name"),
}
"""Tags that each container writes differently (second row: MXF), or that are compared separately."""

_TWO_CODES = dict[str, str](
    re.findall(
        r"(\w+)/(\w+)",
        "sqi/alb hye/arm eus/baq mya/bur zho/chi ces/cze nld/dut fra/fre kat/geo deu/ger "
        "ell/gre isl/ice mkd/mac mri/mao msa/may fas/per ron/rum slk/slo bod/tib cym/wel",
    )
)
"""Languages with two codes: the bibliographic one (ISO 639-2 B) by the other."""

_STATISTICS = ("BPS", "DURATION", "NUMBER_OF_", "_STATISTICS", "SOURCE_ID")
"""Figures that Matroska stores as tags."""


_GIVEN = {"default", "captions"}
"""Marks that MP4 sets automatically: one default track of each kind, and captions for the hard of hearing."""


_NO_TITLES = {"VideoHandler", "SoundHandler", "SubtitleHandler", "DataHandler"}
"""The names that ffmpeg's MP4 muxer gives to tracks without a title."""


_UNMARKED = ("default",)
"""The marks of a stream in a container without marks: players use it."""


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """The metadata of a stream.

    `language` is the bibliographic code, `tags` have lower-case names, `marks` are ffmpeg's names
    of the dispositions that are set (None in MXF, which has no marks), `name` is an attachment's file name.
    """

    codec: str = ""
    language: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    marks: tuple[str, ...] | None = ()
    name: str | None = None


NO_FACTS = StreamFacts()
"""The metadata of a stream without any."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """Start and stop in seconds of the film's clock, and the title."""

    start: Fraction
    end: Fraction
    title: str


@dataclass(frozen=True, slots=True)
class FileMetadata:
    """A file's metadata: tags (lower-case names), chapters, timecode, reel, those of the film's stream."""

    tags: tuple[tuple[str, str], ...]
    chapters: tuple[Chapter, ...]
    timecode: str | None
    reel: str | None
    film: StreamFacts


def stream_facts(stream: Any) -> StreamFacts:
    """The metadata of a stream of an opened file."""
    context = stream.codec_context
    tags = {name.lower(): value for name, value in stream.metadata.items()}
    language = tags.get("language", "und")
    if (
        "name" in tags and "mov" in stream.container.format.name
    ):  # other containers call this the title
        tags["title"] = tags.pop("name")
    if "handler_name" in tags:  # where MP4 stores a title
        tags.setdefault("title", tags["handler_name"])
    if tags.get("title") in _NO_TITLES:
        del tags["title"]
    kept = public_tags(
        {n: v for n, v in tags.items() if n not in _COMPARED_APART}, statistics=False
    )
    marks = tuple(mark.name or "" for mark in Disposition if mark & stream.disposition)
    return StreamFacts(
        codec=context.codec.canonical_name
        if context is not None
        else (getattr(stream, "name", None) or ""),
        language=None if language == "und" else _TWO_CODES.get(language, language),
        tags=_without_figures(kept.items()),
        marks=None if "mxf" in stream.container.format.name else marks,
        name=tags.get("filename") if stream.type == "attachment" else None,
    )


def film_facts(stream: Any) -> StreamFacts:
    """The facts of the film itself, without its stereo mode, which is not always stored as a tag."""
    facts = stream_facts(stream)
    return replace(facts, tags=tuple(tag for tag in facts.tags if tag[0] != STEREO_TAG))


def read_metadata(
    path: Path, film: int | None, within: Trim | None = None, zero: Fraction = Fraction(0)
) -> FileMetadata:
    """A file's metadata; `film` is the film's stream, None if there is none.

    With `within`, chapters are those of a film cut to it; times count from `zero`.

    Raises SourceError if the file cannot be read.
    """
    try:
        with open_input(path) as container:
            tags = {name.lower(): value for name, value in container.metadata.items()}
            stored = tags.pop(TIMECODE, None)
            chapters = (
                trimmed_chapter(chapter, within, zero) for chapter in listed_chapters(container)
            )
            return FileMetadata(
                tags=_without_figures(public_tags(tags).items()),
                chapters=tuple(sorted(map(_chapter, filter(None, chapters)), key=_start)),
                timecode=timecode(container) or stored,
                reel=reel(container),
                film=NO_FACTS if film is None else film_facts(container.streams[film]),
            )
    except (av.error.FFmpegError, OSError) as error:
        raise SourceError(
            f"The file cannot be read: {error}", str(path), code="source-unreadable"
        ) from error


def _without_figures(tags: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in tags if not name.upper().startswith(_STATISTICS))


def _chapter(chapter: Any) -> Chapter:
    unit = chapter["time_base"]
    title = chapter["metadata"].get("title", "")
    return Chapter(chapter["start"] * unit, chapter["end"] * unit, title)


def _start(chapter: Chapter) -> Fraction:
    return chapter.start


def changed_facts(source: StreamFacts, found: StreamFacts) -> list[tuple[Kind, str]]:
    """The metadata of a stream's copy that differ from the source, each with its kind of loss."""
    wrong: list[tuple[Kind, str]] = []
    if source.language != found.language:
        wrong.append(("marks", f"language {found.language} instead of {source.language}"))
    if source.marks is not None:
        marked = found.marks if found.marks is not None else _UNMARKED
        gained = set(marked) - set(source.marks) - _GIVEN
        if gained or set(source.marks) - set(marked):
            text = f"marked {_listed(marked)} instead of {_listed(source.marks)}"
            wrong.append(("marks", text))
    if source.name is not None and source.name != found.name:
        wrong.append(("tags", f"named {found.name} instead of {source.name}"))
    return wrong + [("tags", text) for text in changed_tags(source.tags, found.tags)]


def changed_tags(source: Pairs, found: Pairs) -> list[str]:
    """Tags of the source that are missing or have changed."""
    there = dict(found)
    lost = [name for name, value in source if not _is_kept(value, there.get(name, ""))]
    return [f"{name} {there.get(name, 'lost')}" for name in lost]


def _is_kept(value: str, found: str) -> bool:
    """Whether a tag still has this value: alone, or before text that restore added (`copies.with_tags`)."""
    return found == value or found.startswith(f"{value}; ")


def _listed(marks: Sequence[str]) -> str:
    return "+".join(marks) or "nothing"
