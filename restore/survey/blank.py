"""Blank frames: black leader, the dark frame of a closed iris, clear film."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.uint8]

SIZE = (160, 120)
"""Frames are examined at this size, blurred by one pixel, which removes most of the grain."""

DARK = 64.0
DARK_SPREAD = 5.0
"""A dark frame is blank if its 99th percentile and its standard deviation are below these (8-bit codes).

In the six old films the black around a closed iris has a deviation of 2 to 4, every other frame 17 or more.
"""

FLAT = 14.0
"""At any brightness, a frame is blank if its 1st and 99th percentile are no further apart than this."""

MOSTLY = 0.75
"""The least share of a shot's samples that must be blank (or nearly, for dust) in a blank shot."""


def softened(luma: Plane) -> Plane:
    """The frame at SIZE, slightly blurred."""
    small = cv2.resize(luma, SIZE, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0), np.uint8)


def is_blank(soft: Plane, slack: float = 1.0) -> bool:
    """Whether a softened frame is blank; `slack` widens the limits."""
    counts = np.bincount(soft.ravel(), minlength=256).cumsum()
    low, high = (int(np.searchsorted(counts, share * soft.size)) for share in (0.01, 0.99))
    if high - low <= slack * FLAT:
        return True
    return high <= DARK and float(soft.std()) <= slack * DARK_SPREAD


def is_blank_shot(samples: Sequence[Plane]) -> bool:
    """Whether a shot is blank: the median of its samples [h, w] is blank, and most single samples are.

    Dust and scratches change from frame to frame, so they are not in the median frame; single samples
    have wider limits.
    """
    soft = [softened(sample) for sample in samples]
    lasting = np.median(np.stack(soft), axis=0).astype(np.uint8)
    alone = sum(is_blank(each, slack=1.6) for each in soft)
    return is_blank(lasting) and alone >= MOSTLY * len(soft)
