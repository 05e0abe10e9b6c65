"""Pictures as a result must show them whose shots are held still: moved back to their place.

A thumbnail's cells are too coarse to be moved by parts of themselves, so small pictures of these frames are
moved before they become thumbnails.
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
class HeldPlace:
    """A frame's offset, down and right as shares of the picture, and the bars that do not move."""

    down: float
    right: float
    bars: Sequence[float]


def places_in(span: Span, decided: StabilizeDecision) -> Iterator[HeldPlace]:
    """The place of every frame of a shot that is held still."""
    for place in range(len(span)):
        yield HeldPlace(decided.down[place], decided.right[place], decided.bars)


def moved_back(luma: Plane, place: HeldPlace) -> Plane:
    """A small picture [h, w] with the area between its bars moved back to its place."""
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
