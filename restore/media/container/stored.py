"""The facts of the video that the container stores, before a decoder merges them with those of the stream."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from av.video.stream import VideoStream

from restore.media.container.avi import stored_avi_fields
from restore.media.container.matroska import VideoTrack, read_video_tracks
from restore.media.container.streams import is_image
from restore.media.names import open_input
from restore.media.source import FieldOrder, Source

STORED_ORDERS: Mapping[int, FieldOrder] = {1: "progressive", 2: "tff", 3: "bff", 4: "tff", 5: "bff"}
"""libavcodec's field orders: 4 and 5 are stored as interleaved rows."""

_PARSED = ("h264", "mpeg1video", "mpeg2video", "mpeg4", "vc1", "wmv3", "prores", "dvvideo")
"""Codecs for which libav returns the frames' field order as the stream's if the container has none."""


def film_number(source: Source) -> int:
    """The number of video tracks before this one in the file."""
    films = (s for s in source.streams if s.kind == "video" and not s.attached_picture)
    return sum(1 for stream in films if stream.index < source.video)


def stored_track(source: Source) -> VideoTrack | None:
    """The film's track as its container describes it; None for image sequences and other containers.

    Matroska's elements are read directly from the file; those of MP4 and QuickTime come from libav.
    """
    if source.sequence is not None:
        return None
    if source.container == "matroska":
        tracks = read_video_tracks(source.path)
        place = film_number(source)
        return tracks[place] if place < len(tracks) else None
    if source.container != "mov":
        return None
    with open_input(source.path, source.container) as container:
        film: Any = container.streams[source.video]
        size = film.codec_context.width, film.codec_context.height
        return VideoTrack(size, film.sample_aspect_ratio, stored_fields(source.path, film))


def stored_fields(path: Path, film: VideoStream) -> FieldOrder | None:
    """The field order that the container stores for a stream; None if it stores none.

    It is "unknown" for fields without an order.
    """
    container: Any = film.container
    codec = film.codec_context.name
    if "matroska" in container.format.name:
        before = [s for s in container.streams.video if s.index < film.index and not is_image(s)]
        tracks = read_video_tracks(path)
        return tracks[len(before)].fields if len(before) < len(tracks) else None
    if "avi" in container.format.name:
        return stored_avi_fields(path, film.index)
    if codec == "h264" or (codec in _PARSED and "mov" not in container.format.name):
        return None
    return STORED_ORDERS.get(int(getattr(film.codec_context, "field_order", 0)))
