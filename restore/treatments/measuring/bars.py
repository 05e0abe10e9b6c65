"""Black bars at the borders of a shot: rows and columns that stay black in all frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.uint8]
    Values = NDArray[np.float64]

_BAR = 0.06
"""The largest luma of a pixel in a black bar: nominal black, and the noise that a codec adds."""


_PARTS = 16
"""Parts of a row or column, each with a mean of its own: the noise of a tape averages out in them."""


@dataclass(frozen=True)
class Border:
    """The largest means and the largest pixels of the rows (or columns) of a shot over its frames."""

    means: Values
    peaks: Values

    @staticmethod
    def empty() -> Border:
        """Before the first frame."""
        return Border(np.zeros(1), np.zeros(1))

    def with_one(self, y: Plane, along: int) -> Border:
        """With one more frame, along its rows (1) or columns (0)."""
        means, peaks = ((each - 16.0) / 219 for each in (y.mean(along), y.max(along)))
        return Border(np.maximum(self.means, means), np.maximum(self.peaks, peaks))

    def bars(self) -> tuple[float, float]:
        """The share of the whole that is black at each end."""
        lit = np.flatnonzero(self.peaks > _BAR)
        if len(lit) < max(1, len(self.peaks) // 4):
            return 0.0, 0.0
        return _bar(self.means, int(lit[0])), _bar(
            self.means[::-1], len(self.means) - 1 - int(lit[-1])
        )


def _bar(means: Values, first: int) -> float:
    """The start of the picture by these means; the `first` row may be partly black."""
    if first == 0:
        return 0.0
    share = min(1.0, float(means[first]) / max(float(means[first + 1]), 1e-6))
    return round((first + 1 - share) / len(means), 6)


def picture_area(luma: NDArray[np.float32]) -> tuple[slice, slice]:
    """The rows and columns of a frame [H, W] (nominal luma) between its black bars.

    A row is black if all its parts are. A frame with less than a quarter of its rows or columns lit is
    returned whole.
    """
    return _lit(luma), _lit(luma.T)


def _lit(luma: NDArray[np.float32]) -> slice:
    """The rows from the first lit one to the last."""
    edges = np.linspace(0, luma.shape[1], min(_PARTS, luma.shape[1]) + 1).astype(np.intp)
    means = np.add.reduceat(luma, edges[:-1], axis=1) / np.diff(edges)
    lit = np.flatnonzero((means > _BAR).any(1))
    if len(lit) < len(luma) / 4:
        return slice(0, len(luma))
    return slice(int(lit[0]), int(lit[-1]) + 1)
