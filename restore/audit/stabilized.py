"""Frames of the source as the result must show them: moved back to their position, without their borders.

Thumbnails are too coarse for shifts of less than a cell, so reduced frames are moved before they become
thumbnails.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from restore.timing import Span
from restore.treatments.borders.insets import Insets
from restore.treatments.stabilize import StabilizeDecision

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class FrameOffset:
    """A frame's offset, down and right as shares of the frame, and the bars that do not move."""

    down: float
    right: float
    bars: Sequence[float]


def offsets_in(span: Span, decided: StabilizeDecision) -> Iterator[FrameOffset]:
    """The offset of every frame of a stabilized shot."""
    for place in range(len(span)):
        yield FrameOffset(decided.down[place], decided.right[place], decided.bars)


def moved_back(luma: Plane, place: FrameOffset) -> Plane:
    """A reduced frame [h, w] with the area between its bars moved back to its position."""
    height, width = luma.shape
    top, bottom = round(place.bars[0] * height), height - round(place.bars[1] * height)
    left, right = round(place.bars[2] * width), width - round(place.bars[3] * width)
    there = np.array([[1, 0, place.right * width], [0, 1, place.down * height]], np.float32)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    inner = luma[top:bottom, left:right]
    size = (right - left, bottom - top)
    result = luma.copy()
    result[top:bottom, left:right] = cv2.warpAffine(
        inner, there, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return result


def inside(luma: Plane, crop: Insets | None, width: int, height: int) -> Plane:
    """A reduced frame [h, w] of a source of this size without its borders, at the same size."""
    if crop is None:
        return luma
    rows, columns = luma.shape
    across, down = crop.size(width, height)
    scales = across / width, down / height
    first = crop.left * columns / width, crop.top * rows / height
    # the middle of a sample is at a half
    there = np.array(
        [
            [scales[0], 0, first[0] + scales[0] / 2 - 0.5],
            [0, scales[1], first[1] + scales[1] / 2 - 0.5],
        ],
        np.float32,
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (columns, rows)
    return np.asarray(
        cv2.warpAffine(luma, there, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )
