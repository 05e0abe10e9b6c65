"""How far one picture is shifted against another, by phase correlation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Map = NDArray[np.float32]


def phase_shift(a: Map, b: Map) -> tuple[tuple[float, float], float]:
    """How far right and down `b` lies from `a`, in pixels, and how clear the peak is (0..1).

    Any distance, not exact. OpenCV (5.0.0.93) multiplies its window into the arrays that it is given,
    unless it pads them: it gets copies.
    """
    window = cv2.createHanningWindow(a.shape[::-1], cv2.CV_32F)
    (right, down), peak = cv2.phaseCorrelate(a.copy(), b.copy(), window)
    return (float(right), float(down)), float(peak)
