"""The shift between two images, by phase correlation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Map = NDArray[np.float32]


def phase_shift(a: Map, b: Map) -> tuple[tuple[float, float], float]:
    """The shift of `b` against `a`, right and down in pixels, and the height of the peak (0..1).

    It works for any distance, but is not exact. OpenCV (5.0.0.93) multiplies its window into the caller's
    arrays, unless it pads them, so it gets copies.
    """
    window = cv2.createHanningWindow(a.shape[::-1], cv2.CV_32F)
    (right, down), peak = cv2.phaseCorrelate(a.copy(), b.copy(), window)
    return (float(right), float(down)), float(peak)
