"""Black bars beside a shot's picture: borders that no light ever falls on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.uint8]
    Values = NDArray[np.float64]

_BAR = 0.06
"""Luma that no pixel of a black bar has: nominal black, and what a codec adds to it."""


@dataclass(frozen=True)
class Border:
    """How light the rows (or columns) of a shot ever got: the most of their means and of their pixels."""

    means: Values
    peaks: Values

    @staticmethod
    def nothing() -> Border:
        """Before the first picture."""
        return Border(np.zeros(1), np.zeros(1))

    def with_one(self, y: Plane, along: int) -> Border:
        """With one picture more, seen along its rows (1) or columns (0)."""
        means, peaks = ((each - 16.0) / 219 for each in (y.mean(along), y.max(along)))
        return Border(np.maximum(self.means, means), np.maximum(self.peaks, peaks))

    def bars(self) -> tuple[float, float]:
        """How much is black at both ends, as shares of the whole."""
        lit = np.flatnonzero(self.peaks > _BAR)
        if len(lit) < len(self.peaks) // 4:
            return 0.0, 0.0
        return _bar(self.means, int(lit[0])), _bar(
            self.means[::-1], len(self.means) - 1 - int(lit[-1])
        )


def _bar(means: Values, first: int) -> float:
    """Where the picture begins that lights these means from the `first` on, that one maybe in part."""
    if first == 0:
        return 0.0
    share = min(1.0, float(means[first]) / max(float(means[first + 1]), 1e-6))
    return round((first + 1 - share) / len(means), 6)
