"""Finds the dark borders of a shot: rows and columns in which no frame is lit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from restore.treatments.borders.insets import DarkDepths
from restore.treatments.measure import SurveyFrame
from restore.treatments.measuring.head_switching import BottomStatistics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Means = NDArray[np.float32]

SEGMENTS = 16
"""Parts of a row or column that are examined by themselves: half lines, round corners."""

FRAMES = 96
"""The most frames of a shot that are examined, evenly over it."""

DARK = 0.06
"""The largest mean of a part of a border, nominal: black with the noise of a tape."""

STEADY, ALIKE = 0.03, 0.02
"""The largest change of a part of a border over the frames, and its largest difference from the darkest
part of the outermost row: a border is even, a dark part of the picture is not."""

LIT = 0.25
"""The least share of rows with a lit part: borders cannot be found in a darker shot."""


@dataclass(frozen=True)
class _Range:
    """The least and the largest means of the parts of all rows over the frames: [H, SEGMENTS]."""

    least: Means
    most: Means

    @staticmethod
    def of(parts: Means, before: _Range | None) -> _Range:
        """With one more frame."""
        if before is None:
            return _Range(parts, parts)
        return _Range(np.minimum(before.least, parts), np.maximum(before.most, parts))

    def lit(self) -> NDArray[np.bool_]:
        """Which parts are picture: lighter than black, or changing, or unlike the outermost row or column."""
        picture = (self.most > DARK) | (self.most - self.least > STEADY)
        half = len(picture) // 2
        for part, outer in ((slice(0, half), self.most[0]), (slice(half, None), self.most[-1])):
            picture[part] |= self.most[part] - outer.min() > ALIKE
        return np.asarray(picture, np.bool_)


class BorderObserver:
    """Takes the whole frames of a shot of `count` frames; returns its dark borders at the end."""

    def __init__(self, count: int) -> None:
        self._every = max(1, math.ceil(count / FRAMES))
        self._number = 0
        self._rows: _Range | None = None
        self._columns: _Range | None = None
        self._bottom = BottomStatistics()

    def see(self, frame: SurveyFrame) -> None:
        """The next frame, with all its rows."""
        y = frame.y
        if self._number % self._every == 0 and min(y.shape) >= 2 * SEGMENTS:
            self._rows = _Range.of(_parts(y), self._rows)
            self._columns = _Range.of(_parts(y.T), self._columns)
        self._number += 1
        self._bottom.see(y)

    def result(self) -> DarkDepths | None:
        """The borders; None if the shot is too dark or too small."""
        if self._rows is None or self._columns is None:
            return None
        rows, columns = self._rows.lit(), self._columns.lit()
        if min(rows.any(1).mean(), columns.any(1).mean()) < LIT:
            return None
        height, width = len(rows), len(columns)
        return DarkDepths(
            width,
            height,
            top=_depths(rows),
            bottom=_depths(rows[::-1]),
            left=_depths(columns),
            right=_depths(columns[::-1]),
            switching=self._bottom.rows(),
        )


def _parts(y: NDArray[np.uint8]) -> Means:
    """The means of the parts of each row, nominal: [H, SEGMENTS]."""
    width = y.shape[1]
    edges = np.round(np.linspace(0, width, SEGMENTS + 1)).astype(np.intp)
    sums = np.add.reduceat(y, edges[:-1], axis=1, dtype=np.float32)
    return np.asarray((sums / np.diff(edges) - 16) / 219, np.float32)


def _depths(lit: NDArray[np.bool_]) -> tuple[int, ...]:
    """For each part the number of rows before the first lit one."""
    first = np.where(lit.any(0), lit.argmax(0), len(lit))
    return tuple(int(each) for each in first)
