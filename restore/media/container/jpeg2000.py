"""JPEG 2000 of interlaced video: packets that contain the two fields of a frame as two images."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from restore.media.container.packets import demuxed
from restore.media.names import open_input

_TWO = re.compile(rb"\xff\xd9\x00*\xff\x4f\xff\x51")
"""The end of one code stream and the beginning of another (ISO 15444-1, A.2: EOC; SOC and SIZ).

No other bytes look like it: in coded data, no byte after FF is above 8F.
"""


def splits_fields(path: Path, film: int) -> bool:
    """Whether a file's JPEG 2000 stream codes each field of a frame separately (SMPTE ST 422, frame I1)."""
    with open_input(path) as container:
        stream: Any = container.streams[film]
        first = next((packet for packet in demuxed(container, stream) if packet.size), None)
        return first is not None and _TWO.search(bytes(first)) is not None
