"""The side data of a film's first frame: light levels, rotation by players."""

from __future__ import annotations

from typing import Any

import av.error

from restore.media.names import open_input
from restore.media.source import Source


def side_data(source: Source) -> dict[str, bytes]:
    """The first decoded frame's side data by PyAV's names, from the container or the film's own stream.

    Nothing for a film that does not decode (which is reported elsewhere), and if PyAV (18) has no name for
    some of it (the EXIF data of TIFF and JPEG).
    """
    try:
        with open_input(source.path, source.container) as container:
            frame: Any = next(container.decode(container.streams[source.video]), None)
            return {} if frame is None else {d.type.name: bytes(d) for d in frame.side_data}
    except (av.error.FFmpegError, OSError, ValueError):
        return {}
