"""The slices of an FFV1 frame: a number that ffmpeg accepts for the size, and that loses nothing."""

from __future__ import annotations

import itertools

from restore.media.color.pixels import PixelFormat

_SMALL = 352, 288
"""Width and height up to which ffmpeg allows a single slice."""

_MOST = 32
"""The most slices below each other that are tried."""


def ffv1_slices(width: int, height: int, pixels: PixelFormat) -> int:
    """The number of slices (threads) of a frame: 4 or 16, or the nearest one that is possible.

    By default ffmpeg uses the machine's number of cores; but the parts of a film must be the same on every
    machine.
    """
    wanted = 16 if width * height >= 1280 * 720 else 4
    if pixels.sub_h == 2 or min(width, height) < 32:
        wanted = 1
    possible = _possible(width, height, pixels.sub_w, pixels.sub_h)
    return min(possible, key=lambda count: (abs(count - wanted), count), default=wanted)


def _possible(width: int, height: int, sub_w: int, sub_h: int) -> set[int]:
    """All numbers of slices for which the chroma of every slice is complete.

    ffmpeg takes the first grid with that number that is at least as wide as high, at most twice as wide.
    """
    columns, rows = -(-width >> sub_w), -(-height >> sub_h)
    large = width > _SMALL[0] or height > _SMALL[1]
    found: dict[int, bool] = {}
    for down in range(min(2 if large else 1, rows), min(_MOST, rows) + 1):
        for across in range(down, min(2 * down, columns) + 1):
            if _accepted(width, across, sub_w) and _accepted(height, down, sub_h):
                complete = _complete(width, across, sub_w) and _complete(height, down, sub_h)
                found.setdefault(across * down, complete)
    return {count for count, complete in found.items() if complete}


def _accepted(length: int, slices: int, shift: int) -> bool:
    """Whether ffmpeg accepts so many slices along a side: it examines the last one."""
    last = length - length * (slices - 1) // slices
    return length % (1 << shift) == 0 or last % (1 << shift) != 0


def _complete(length: int, slices: int, shift: int) -> bool:
    """Whether the chroma samples of all slices along a side reach those of the next one."""
    edges = [length * place // slices for place in range(slices + 1)]
    ends = [*(edge >> shift for edge in edges[1:-1]), -(-length >> shift)]
    return all(
        (start >> shift) - (-(stop - start) >> shift) >= end
        for (start, stop), end in zip(itertools.pairwise(edges), ends, strict=True)
    )
