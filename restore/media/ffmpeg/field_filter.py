"""Deinterlacing with ffmpeg's filter bwdif, in this process."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import av.error
import av.filter
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Planes = NDArray[np.uint16]

SMALLEST = 4
"""Rows and columns from which the filter works."""


def bwdif(frames: Planes, top_first: bool) -> Planes:
    """Whole frames from the fields of interlaced frames [T, H, W], at least SMALLEST high and wide.

    Returns [2T, H, W]: for each field in the order in which fields are shown its own rows, unchanged, and
    the missing ones by ffmpeg's bwdif (Weston 3-field deinterlacing with Yadif's temporal check).
    """
    graph = _graph(frames.shape[2], frames.shape[1], "tff" if top_first else "bff")
    found: list[Planes] = []
    for number, frame in enumerate(frames):
        image = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="gray16le")
        image.pts, image.time_base = number, Fraction(1, 25)
        graph.push(image)
        found += _pulled(graph)
    graph.push(None)
    found += _pulled(graph)
    if len(found) != 2 * len(frames):
        raise RuntimeError(f"bwdif gave {len(found)} frames for {len(frames)}")
    return np.stack(found)


def _graph(width: int, height: int, order: str) -> Any:
    graph: Any = av.filter.Graph()
    source = graph.add_buffer(
        width=width, height=height, format="gray16le", time_base=Fraction(1, 25)
    )
    steps = graph.add("bwdif", f"mode=send_field:parity={order}:deint=all")
    sink = graph.add("buffersink")
    source.link_to(steps)
    steps.link_to(sink)
    graph.configure()
    return graph


def _pulled(graph: Any) -> list[Planes]:
    """The frames that are ready."""
    found: list[Planes] = []
    while True:
        try:
            found.append(graph.pull().to_ndarray(format="gray16le"))
        except (av.error.BlockingIOError, av.error.EOFError):
            return found
