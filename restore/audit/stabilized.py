"""Frames of stabilized shots as the result must show them: moved back to their position.

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
