"""Whether a vertical line moves with the picture next to it, like a pole, or independently, like a scratch.

Poles, cables and trunks move with their surroundings, or faster or slower, but correlated with them. A
scratch keeps its position while the picture moves, or sways while the picture is static. If neither moves,
the two cannot be distinguished. After Newson, Almansa, Gousseau, Perez, Robust automatic line scratch
detection in films (2014), who also recognize scratches by their motion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float32]
    Moves = NDArray[np.float64]
    Column = NDArray[np.intp]

APART = 1.15
"""The least ratio of the square errors of the picture on each side of a line, if the picture moves with the
line and if it moves independently, as the geometric mean over the bands."""

TOGETHER = 0.5
"""The largest correlation of the motion of a scratch with that of the picture next to it: trunks and cables
that pass in front of a background had 0.6 to 1, scratches up to 0.45."""

JUMPS = 0.4
"""Columns by which the picture moves from frame to frame (root mean square) from which on it is enough that a
line does not move with it."""

LONG, TURNS = 24, 2
"""If the picture moves less: the least frames that a line is followed, and how often it must change
direction. A cable may swing once."""

_STANDS = 0.2
"""A line that moves by no more than this share of the picture's motion counts as still."""

_LAGS = (1, 4)
"""Distances in frames over which the motion of line and picture is compared: longer ones give too few
independent values, and cables swing. Of short lines only neighbors are compared."""

_COMPARED = 24
"""About how many pairs of frames are compared for each lag."""

_LEAST = 0.01
"""Square error in code values that is added to both: black fits black wherever it moves."""

_FURTHEST = 8
_ASIDE = np.concatenate([[0.0], np.arange(-_FURTHEST, _FURTHEST + 0.5, 0.5)])
"""The motions of the picture relative to the line that are tried, in columns."""


@dataclass(frozen=True)
class _Pairs:
    """Pairs of frames: the motion of line and picture in columns, and the errors of the picture.

    The square errors are those of a picture that moves with the line, and of one that moves independently, on
    both sides of the line and in each band: [pairs, 2, bands].
    """

    line: Moves
    picture: Moves
    with_line: Moves
    by_itself: Moves

    @property
    def apart(self) -> float:
        """The ratio of the two errors, on the side where it is smaller.

        Every band has the same weight whatever its contrast: a person in a few bands has no influence.
        """
        worse = (self.with_line.sum(0) + _LEAST) / (self.by_itself.sum(0) + _LEAST)
        return float(np.exp(np.log(worse).mean(1)).min())

    @property
    def in_step(self) -> float:
        """The correlation of both motions about zero; 0 for a line that is nearly still."""
        line, picture = _size(self.line), _size(self.picture)
        if line <= _STANDS * picture or not picture:
            return 0.0
        return float((self.line * self.picture).mean()) / (line * picture)


def moves_by_itself(soft: Values, places: Values, side: int) -> bool:
    """Whether the motion of a line is that of a scratch.

    soft    the frames' means [frames, bands, width] in code values, `softened`
    places  the line's middle in each frame (`centers`)
    side    columns from there to the picture next to it
    """
    lags = _LAGS if len(places) >= LONG else _LAGS[:1]
    pairs = [_compared(soft, places, side, lag) for lag in lags]
    if max(each.apart for each in pairs) < APART or max(each.in_step for each in pairs) > TOGETHER:
        return False
    return _size(pairs[0].picture) >= JUMPS or (len(places) >= LONG and _turns(places) >= TURNS)


def softened(strips: Values, side: int) -> Values:
    """Means [frames, bands, width] blurred along the rows, so that grain has less weight."""
    frames, bands, width = strips.shape
    rows = strips.reshape(frames * bands, width)
    return np.asarray(cv2.GaussianBlur(rows, (0, 0), side / 3, sigmaY=1e-3), np.float32).reshape(
        frames, bands, width
    )


def _compared(soft: Values, places: Values, side: int, lag: int) -> _Pairs:
    """Pairs of frames with this distance, compared on both sides of the line."""
    width, count = soft.shape[2], len(places) - lag
    wide, step = max(6 * side, width // 8), max(1, side // 4)
    right = np.arange(2 * side + 1, wide + 1, step)
    around = np.concatenate([-right[::-1], right])
    moves: list[tuple[float, float]] = []
    fits: list[tuple[Moves, Moves]] = []
    for frame in range(0, count, max(1, count // _COMPARED)):
        move = float(places[frame + lag] - places[frame])
        one = _at(soft[frame], places[frame] + around[None])
        other = _at(soft[frame + lag], places[frame] + around + (move + _ASIDE)[:, None])
        squares = ((one - other) ** 2).reshape(*other.shape[:2], 2, len(right))
        errors = squares.mean(3).transpose(1, 2, 0)  # [motions, sides, bands]
        best = int(errors.mean((1, 2)).argmin())
        moves.append((move, move + float(_ASIDE[best])))
        fits.append((errors[0], errors[best]))
    return _Pairs(*np.array(moves).T, *np.stack(fits, 1))


def centers(strips: Values, columns: Column, sign: int, side: int) -> Values:
    """The middle of a line in each of its frames, in fractions of columns."""
    offsets = np.arange(-side, side + 1)
    places = np.clip(columns[:, None] + offsets, 0, strips.shape[2] - 1)
    profile = np.take_along_axis(strips.mean(1), places, 1)
    share = (offsets + side) / (2 * side)
    ground = profile[:, :2].mean(1, keepdims=True) * (1 - share)
    ground = ground + profile[:, -2:].mean(1, keepdims=True) * share
    over = np.clip(sign * (profile - ground), 0, None) + 1e-6
    return np.asarray(columns + (over * offsets).sum(1) / over.sum(1), np.float32)


def _at(strip: Values, columns: Values) -> Values:
    """Values of bands [bands, moves, n] at fractions of columns [moves, n], minus their mean on each side.

    Columns outside repeat the border.
    """
    whole = np.clip(np.floor(columns).astype(np.intp), 0, strip.shape[1] - 2)
    part = np.clip(columns - whole, 0, 1).astype(np.float32)
    found = strip[:, whole] * (1 - part) + strip[:, whole + 1] * part
    halves = found.reshape(*found.shape[:2], 2, -1)
    return (halves - halves.mean(3, keepdims=True)).reshape(found.shape)


def _turns(places: Values) -> int:
    """How often a line changes direction by a column and more."""
    turns, way = 0, 0
    low = high = float(places[0])
    for place in map(float, places):
        low, high = min(low, place), max(high, place)
        down, up = way >= 0 and high - place >= 1, way <= 0 and place - low >= 1
        if down or up:
            turns += way != 0
            way, low, high = 1 if up else -1, place, place
    return turns


def _size(moves: Moves) -> float:
    return float(np.sqrt((moves**2).mean()))
