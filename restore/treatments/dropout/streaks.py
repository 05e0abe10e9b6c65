"""Dropouts in a frame: streaks along a few lines that are in no neighboring frame.

A streak differs from the rows above and below it along many columns, and neither the frame before nor the one
after has a similar line nearby. Rows at a distance of two are compared: they belong to the same field, and a
streak that a codec or a deinterlacer spread over three rows has its full height in the middle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float32]
    Marks = NDArray[np.bool_]

APART = 2
"""Rows between a streak's middle and the rows that it is compared with."""

TALLEST = 4
"""The most rows of a streak: a line of one field after deinterlacing and compression."""

_TAIL = 0.03
"""The least difference of a streak's fading end from its surroundings, nominal: 7 code values."""

_EDGE = 0.25
"""The least difference of a streak's first and last row, as a share of that of its middle."""

_ROWS, _COLUMNS = 6, 24
"""How far lines of neighboring frames are searched: rows and columns."""

_SOFT = 11
"""Columns over which differences are averaged."""

_AROUND = 12
"""Rows above and below a streak whose differences are compared with it."""


@dataclass(frozen=True, slots=True)
class Care:
    """How certain a streak must be.

    stands_out  the least difference of its core from the rows above and below, nominal
    shortest    the least length of its core, as a share of the width, and in columns
    fresh       it stands out so many times as much as any line near it in the neighboring frames
    alone       it stands out so many times as much as the rows above and below do on average
    still       the largest difference of the rows next to it between the frames, as a share of its own
    even        the largest difference between the row above and the row below, as a share of its own
    """

    stands_out: float
    shortest: tuple[float, int]
    fresh: float
    alone: float
    still: float
    even: float


CERTAIN = Care(0.07, (1 / 64, 10), 2.5, 3.0, 0.5, 0.4)
"""For the decision whether a shot has dropouts at all. In 35 clean clips it finds at most 4 streaks in
62 frames (in 30 of them none), in the first 120 frames of six old films at most 6."""

KNOWN = Care(0.05, (1 / 100, 7), 0.7, 2.5, 99, 0.8)
"""For a shot that has dropouts: the fill decides, which compares with the moved neighboring frames."""


@dataclass(frozen=True, slots=True)
class Streak:
    """Columns `start` to `stop` (exclusive) of `rows` rows from `row` on."""

    row: int
    rows: int
    start: int
    stop: int


def streaks(frames: Sequence[Values], place: int, care: Care) -> list[Streak]:
    """The dropouts in frame number `place` of these consecutive frames [H, W], nominal luma.

    Its neighbors are the frames before and after; without any, nothing can be found.
    """
    near = [frames[k] for k in (place - 1, place + 1) if 0 <= k < len(frames)]
    height, width = frames[place].shape
    if not near or height < 8 * APART or width < 8 * _SOFT:
        return []
    found = [
        streak
        for sign in (1.0, -1.0)
        for streak in _lighter(sign * frames[place], [sign * each for each in near], care)
        if _in_place(streak, frames[place], near, care)
    ]
    return sorted(found, key=lambda each: (each.row, each.start))


def standing_out(plane: Values) -> Values:
    """How much lighter a few columns of a row are than those above and below at a distance of APART, or 0.

    Means over columns are compared, so that texture matters less. The outermost rows, which have no rows on
    both sides, do not stand out.
    """
    soft = np.asarray(cv2.blur(plane, (_SOFT, 1)), np.float32)
    over = np.zeros_like(soft)
    neighbors = np.maximum(soft[: -2 * APART], soft[2 * APART :])
    over[APART:-APART] = np.maximum(soft[APART:-APART] - neighbors, 0)
    return over


def _lighter(now: Values, near: Sequence[Values], care: Care) -> Iterator[Streak]:
    """Lines that are lighter than their surroundings, in this frame alone."""
    over = standing_out(now)
    share, least = care.shortest
    shortest = max(least, round(share * now.shape[1]))
    core = _long(over >= care.stands_out, shortest)
    if not core.any():
        return
    fresh = _fresh(over, near, care)
    core = _long(core & fresh & (over >= care.alone * _around(over)), shortest)
    weak = _long((over >= _TAIL) & fresh, 3)
    marks = (core | weak).view(np.uint8)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(marks, connectivity=8)
    for label in sorted(set(labels[core].tolist()) & set(range(1, count))):
        left, top, width, height, _ = (int(each) for each in boxes[label])
        if height <= TALLEST:
            yield _with_edges(Streak(top, height, left, left + width), now)


def _with_edges(streak: Streak, now: Values) -> Streak:
    """The streak with the rows next to it, if these are lighter than the rows beyond as well.

    A streak of three rows stands out at its middle row only.
    """
    columns = slice(streak.start, streak.stop)
    first, last = streak.row, streak.row + streak.rows - 1
    if streak.rows > 2 or first < APART or last + APART >= len(now):
        return streak
    one, other = (float(now[row, columns].mean()) for row in (first - APART, last + APART))
    least = max(_TAIL, _EDGE * (float(now[first, columns].mean()) - (one + other) / 2))
    above = float(now[first - 1, columns].mean()) - one >= least
    below = float(now[last + 1, columns].mean()) - other >= least
    return replace(streak, row=first - above, rows=streak.rows + above + below)


def _fresh(over: Values, near: Sequence[Values], care: Care) -> Marks:
    """Where a line stands out more than all lines near it in the neighboring frames."""
    window = np.ones((2 * _ROWS + 1, 2 * _COLUMNS + 1), np.uint8)
    lines = np.maximum.reduce([standing_out(each) for each in near])
    return np.asarray(over >= care.fresh * cv2.dilate(lines, window), np.bool_)


def _around(over: Values) -> Values:
    """The mean difference of the rows above and below each pixel, without the streak itself."""
    side, own = 2 * _AROUND + 1, 2 * APART + 1
    wide = cv2.blur(over, (2 * _COLUMNS + 1, side)) * side
    inner = cv2.blur(over, (2 * _COLUMNS + 1, own)) * own
    return np.asarray(np.maximum(wide - inner, 0) / (side - own), np.float32)


def _long(marks: Marks, shortest: int) -> Marks:
    """The marks in runs along the rows of at least this length; gaps of two columns are closed."""
    closed = cv2.morphologyEx(marks.view(np.uint8), cv2.MORPH_CLOSE, np.ones((1, 3), np.uint8))
    runs = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((1, shortest), np.uint8))
    return runs.astype(np.bool_)


def _in_place(streak: Streak, now: Values, near: Sequence[Values], care: Care) -> bool:
    """Whether the picture above and below a streak is alike, and as in the neighboring frames.

    Where the picture itself changes fast, a line that is seen only once may belong to it.
    """
    height = len(now)
    columns = slice(streak.start, streak.stop)
    above, below = max(0, streak.row - APART), min(height - 1, streak.row + streak.rows + 1)
    one, other = now[above, columns], now[below, columns]
    depth = float(
        np.abs(now[streak.row : streak.row + streak.rows, columns] - (one + other) / 2)
        .max(0)
        .mean()
    )
    if float(np.abs(one - other).mean()) > care.even * depth:
        return False
    rows = [r for r in (above - 1, above, below, below + 1) if 0 <= r < height]
    moved = max(float(np.abs(now[rows, columns] - each[rows, columns]).mean()) for each in near)
    return moved <= care.still * depth
