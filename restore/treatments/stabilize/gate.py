"""Finds out whether a shot weaves in the gate, and how far each of its frames lies from its place.

Each frame is registered to the one before and upon a few further back; the median of what they say is its
place, so that no error adds up for long. Of the path that the frames make, what is smooth is the
camera's own, and what jumps from frame to frame is the gate's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from restore.treatments.measuring.bars import Border
from restore.treatments.measuring.registration import Seen, likeness, rough_shift, seen, shift
from restore.treatments.measuring.unrest import FEWEST, is_level, jumping, jumpy, unrest
from restore.treatments.stabilize.weave import Weave
from restore.treatments.treatment import Picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Path = NDArray[np.float64]

LAGS = (1, 2, 4, 8)
"""How many frames back a frame is compared."""

WEAVES = 0.13
"""How far frames jump (root mean square, as most of them do) from which on a shot is said to weave, in
pixels of the small picture: a two-thousandth of its width.

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
"""The least correlation of a frame with the one before it: noise lies nowhere."""

SMALLEST = 32
"""Rows and columns of a picture that can be laid upon another."""

_MOST_MOVED = 0.03
"""The most that a frame is moved, as a share of the picture."""

_REPEATED = 0.2
"""A frame is a repetition if it differs from the one before by less than this share of what is usual."""

_STOPPED, _OFTEN = 0.1, 0.1
"""A frame has not moved if its step is less than this share of the usual ones; gates stop for one frame in
a hundred, films with repeated frames for every second to tenth."""

_STRANGE = 3
"""So many frames in a row that are unlike those before are a flash or a torn frame; more, another scene."""

_FAR = 1e4
"""Pixels to the place of another scene: a jolt, whatever the shot does."""

_JOLT = 8.0
"""A step is a jolt from so many times the median step on: noise takes none of four in a million frames."""


class WeaveObserver:
    """Sees a shot's reduced pictures in order, and says at the end how they weave."""

    def __init__(self) -> None:
        self._last: deque[tuple[Seen, tuple[float, float]]] = deque(maxlen=max(LAGS))
        self._strange = 0
        self._looks: list[_GateLook] = []
        self._size = (1, 1)
        self._rows = Border.nothing()
        self._columns = Border.nothing()

    def see(self, picture: Picture) -> None:
        """The shot's next picture."""
        y = picture.y
        if min(y.shape) < SMALLEST:
            return
        new = seen(y)
        self._size = (y.shape[0], y.shape[1])
        self._rows, self._columns = self._rows.with_one(y, 1), self._columns.with_one(y, 0)
        look = self._laid(new) if self._last else _GateLook((0.0, 0.0), 0.0, 1.0, np.inf)
        self._strange = self._strange + 1 if look.alike < ALIKE else 0
        if self._strange > _STRANGE:  # another scene, far from all before it
            self._last.clear()
            self._strange, look = 0, _GateLook((look.place[0] + _FAR, 0.0), 0.0, 1.0, np.inf)
        if not self._strange:
            self._last.append((new, look.place))
        self._looks.append(look)

    def _laid(self, new: Seen) -> _GateLook:
        """Where the new picture lies by those before it that were no strangers to theirs."""
        said: list[tuple[float, float]] = []
        for old, (down, right) in (self._last[-lag] for lag in LAGS if lag <= len(self._last)):
            guess = (said[0][0] - down, said[0][1] - right) if said else rough_shift(old, new)
            moved = shift(old, new, guess)
            said.append((down + moved[0], right + moved[1]))
        places = np.array(said)
        down, right = (float(value) for value in np.median(places, 0))
        doubt = float(np.abs(places - (down, right)).mean(0).max())
        old, before = self._last[-1]
        alike = likeness(old, new, (down - before[0], right - before[1]))
        return _GateLook((down, right), doubt, alike, float(np.abs(new.soft - old.soft).mean()))

    def result(self) -> Weave | None:
        """How far each frame lies from its place; None where the gate stands still, or nothing is sure."""
        distinct = _distinct(self._looks)
        looks = [look for look, own in zip(self._looks, distinct, strict=True) if own]
        path = np.array([look.place for look in looks])
        pieces = _pieces(path, np.array([look.alike >= ALIKE for look in looks], np.bool_))
        longest = max(pieces, key=len) if pieces else np.arange(0)
        if len(longest) < FEWEST or not _weaves(path[longest], [looks[frame] for frame in longest]):
            return None
        away = np.zeros_like(path)
        for piece in pieces:
            if len(piece) >= FEWEST:
                away[piece] = unrest(path[piece])
        shares = np.clip(away / np.array(self._size), -_MOST_MOVED, _MOST_MOVED)
        every = shares[np.cumsum(distinct) - 1]  # a repeated frame lies where its twin does
        down, right = (tuple(round(float(each), 6) for each in side) for side in every.T)
        return Weave(down, right, (*self._rows.bars(), *self._columns.bars()))


@dataclass(frozen=True, slots=True)
class _GateLook:
    """What was seen of a frame.

    place   down and right, in pixels
    doubt   how far the comparisons disagree on it, in pixels
    alike   correlation with the frame before (that was no stranger itself), once in its place
    change  mean difference from the frame before as both lie, in nominal luma
    """

    place: tuple[float, float]
    doubt: float
    alike: float
    change: float


def _distinct(looks: Sequence[_GateLook]) -> NDArray[np.bool_]:
    """Which frames are no repetitions of those before: films printed or filmed at another rate have them.

    Repetitions differ too little from the frame before; or, under grain, many frames do not move at all.
    """
    result = np.ones(len(looks), np.bool_)
    if len(looks) < FEWEST:
        return result
    changes = np.array([look.change for look in looks[1:]])
    steps = _steps(np.array([look.place for look in looks]))
    result[1:] = changes > _REPEATED * np.percentile(changes, 75)
    stopped = steps < _STOPPED * np.percentile(steps, 75)
    if stopped.mean() > _OFTEN:
        result[1:] &= ~stopped
    return result


def _steps(path: Path) -> Path:
    """How far it is from frame to frame."""
    return np.sqrt((np.diff(path, axis=0) ** 2).sum(1))


def _pieces(path: Path, known: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """The frames of a path whose place is `known`, in pieces without jolts (a camera that is set anew)."""
    frames = np.flatnonzero(known)
    if len(frames) < 2:
        return []
    steps = _steps(path[frames])
    return np.split(frames, np.flatnonzero(steps > _JOLT * np.median(steps)) + 1)


def _weaves(path: Path, looks: Sequence[_GateLook]) -> bool:
    """Whether the frames of a path without jolts jump by themselves, and surely so."""
    jumps, still = jumping(path), bool(is_level(path).all())
    if jumps < WEAVES or jumpy(path) < (JUMPY_STILL if still else JUMPY):
        return False
    return float(np.mean([look.doubt for look in looks])) <= SURE * jumps
