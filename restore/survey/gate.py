"""Does a shot weave in the gate, and how far does each of its frames lie from its place?

Each frame is laid upon the one before and upon a few further back; the median of what they say is its
place, so that no error adds up for long. Of the path that the frames make, what is smooth is the
camera's own, and what jumps from frame to frame is the gate's.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from restore.survey.film import Weave
from restore.survey.register import Seen, likeness, rough_shift, seen, shift
from restore.survey.unrest import FEWEST, is_level, jumping, jumpy, unrest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.uint8]
    Path = NDArray[np.float64]

LAGS = (1, 2, 4, 8)
"""How many frames back a frame is compared."""

WEAVES = 0.13
"""Root mean square of what jumps, in pixels of the small picture (a two-thousandth of its width), from
which a shot is said to weave.

Chosen on the training clips, as they are and woven by 0.6 pixels of 480 columns: hands that hold a
camera gave up to 0.13 (what they gave beyond was not sure, or did not jump), woven shots from 0.26.
"""

JUMPY = 0.5
"""The least share of unrest that must jump from one frame to the next: hands sway (to 0.47 of what was
more than WEAVES), gates jump (from 0.51, upon a hand that sways)."""

JUMPY_STILL = 0.35
"""The same where the camera itself stands still (no hand kept it level): gates also breathe."""

SURE = 0.6
"""The most that the comparisons with frames further back may disagree, as a share of what jumps."""

ALIKE = 0.5
"""The least correlation of frames with those before them: noise lies nowhere."""

SMALLEST = 32
"""Rows and columns of a picture that can be laid upon another."""

_MOST_MOVED = 0.03
"""The most that a frame is moved, as a share of the picture."""

_BAR = 0.03
"""Mean luma up to which a border's row or column is a black bar."""


class Gate:
    """Sees a shot's small pictures, one after the other, and says in the end how they weave."""

    def __init__(self) -> None:
        self._last: deque[Seen] = deque(maxlen=max(LAGS))
        self._places: list[tuple[float, float]] = []
        self._doubts: list[float] = []
        self._alike: list[float] = []
        self._size = (1, 1)
        self._rows: Path = np.zeros(1)
        self._columns: Path = np.zeros(1)

    def see(self, y: Plane) -> None:
        """The shot's next small picture [h, w], uint8, limited range."""
        if min(y.shape) < SMALLEST:
            return
        new = seen(y)
        rows, columns = (np.asarray((y.mean(axis) - 16) / 219, np.float64) for axis in (1, 0))
        if self._places:
            place, doubt, alike = self._laid(new)
            self._rows, self._columns = (
                np.maximum(self._rows, rows),
                np.maximum(self._columns, columns),
            )
            self._doubts.append(doubt)
            self._alike.append(alike)
        else:
            self._size, place = (y.shape[0], y.shape[1]), (0.0, 0.0)
            self._rows, self._columns = rows, columns
        self._places.append(place)
        self._last.append(new)

    def _laid(self, new: Seen) -> tuple[tuple[float, float], float, float]:
        """Where the new picture lies by those before it, how far they disagree, how like the last it is."""
        said: list[tuple[float, float]] = []
        for lag in LAGS[: sum(lag <= len(self._last) for lag in LAGS)]:
            old, (down, right) = self._last[-lag], self._places[-lag]
            guess = (said[0][0] - down, said[0][1] - right) if said else rough_shift(old, new)
            moved = shift(old, new, guess)
            said.append((down + moved[0], right + moved[1]))
        places = np.array(said)
        down, right = (float(value) for value in np.median(places, 0))
        doubt = float(np.abs(places - (down, right)).mean(0).max())
        old, before = self._last[-1], self._places[-1]
        return (down, right), doubt, likeness(old, new, (down - before[0], right - before[1]))

    def weave(self) -> Weave | None:
        """How far each frame lies from its place; None where the gate stands still, or nothing is sure."""
        path = np.array(self._places)
        if len(path) < FEWEST:
            return None
        jumps, still = jumping(path), bool(is_level(path).all())
        if jumpy(path) < (JUMPY_STILL if still else JUMPY):
            return None
        unsure = float(np.mean(self._doubts)) > SURE * jumps or float(np.mean(self._alike)) < ALIKE
        if jumps < WEAVES or unsure:
            return None
        shares = np.clip(unrest(path) / np.array(self._size), -_MOST_MOVED, _MOST_MOVED)
        down, right = (tuple(round(float(each), 6) for each in side) for side in shares.T)
        return Weave(down, right, (*_bars(self._rows), *_bars(self._columns)))


def _bars(means: Path) -> tuple[float, float]:
    """How much is black at both ends of the means of rows or columns, as shares of their number."""
    lit = np.flatnonzero(means > _BAR)
    if len(lit) < len(means) // 4:
        return 0.0, 0.0
    return _bar(means, int(lit[0])), _bar(means[::-1], len(means) - 1 - int(lit[-1]))


def _bar(means: Path, first: int) -> float:
    """Where the picture begins that lights these means from the `first` on, that one maybe in part."""
    if first == 0:
        return 0.0
    share = min(1.0, float(means[first]) / max(float(means[first + 1]), 1e-6))
    return round((first + 1 - share) / len(means), 6)
