"""Measures gate weave: whether a shot weaves, and the offset of each frame from its corrected position.

Each frame is registered to the one before and to a few further back; its place is the median of the
results, so that errors do not accumulate. The smooth part of the frames' path is camera motion, the part that
jumps from frame to frame is gate weave.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from restore.treatments.measure import SurveyFrame
from restore.treatments.measuring.bars import Border
from restore.treatments.measuring.jitter import FEWEST, is_level, jitter, jump_share, jump_size
from restore.treatments.measuring.registration import (
    PreparedFrame,
    likeness,
    prepared,
    rough_shift,
    shift,
)
from restore.treatments.stabilize.weave import Weave

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Path = NDArray[np.float64]

LAGS = (1, 2, 4, 8)
"""Distances in frames over which a frame is registered."""

WEAVES = 0.13
"""The least jump of the frames (root mean square of most of them) of a shot that weaves, in pixels of the
reduced frame: a two-thousandth of its width.

Chosen on the training clips, as they are and with a weave of 0.6 pixels of 480 columns: handheld cameras
gave up to 0.13 (larger values were not certain, or did not jump), shots with weave from 0.26.
"""

JUMP_SHARE = 0.5
"""The least share of the jitter that must jump from frame to frame: hands sway (up to 0.47 of what exceeded
WEAVES), gates jump (from 0.51, on a handheld camera)."""

JUMP_SHARE_STILL = 0.35
"""The same if the camera itself is still: gates also drift slowly."""

SURE = 0.6
"""The largest disagreement of the registrations over several distances, as a share of the jumps."""

ALIKE = 0.5
"""The least correlation of a frame with the one before it: noise cannot be registered."""

SMALLEST = 32
"""The least rows and columns of a frame that can be registered."""

_MOST_MOVED = 0.03
"""The largest distance that a frame is moved, as a share of its size."""

_REPEATED = 0.2
"""A frame is a repetition if it differs from the one before by less than this share of the usual
difference."""

_STOPPED, _OFTEN = 0.1, 0.1
"""A frame has not moved if its step is less than this share of the usual ones; gates stop for one frame in
a hundred, films with repeated frames for every second to tenth."""

_STRANGE = 3
"""Up to so many consecutive frames that are unlike those before are a flash or a torn frame; more are
another scene."""

_FAR = 1e4
"""Distance in pixels that represents another scene: larger than any motion within a shot."""

_JOLT = 8.0
"""A step of so many times the median step is a jolt; of noise, four in a million steps are as large."""


class WeaveObserver:
    """Takes the reduced frames of a shot in order; returns the weave at its end."""

    def __init__(self) -> None:
        self._last: deque[tuple[PreparedFrame, tuple[float, float]]] = deque(maxlen=max(LAGS))
        self._strange = 0
        self._registrations: list[_Registration] = []
        self._size = (1, 1)
        self._rows = Border.empty()
        self._columns = Border.empty()

    def see(self, frame: SurveyFrame) -> None:
        """The shot's next frame."""
        y = frame.y
        if min(y.shape) < SMALLEST:
            return
        new = prepared(y)
        self._size = (y.shape[0], y.shape[1])
        self._rows, self._columns = self._rows.with_one(y, 1), self._columns.with_one(y, 0)
        found = self._registered(new) if self._last else _Registration((0.0, 0.0), 0.0, 1.0, np.inf)
        self._strange = self._strange + 1 if found.alike < ALIKE else 0
        if self._strange > _STRANGE:  # another scene, far from all before it
            self._last.clear()
            self._strange, found = 0, _Registration((found.place[0] + _FAR, 0.0), 0.0, 1.0, np.inf)
        if not self._strange:
            self._last.append((new, found.place))
        self._registrations.append(found)

    def _registered(self, new: PreparedFrame) -> _Registration:
        """The position of a new frame, by registration to earlier frames of the same scene."""
        estimates: list[tuple[float, float]] = []
        for old, (down, right) in (self._last[-lag] for lag in LAGS if lag <= len(self._last)):
            guess = (
                (estimates[0][0] - down, estimates[0][1] - right)
                if estimates
                else rough_shift(old, new)
            )
            moved = shift(old, new, guess)
            estimates.append((down + moved[0], right + moved[1]))
        places = np.array(estimates)
        down, right = (float(value) for value in np.median(places, 0))
        doubt = float(np.abs(places - (down, right)).mean(0).max())
        old, before = self._last[-1]
        alike = likeness(old, new, (down - before[0], right - before[1]))
        return _Registration((down, right), doubt, alike, float(np.abs(new.soft - old.soft).mean()))

    def result(self) -> Weave | None:
        """The offset of each frame; None if the gate is steady, or if the measure is not certain."""
        distinct = _distinct(self._registrations)
        registrations = [
            found for found, own in zip(self._registrations, distinct, strict=True) if own
        ]
        path = np.array([found.place for found in registrations])
        pieces = _pieces(
            path, np.array([found.alike >= ALIKE for found in registrations], np.bool_)
        )
        longest = max(pieces, key=len) if pieces else np.arange(0)
        if len(longest) < FEWEST or not _weaves(
            path[longest], [registrations[frame] for frame in longest]
        ):
            return None
        away = np.zeros_like(path)
        for piece in pieces:
            if len(piece) >= FEWEST:
                away[piece] = jitter(path[piece])
        shares = np.clip(away / np.array(self._size), -_MOST_MOVED, _MOST_MOVED)
        every = shares[
            np.cumsum(distinct) - 1
        ]  # a repeated frame has the position of the frame that it repeats
        down, right = (tuple(round(float(each), 6) for each in side) for side in every.T)
        return Weave(down, right, (*self._rows.bars(), *self._columns.bars()))


@dataclass(frozen=True, slots=True)
class _Registration:
    """The registration of a frame.

    place   down and right, in pixels
    doubt   disagreement of the registrations over several distances, in pixels
    alike   correlation with the frame before (or the last one that was not strange), after registration
    change  mean difference from the frame before without registration, in nominal luma
    """

    place: tuple[float, float]
    doubt: float
    alike: float
    change: float


def _distinct(registrations: Sequence[_Registration]) -> NDArray[np.bool_]:
    """The frames that do not repeat those before; films printed or shot at another rate have repetitions.

    Repetitions differ too little from the frame before; or, under grain, many frames do not move at all.
    """
    result = np.ones(len(registrations), np.bool_)
    if len(registrations) < FEWEST:
        return result
    changes = np.array([found.change for found in registrations[1:]])
    steps = _steps(np.array([found.place for found in registrations]))
    result[1:] = changes > _REPEATED * np.percentile(changes, 75)
    stopped = steps < _STOPPED * np.percentile(steps, 75)
    if stopped.mean() > _OFTEN:
        result[1:] &= ~stopped
    return result


def _steps(path: Path) -> Path:
    """The distances from frame to frame."""
    return np.sqrt((np.diff(path, axis=0) ** 2).sum(1))


def _pieces(path: Path, known: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """The frames whose place is `known`, in pieces without jolts (a camera that is moved)."""
    frames = np.flatnonzero(known)
    if len(frames) < 2:
        return []
    steps = _steps(path[frames])
    return np.split(frames, np.flatnonzero(steps > _JOLT * np.median(steps)) + 1)


def _weaves(path: Path, registrations: Sequence[_Registration]) -> bool:
    """Whether the frames of a path without jolts weave, and certainly so."""
    jumps, still = jump_size(path), bool(is_level(path).all())
    if jumps < WEAVES or jump_share(path) < (JUMP_SHARE_STILL if still else JUMP_SHARE):
        return False
    return float(np.mean([found.doubt for found in registrations])) <= SURE * jumps
