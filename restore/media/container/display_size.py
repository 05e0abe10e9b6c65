"""The display size of a film written into a finished Matroska file, which PyAV's muxer leaves out.

Nothing after the tracks moves: the elements use space that muxers reserve after the file's index.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from restore.media.container.ebml import (
    SEEK,
    SEEK_HEAD,
    SEEK_POSITION,
    TRACKS,
    VOID,
    Element,
    children,
    make_unsigned,
    make_void,
    remake,
    segment_head,
    unsigned,
    with_checksum,
)
from restore.media.container.matroska import (
    DISPLAY_HEIGHT,
    DISPLAY_UNIT,
    DISPLAY_WIDTH,
    read_video_tracks,
    video_entries,
    views,
)

_AS_RATIO = 3
"""The DisplayUnit of a display size that is a ratio."""

_DISPLAY = (DISPLAY_WIDTH, DISPLAY_HEIGHT, DISPLAY_UNIT)


DisplaySize = tuple[int, int, Fraction]
"""A video track's stored width and height, and its sample aspect."""


def write_display_sizes(path: Path, videos: Sequence[DisplaySize]) -> None:
    """Write these sample aspects for the video tracks of a finished file, in its order.

    Square pixels need no element. Raises ValueError if there is no such track, or not enough space.
    """
    for track, (width, height, aspect) in enumerate(videos):
        if aspect != 1:
            write_display_size(path, track, (width, height), aspect)


def write_display_size(path: Path, track: int, size: tuple[int, int], aspect: Fraction) -> None:
    """The same for one video track, counted from 0. Of stereoscopic films each view has the aspect."""
    stereo = next((found.stereo for found in read_video_tracks(path)[track:]), None)
    display = _display(size, views(stereo), aspect)
    with path.open("r+b") as file:
        origin, head = segment_head(file)
        place = next((n for n, e in enumerate(head) if e.name == TRACKS), None)
        if place is None:
            raise ValueError("the file has no tracks")
        start, stop = head[0].start, head[place].stop
        file.seek(start)
        data = file.read(stop - start)
        file.seek(start)
        file.write(_with_display(data, start - origin, track, display))
        file.flush()
        os.fsync(file.fileno())


def _display(size: tuple[int, int], parts: tuple[int, int], aspect: Fraction) -> bytes:
    """The elements: in pixels, with the stored height; as a ratio if these are not whole numbers.

    `parts` are the views that share the picture's width, and its height.
    """
    height = Fraction(size[1], parts[1])
    width = Fraction(size[0], parts[0]) * aspect
    if width.denominator == height.denominator == 1:
        return make_unsigned(DISPLAY_WIDTH, int(width)) + make_unsigned(DISPLAY_HEIGHT, int(height))
    shown = width / height
    return (
        make_unsigned(DISPLAY_WIDTH, shown.numerator)
        + make_unsigned(DISPLAY_HEIGHT, shown.denominator)
        + make_unsigned(DISPLAY_UNIT, _AS_RATIO)
    )


def _with_display(head: bytes, offset: int, track: int, display: bytes) -> bytes:
    """A segment's elements up to its tracks (from `offset` on) with these, in as many bytes as before."""
    elements = list(children(head))
    old = elements[-1]
    tracks = remake(old, _tracks(head[old.content : old.stop], track, display))
    growth = len(tracks) - (old.stop - old.start)
    void = next((e for e in elements if e.name == VOID and _has_room(e, growth)), None)
    if void is None:
        raise ValueError("the header has no space for a display size")
    moved = {offset + e.start: -growth for e in elements if e.start >= void.stop}
    before = b"".join(_indexed(head, e, moved) for e in elements if e.stop <= void.start)
    return (
        before + make_void(void.stop - void.start - growth) + head[void.stop : old.start] + tracks
    )


def _has_room(void: Element, growth: int) -> bool:
    left = void.stop - void.start - growth
    return left == 0 or left >= 2


def _tracks(content: bytes, track: int, display: bytes) -> bytes:
    """The content of Tracks with this display size of one of its video tracks."""
    entries = list(video_entries(content))
    if track >= len(entries):
        raise ValueError(f"there is no video track {track}")
    entry, video = entries[track]
    kept = [e for e in children(content, video.content, video.stop) if e.name not in _DISPLAY]
    pictured = remake(video, _bytes(content, kept) + display)
    inside = content[entry.content : video.start] + pictured + content[video.stop : entry.stop]
    entered = remake(entry, inside)
    return with_checksum(content[: entry.start] + entered + content[entry.stop :])


def _bytes(data: bytes, elements: Sequence[Element]) -> bytes:
    return b"".join(data[e.start : e.stop] for e in elements)


def _indexed(head: bytes, element: Element, moved: Mapping[int, int]) -> bytes:
    """An element unchanged; the index with the new positions of the elements that move."""
    data = bytearray(head[element.start : element.stop])
    if element.name != SEEK_HEAD:
        return bytes(data)
    for seek in children(head, element.content, element.stop):
        if seek.name != SEEK:
            continue
        for place in children(head, seek.content, seek.stop):
            if place.name == SEEK_POSITION and (at := unsigned(head, place)) in moved:
                size = place.stop - place.content
                where = place.content - element.start
                try:
                    data[where : where + size] = (at + moved[at]).to_bytes(size)
                except OverflowError as error:
                    raise ValueError("the header's index has no space for a position") from error
    begin = element.content - element.start
    return bytes(data[:begin]) + with_checksum(bytes(data[begin:]))
