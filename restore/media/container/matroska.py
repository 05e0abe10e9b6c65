"""Matroska's own elements about video: display size, interlacing, stereo mode.

Demuxers merge them with the facts of the stream; here they are read as they are stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from restore.media.container.ebml import (
    TRACK,
    TRACK_TYPE,
    TRACKS,
    VIDEO,
    Element,
    children,
    segment_head,
    unsigned,
)
from restore.media.source import FieldOrder

_WIDTH, _HEIGHT = 0xB0, 0xBA
DISPLAY_WIDTH, DISPLAY_HEIGHT, DISPLAY_UNIT = 0x54B0, 0x54BA, 0x54B2
_CROP_BOTTOM, _CROP_TOP, _CROP_LEFT, _CROP_RIGHT = 0x54AA, 0x54BB, 0x54CC, 0x54DD
_FLAG_INTERLACED, _FIELD_ORDER, _STEREO_MODE = 0x9A, 0x9D, 0x53B8
"""Names of elements (RFC 9559, section 5.1.4.1.28)."""

STEREO_MODES = (
    *("left_right", "bottom_top", "top_bottom", "checkerboard_rl", "checkerboard_lr"),
    *("row_interleaved_rl", "row_interleaved_lr", "col_interleaved_rl", "col_interleaved_lr"),
    *("anaglyph_cyan_red", "right_left", "anaglyph_green_magenta", "block_lr", "block_rl"),
)
"""ffmpeg's names of StereoMode's values, from 1 on."""

STEREO_TAG = "stereo_mode"
"""The tag of a stream by which ffmpeg's demuxer and muxer pass the mode."""

_IS_VIDEO = 1
_UNKNOWN_UNIT = 4
"""Values of TrackType and DisplayUnit."""

_ORDERS: dict[int, FieldOrder] = {0: "progressive", 1: "tff", 6: "bff", 9: "tff", 14: "bff"}
"""Field orders by FieldOrder's numbers; 9 and 14 are fields of interleaved rows."""

_MOST_BYTES = 1 << 24
"""Tracks take some hundred bytes, with private data of codecs some thousand; a larger size means damage."""


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """A video track's own elements; None for missing ones.

    size    stored width and height
    aspect  the sample aspect that gives the display size (of each view, in stereoscopic films)
    fields  the field order from FlagInterlaced and FieldOrder
    stereo  the name of StereoMode; None for one view
    """

    size: tuple[int, int]
    aspect: Fraction | None = None
    fields: FieldOrder | None = None
    stereo: str | None = None


def read_video_tracks(path: Path) -> tuple[VideoTrack, ...]:
    """The video tracks of a Matroska file, in its order; empty for other and damaged files."""
    try:
        with path.open("rb") as file:
            _, head = segment_head(file)
            tracks = next((e for e in head if e.name == TRACKS), None)
            if tracks is None or tracks.stop - tracks.content > _MOST_BYTES:
                return ()
            file.seek(tracks.content)
            data = file.read(tracks.stop - tracks.content)
        return tuple(_video_track(data, video) for _, video in video_entries(data))
    except (OSError, ValueError):
        return ()


def video_entries(tracks: bytes) -> Iterator[tuple[Element, Element]]:
    """The video tracks in the content of a Tracks element, each with its Video element."""
    for track in children(tracks):
        if track.name != TRACK:
            continue
        inner = list(children(tracks, track.content, track.stop))
        kinds = [unsigned(tracks, e) for e in inner if e.name == TRACK_TYPE]
        video = next((e for e in inner if e.name == VIDEO), None)
        if kinds == [_IS_VIDEO] and video is not None:
            yield track, video


def _video_track(tracks: bytes, video: Element) -> VideoTrack:
    values = {e.name: unsigned(tracks, e) for e in children(tracks, video.content, video.stop)}
    return VideoTrack(
        size=(values.get(_WIDTH, 0), values.get(_HEIGHT, 0)),
        aspect=_aspect(values),
        fields=_fields(values),
        stereo=_mode(values)[0],
    )


def _mode(values: dict[int, int]) -> tuple[str | None, int, int]:
    """The stereo mode, and the number of views next to each other and below each other."""
    number = values.get(_STEREO_MODE, 0)
    name = STEREO_MODES[number - 1] if 0 < number <= len(STEREO_MODES) else None
    return name, *views(name)


def views(mode: str | None) -> tuple[int, int]:
    """The number of views next to each other and below each other in frames of a stereo mode."""
    across = mode is not None and mode.startswith(("left_right", "right_left", "col_"))
    down = mode is not None and mode.startswith(("bottom_top", "top_bottom", "row_"))
    return 1 + across, 1 + down


def _aspect(values: dict[int, int]) -> Fraction | None:
    """The sample aspect with which the cropped picture has its display size."""
    width = values.get(_WIDTH, 0) - values.get(_CROP_LEFT, 0) - values.get(_CROP_RIGHT, 0)
    height = values.get(_HEIGHT, 0) - values.get(_CROP_TOP, 0) - values.get(_CROP_BOTTOM, 0)
    across, down = values.get(DISPLAY_WIDTH, 0), values.get(DISPLAY_HEIGHT, 0)
    if values.get(DISPLAY_UNIT, 0) >= _UNKNOWN_UNIT or min(width, height, across, down) < 1:
        return None
    _, across_views, down_views = _mode(values)
    return Fraction(across * across_views * height, down * down_views * width)


def _fields(values: dict[int, int]) -> FieldOrder | None:
    """FlagInterlaced states whether there are fields, FieldOrder which one is first."""
    flag = values.get(_FLAG_INTERLACED, 0)
    if flag == 1:
        return _ORDERS.get(values.get(_FIELD_ORDER, 2), "unknown")
    return "progressive" if flag == 2 else None
