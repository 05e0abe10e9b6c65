"""All of Matroska's chapters: editions, nested chapters and titles in several languages (RFC 9559, 5.1.7).

libav reads one list of chapters with one title each, mixes editions, and writes no languages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from restore.media.container.ebml import (
    SEEK,
    SEEK_HEAD,
    SEEK_POSITION,
    Element,
    children,
    read_element,
    segment_head,
    unsigned,
)

CHAPTERS, EDITION, ATOM, DISPLAY = 0x1043A770, 0x45B9, 0xB6, 0x80
EDITION_HIDDEN, EDITION_DEFAULT, EDITION_ORDERED = 0x45BD, 0x45DB, 0x45DD
UID, START, END, HIDDEN, ENABLED = 0x73C4, 0x91, 0x92, 0x98, 0x4598
STRING, LANGUAGE, LANGUAGE_BCP47 = 0x85, 0x437C, 0x437D
"""Names of elements."""

SECOND = 1_000_000_000
"""Matroska's chapters count nanoseconds."""

_ENGLISH = "eng"
"""The language of a title without a language element."""

_PLAIN_LANGUAGES = ({"und"}, {_ENGLISH}, {"en"})
"""Languages of a title that need no language in other containers."""

_MOST_BYTES = 1 << 24
"""Chapters take some thousand bytes; a larger size means damage."""


@dataclass(frozen=True, slots=True)
class Title:
    """A chapter's title in one or several languages (as they are stored: ISO 639-2 or BCP 47)."""

    text: str
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChapterNode:
    """A chapter: start and stop in seconds (None: the next one's start), titles, and nested chapters."""

    uid: int
    start: Fraction
    end: Fraction | None
    titles: tuple[Title, ...]
    hidden: bool = False
    enabled: bool = True
    nested: tuple[ChapterNode, ...] = ()


@dataclass(frozen=True, slots=True)
class Edition:
    """A list of chapters of which players show one: the default one, else the first."""

    chapters: tuple[ChapterNode, ...]
    hidden: bool = False
    default: bool = False
    ordered: bool = False


def read_chapters(path: Path) -> bytes | None:
    """The content of a Matroska file's Chapters element; None for other files, and if there is none."""
    try:
        with path.open("rb") as file:
            found = find_chapters(file)
            if found is None or found.stop - found.content > _MOST_BYTES:
                return None
            file.seek(found.content)
            return file.read(found.stop - found.content)
    except (OSError, ValueError):
        return None


def find_chapters(file: BinaryIO) -> Element | None:
    """The Chapters element before the first cluster, or at the position given by the file's index."""
    origin, head = segment_head(file)
    for element in head:
        if element.name == CHAPTERS:
            return element
    for element in head:
        if element.name == SEEK_HEAD:
            file.seek(element.start)
            data = file.read(element.stop - element.start)
            for place in _indexed(data, element.content - element.start):
                found = read_element(file, origin + place)
                if found.name == CHAPTERS:
                    return found
    return None


def _indexed(data: bytes, start: int) -> Iterator[int]:
    """The positions in an index."""
    for seek in children(data, start):
        if seek.name == SEEK:
            for part in children(data, seek.content, seek.stop):
                if part.name == SEEK_POSITION:
                    yield unsigned(data, part)


def editions(content: bytes | None) -> tuple[Edition, ...]:
    """The editions in a Chapters element; none if it is damaged."""
    try:
        return tuple(
            _edition(content, element)
            for element in children(content or b"")
            if element.name == EDITION and content
        )
    except ValueError:
        return ()


def _edition(data: bytes, element: Element) -> Edition:
    inner = list(children(data, element.content, element.stop))
    flags = {e.name: bool(unsigned(data, e)) for e in inner if e.name != ATOM}
    return Edition(
        chapters=tuple(chapter_node(data, e) for e in inner if e.name == ATOM),
        hidden=flags.get(EDITION_HIDDEN, False),
        default=flags.get(EDITION_DEFAULT, False),
        ordered=flags.get(EDITION_ORDERED, False),
    )


def chapter_node(data: bytes, element: Element) -> ChapterNode:
    """The chapter in a ChapterAtom element of these bytes."""
    inner = list(children(data, element.content, element.stop))
    numbers = {e.name: unsigned(data, e) for e in inner if e.name not in (ATOM, DISPLAY)}
    end = numbers.get(END)
    return ChapterNode(
        uid=numbers.get(UID, 0),
        start=Fraction(numbers.get(START, 0), SECOND),
        end=None if end is None else Fraction(end, SECOND),
        titles=tuple(_title(data, e) for e in inner if e.name == DISPLAY),
        hidden=bool(numbers.get(HIDDEN, 0)),
        enabled=bool(numbers.get(ENABLED, 1)),
        nested=tuple(chapter_node(data, e) for e in inner if e.name == ATOM),
    )


def _title(data: bytes, element: Element) -> Title:
    texts: dict[int, list[str]] = {}
    for part in children(data, element.content, element.stop):
        text = data[part.content : part.stop].decode("utf-8", "replace").rstrip("\0")
        texts.setdefault(part.name, []).append(text)
    languages = texts.get(LANGUAGE_BCP47) or texts.get(LANGUAGE) or [_ENGLISH]
    return Title("".join(texts.get(STRING, [])), tuple(languages))


def default_edition(found: Sequence[Edition]) -> Edition:
    """The edition that players show."""
    return next((edition for edition in found if edition.default), found[0])


def beyond_a_list(found: Sequence[Edition]) -> tuple[str, ...]:
    """The properties of these chapters that a single list with one title each cannot hold; empty if none."""
    every = [node for edition in found for node in _all(edition.chapters)]
    languages = [set(title.languages) for node in every for title in node.titles]
    named = sorted({name for each in languages if each not in _PLAIN_LANGUAGES for name in each})
    parts = (
        (len(found) > 1, f"{len(found)} editions"),
        (any(node.nested for node in every), "nested chapters"),
        (any(len(node.titles) > 1 for node in every), "several titles"),
        (bool(named), f"languages ({', '.join(named)})"),
        (any(node.hidden or not node.enabled for node in every), "hidden chapters"),
        (any(edition.ordered for edition in found), "an ordered edition"),
    )
    return tuple(text for true, text in parts if true)


def _all(nodes: Sequence[ChapterNode]) -> Iterator[ChapterNode]:
    for node in nodes:
        yield node
        yield from _all(node.nested)
