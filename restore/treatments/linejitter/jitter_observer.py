"""How much the lines of a shot jitter: what two independent estimates of the offsets of its rows share.

One estimate compares the rows of a frame with each other, the other the rows of two frames. The picture's own
shapes are in the first one alone, its motion in the second one alone; jitter is in both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from restore.treatments.measure import SurveyFrame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float32]

PAIRS = 24
"""The most pairs of frames of a shot that are compared, evenly over it."""

FEWEST = 4
"""The least pairs from which jitter is measured."""

LEAST = 0.25
"""The least jitter that is repaired, in columns."""

ALIKE = 0.5
"""The least correlation of both estimates in most pairs."""


@dataclass(frozen=True, slots=True)
class LineJitter:
    """The jitter of a shot's lines, and the error of the offsets found in a frame, in columns (rms)."""

    pixels: float
    error: float

    @property
    def gain(self) -> float:
        """The share of a found offset that is jitter (Wiener)."""
        whole = self.pixels**2 + self.error**2
        return self.pixels**2 / whole if whole else 0.0


class JitterObserver:
    """Takes the whole frames of a shot of `count` frames; examines some pairs of neighbors."""

    def __init__(self, count: int) -> None:
        self._every = max(2, math.ceil((count - 1) / PAIRS))
        self._number = 0
        self._first: Values | None = None
        self._pairs: list[tuple[float, float, float]] = []

    def see(self, frame: SurveyFrame) -> None:
        """The next frame; of its rows those of one field are used."""
        from restore.treatments.measuring.nominal import nominal

        place = self._number % self._every
        self._number += 1
        if place > 1:
            return
        field = nominal(frame.y[::2])
        if place == 0:
            self._first = field
        elif self._first is not None:
            self._pairs.append(compared(self._first, field))

    def result(self) -> LineJitter | None:
        """The jitter; None if it is too small or not certain."""
        return found_in(self._pairs)


def found_in(pairs: Sequence[tuple[float, float, float]]) -> LineJitter | None:
    """The jitter of most of these pairs (shared variance, whole variance, correlation)."""
    import numpy as np

    if len(pairs) < FEWEST:
        return None
    shared, whole, alike = (float(each) for each in np.median(np.array(pairs), 0))
    if shared < LEAST**2 or alike < ALIKE:
        return None
    error = math.sqrt(max(0.0, whole - shared))
    return LineJitter(round(math.sqrt(shared), 3), round(error, 3))


def compared(one: Values, other: Values) -> tuple[float, float, float]:
    """The variance that both estimates share, the variance of the offsets, and the correlation of both."""
    import numpy as np

    from restore.treatments.linejitter.row_offsets import motion_of_rows, row_offsets

    offsets = [row_offsets(each) for each in (one, other)]
    change = offsets[1] - offsets[0]
    motion = motion_of_rows(one, other)
    shared = float((change * motion).mean())
    sizes = [float(np.sqrt((each * each).mean())) for each in (change, motion)]
    whole = float(np.mean([(each * each).mean() for each in offsets]))
    return shared / 2, whole, shared / (sizes[0] * sizes[1]) if all(sizes) else 0.0
