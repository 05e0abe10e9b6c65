"""The lowest rows of a shot, if the switching of the video heads disturbs them: displaced and noisy rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from restore.treatments.measuring.nominal import nominal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float32]
    Numbers = NDArray[np.float64]

LOWEST = 1 / 24
"""The largest height of the disturbed rows, as a share of the frame's height."""

EXAMINED = 1 / 5
"""The share of the frame's height, at the bottom, whose rows are compared with each other."""

LEAST_ROWS, LEAST_HEIGHT, LEAST_FRAMES = 2, 96, 8
"""The fewest disturbed rows, rows of a frame and frames of a shot from which they can be found."""

APART = 2
"""The distance in rows to the row of the same field."""

_MEANS = (1, 17)
"""Columns whose means are compared: texture matters less in wide means, noise less in narrow ones."""

TIMES = 2.5
"""How many times as much as the rows above them disturbed rows differ: from each other, and over time."""

BY = 0.02
"""The least difference from the rows above them, nominal."""


class BottomStatistics:
    """How much the rows at the bottom differ from the row above and from the frame before, over a shot."""

    def __init__(self) -> None:
        self._means = [_Differences(columns) for columns in _MEANS]

    def see(self, y: NDArray[np.uint8]) -> None:
        """The next frame's luma [H, W] in code values of limited range."""
        height = len(y)
        if height >= LEAST_HEIGHT:
            bottom = nominal(y[height - round(EXAMINED * height) - APART :])
            for each in self._means:
                each.see(bottom)

    def rows(self) -> int:
        """The number of disturbed rows at the bottom in nearly all frames; 0: none."""
        return max(each.disturbed() for each in self._means)


class _Differences:
    """The differences of means over some columns, row by row."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._across: list[Numbers] = []
        self._over_time: list[Numbers] = []
        self._before: Values | None = None

    def see(self, bottom: Values) -> None:
        """The rows at the bottom, and as many more above them as rows are compared at a distance."""
        soft = np.asarray(cv2.blur(bottom, (self._columns, 1)), np.float32)
        rows = soft[APART:]
        self._across.append(np.abs(rows - soft[:-APART]).mean(1, np.float64))
        if self._before is not None:
            self._over_time.append(np.abs(rows - self._before).mean(1, np.float64))
        self._before = rows

    def disturbed(self) -> int:
        """How many of the lowest rows are disturbed in both halves of the shot."""
        if len(self._across) < LEAST_FRAMES:
            return 0
        across, over_time = (np.stack(each) for each in (self._across, self._over_time))
        halves = np.array_split(np.arange(len(over_time)), 2)
        found = [min(_disturbed(across[part]), _disturbed(over_time[part])) for part in halves]
        most = round(LOWEST * across.shape[1] / EXAMINED)
        return (
            min(found) if LEAST_ROWS <= min(found) <= most and max(found) - min(found) <= 1 else 0
        )


def _disturbed(differences: Numbers) -> int:
    """How many rows, counted from the lowest, differ much more than those above: [frames, rows]."""
    typical = np.percentile(differences, 20, axis=0)
    usual = float(np.percentile(typical[: len(typical) * 3 // 4], 90))
    calm = np.flatnonzero(typical < TIMES * usual + BY)
    return len(typical) - 1 - int(calm[-1]) if len(calm) else 0
