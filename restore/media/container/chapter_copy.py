"""Matroska's chapters as they are stored, moved to a result's clock and written into its finished file.

PyAV's muxer writes one list of chapters; `room_for` makes this list large enough to be replaced by the stored
chapters.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from restore.media.container.chapter_tree import (
    ATOM,
    CHAPTERS,
    EDITION,
    END,
    SECOND,
    START,
    beyond_a_list,
    chapter_node,
    default_edition,
    editions,
    find_chapters,
    read_chapters,
)
from restore.media.container.ebml import (
    CRC,
    Element,
    children,
    make_element,
    make_unsigned,
    make_void,
    with_checksum,
)
from restore.media.container.streams import file_of
from restore.media.text_encoding import readable_chapters

Within = tuple[Fraction, Fraction]
"""The trimmed part of a film, from and to, in seconds."""


_MOST_UID = (1 << 63) - 1
"""PyAV's numbers of chapters are signed."""


@dataclass(frozen=True, slots=True)
class _Clock:
    """The time of the source that is 0 in the result, and the duration of the result (None: to the end)."""

    zero: Fraction
    length: Fraction | None


def stored_chapters(
    path: Path, within: Within | None = None, zero: Fraction = Fraction(0)
) -> bytes | None:
    """A Matroska film's chapters on its result's clock, if a single list cannot represent them.

    `within` is the trimmed part in seconds, counted from `zero`. None if a list is enough.
    """
    content = read_chapters(path)
    if content is None or not beyond_a_list(editions(content)):
        return None
    return on_clock(content, within, zero)


def listed_chapters(container: Any) -> list[Any]:
    """The chapters of an opened film as one list, in PyAV's form.

    Of Matroska's trees these are the chapters of the edition that players show, without those nested in them,
    each with its first title: libav lists chapters of all editions.
    """
    chapters = readable_chapters(container)
    found = editions(read_chapters(file_of(container)))
    if not beyond_a_list(found):
        return chapters
    ends = {chapter["id"]: chapter["end"] * chapter["time_base"] for chapter in chapters}
    nodes = default_edition(found).chapters
    starts = [node.start for node in nodes[1:]]
    listed: list[Any] = []
    for node, following in zip(nodes, [*starts, None], strict=True):
        end = node.end or following or ends.get(node.uid, node.start)
        title = {"title": node.titles[0].text} if node.titles else {}
        times = {"start": round(node.start * SECOND), "end": round(end * SECOND)}
        unit = {"time_base": Fraction(1, SECOND), "metadata": title}
        listed.append({"id": node.uid % _MOST_UID, **times, **unit})
    return listed


def on_clock(content: bytes, within: Within | None, zero: Fraction) -> bytes:
    """The content of a Chapters element on a result's clock.

    Chapters and editions that are not in the result are left out. Without a trim nothing changes.
    """
    if within is None and not zero:
        return content
    begin = zero + (within[0] if within else 0)
    clock = _Clock(begin, None if within is None else within[1] - within[0])
    out = b""
    for element in children(content):
        if element.name != EDITION:
            out += b"" if element.name == CRC else content[element.start : element.stop]
        elif (inside := _moved_edition(content, element, clock)) is not None:
            out += make_element(EDITION, inside)
    return out


def _moved_edition(data: bytes, edition: Element, clock: _Clock) -> bytes | None:
    """The content of an edition on another clock; None if none of its chapters is in the result."""
    inner = [e for e in children(data, edition.content, edition.stop) if e.name != CRC]
    starts = [chapter_node(data, e).start for e in inner if e.name == ATOM]
    out, kept = b"", False
    for element in inner:
        moved = data[element.start : element.stop]
        if element.name == ATOM:
            starts = starts[1:]
            moved = _moved_chapter(data, element, clock, starts[0] if starts else None)
            kept = kept or bool(moved)
        out += moved
    return out if kept else None


def _moved_chapter(data: bytes, atom: Element, clock: _Clock, following: Fraction | None) -> bytes:
    """A chapter on another clock; empty if not in the result. `following` is the next one's start."""
    node = chapter_node(data, atom)
    end = node.end if node.end is not None else following
    first, last = node.start - clock.zero, None if end is None else end - clock.zero
    if last is not None and last <= 0 and first < 0:
        return b""
    if clock.length is not None and first >= clock.length:
        return b""
    out = b""
    for part in children(data, atom.content, atom.stop):
        if part.name == START:
            out += _time(START, first)
        elif part.name == END and last is not None:
            out += _time(END, last if clock.length is None else min(last, clock.length))
        elif part.name == ATOM:
            out += _moved_chapter(data, part, clock, None)
        elif part.name != CRC:
            out += data[part.start : part.stop]
    return make_element(ATOM, out)


def _time(name: int, seconds: Fraction) -> bytes:
    return make_unsigned(name, round(max(seconds, Fraction(0)) * SECOND))


def room_for(content: bytes) -> dict[str, Any]:
    """A chapter for PyAV with a title so long that the stored chapters fit into the list's space."""
    return {
        "id": _MOST_UID,
        "start": 0,
        "end": 1,
        "time_base": Fraction(1, 1000),
        "metadata": {"title": "-" * (len(content) + 16)},
    }


def write_chapters(path: Path, content: bytes) -> None:
    """Replace the list in a finished Matroska file with stored chapters (see `room_for`).

    Raises ValueError if there is no list, or if its space is too small.
    """
    new = make_element(CHAPTERS, with_checksum(content))
    with path.open("r+b") as file:
        old = find_chapters(file)
        left = 0 if old is None else old.stop - old.start - len(new)
        if old is None or left < 0 or left == 1:
            raise ValueError("the file has no space for its chapters")
        file.seek(old.start)
        file.write(new + make_void(left))
        file.flush()
        os.fsync(file.fileno())
