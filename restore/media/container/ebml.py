"""EBML, the form of Matroska files: finding and making elements (RFC 8794). Pure functions."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

EBML, SEGMENT, CLUSTER = 0x1A45DFA3, 0x18538067, 0x1F43B675
SEEK_HEAD, SEEK, SEEK_POSITION = 0x114D9B74, 0x4DBB, 0x53AC
VOID, CRC = 0xEC, 0xBF
TRACKS, TRACK, TRACK_TYPE, VIDEO = 0x1654AE6B, 0xAE, 0x83, 0xE0
"""Names of elements (RFC 9559, section 5.1)."""

_ENDLESS = 1 << 62
"""The end of an element of unknown size."""

_LONGEST_HEAD = 16
"""The most bytes that an element's name and size take."""


@dataclass(frozen=True, slots=True)
class Element:
    """An element: its name, and where it starts, its content starts and it stops."""

    name: int
    start: int
    content: int
    stop: int


def parse_element(data: bytes, at: int) -> Element:
    """The element that begins at this position; ValueError if its head is cut off or damaged."""
    name, content = _number(data, at, keep_mark=True)
    size, begin = _number(data, content)
    unknown = size == (1 << 7 * (begin - content)) - 1
    return Element(name, at, begin, _ENDLESS if unknown else begin + size)


def read_element(file: BinaryIO, at: int) -> Element:
    """The same of an element in a file."""
    file.seek(at)
    found = parse_element(file.read(_LONGEST_HEAD), 0)
    stop = found.stop if found.stop == _ENDLESS else found.stop + at
    return Element(found.name, at, at + found.content, stop)


def _number(data: bytes, at: int, *, keep_mark: bool = False) -> tuple[int, int]:
    """A number of variable length, and the position after it."""
    if at >= len(data) or data[at] == 0:
        raise ValueError("a damaged element")
    length = 9 - data[at].bit_length()
    if at + length > len(data):
        raise ValueError("an element that is cut off")
    value = int.from_bytes(data[at : at + length])
    return (value if keep_mark else value & (1 << 7 * length) - 1), at + length


def children(data: bytes, start: int = 0, stop: int | None = None) -> Iterator[Element]:
    """The consecutive elements in a content; ValueError if one reaches beyond it."""
    at, end = start, len(data) if stop is None else stop
    while at < end:
        element = parse_element(data, at)
        if element.stop > end:
            raise ValueError("an element that reaches beyond its parent")
        yield element
        at = element.stop


def unsigned(data: bytes, element: Element) -> int:
    """An element's content as a number."""
    return int.from_bytes(data[element.content : element.stop])


def segment_head(file: BinaryIO) -> tuple[int, tuple[Element, ...]]:
    """Where a Matroska file's segment begins, and its elements before the first cluster.

    ValueError for any other file.
    """
    header = read_element(file, 0)
    segment = read_element(file, header.stop) if header.name == EBML else header
    if segment.name != SEGMENT:
        raise ValueError("not a Matroska file")
    found: list[Element] = []
    at, end = segment.content, min(segment.stop, file.seek(0, 2))
    while at < end:
        element = read_element(file, at)
        if element.name == CLUSTER:
            break
        found.append(element)
        at = element.stop
    return segment.content, tuple(found)


def make_element(name: int, content: bytes, least: int = 1) -> bytes:
    """An element with this content, its size in as few bytes as possible, but at least this many."""
    length = next(n for n in range(least, 9) if len(content) < (1 << 7 * n) - 1)
    size = (len(content) | 1 << 7 * length).to_bytes(length)
    return _name(name) + size + content


def remake(element: Element, content: bytes) -> bytes:
    """An element with another content, its size in as many bytes as before, or more."""
    least = element.content - element.start - len(_name(element.name))
    return make_element(element.name, content, least)


def _name(name: int) -> bytes:
    return name.to_bytes((name.bit_length() + 7) // 8)


def make_unsigned(name: int, value: int) -> bytes:
    """An element with a number."""
    return make_element(name, value.to_bytes(max(1, (value.bit_length() + 7) // 8)))


def make_void(size: int) -> bytes:
    """An empty element that takes `size` bytes (0, or at least 2) in total."""
    if size == 0:
        return b""
    if size < 2:
        raise ValueError(f"no element takes {size} bytes")
    length = 1 if size < 66 else 8
    return (
        VOID.to_bytes(1)
        + (size - 1 - length | 1 << 7 * length).to_bytes(length)
        + bytes(size - 1 - length)
    )


def with_checksum(content: bytes) -> bytes:
    """The content with a corrected CRC-32 element, if it begins with one."""
    first = next(children(content), None)
    if first is None or first.name != CRC:
        return content
    rest = content[first.stop :]
    return make_element(CRC, zlib.crc32(rest).to_bytes(4, "little")) + rest
