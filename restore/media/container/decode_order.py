"""Films whose container stores only decoding times although the codec reorders frames."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import Any

import av.error
from av.video.stream import VideoStream

from restore.media.container.streams import file_of
from restore.media.names import open_input

_FRAMES = 120
"""The most frames that are decoded: encoders that reorder frames reorder some of the first ones."""


def pts_are_decoding_times(stream: VideoStream) -> bool:
    """Whether frames of a stream whose packets all have PTS = DTS are shown in another order than decoded.

    Decoders return frames in display order with the PTS of their packets: decreasing PTS are decoding times.
    The file is opened once more, and only for codecs that reorder.
    """
    if not stream.codec_context.has_b_frames:
        return False
    opened: Any = stream.container
    with open_input(file_of(opened), opened.format.name.split(",")[0]) as container:
        frames = container.decode(container.streams[stream.index])
        try:
            pts_values = [frame.pts for frame in islice(frames, _FRAMES) if frame.pts is not None]
        except av.error.FFmpegError:
            return False
    return any(a > b for a, b in pairwise(pts_values))


def in_display_order(stream: VideoStream) -> dict[int, int]:
    """The position in display order of each frame of such a stream, by the PTS of its packet; decodes all."""
    opened: Any = stream.container
    with open_input(file_of(opened), opened.format.name.split(",")[0]) as container:
        frames = container.decode(container.streams[stream.index])
        pts_values = [frame.pts for frame in frames if frame.pts is not None]
    return {pts: place for place, pts in enumerate(pts_values)}
