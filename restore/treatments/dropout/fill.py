"""The picture under a dropout: from the moved frames before and after, and from the rows next to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from restore.timing import Span, cut_evenly
from restore.treatments.dropout.streaks import Streak

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float32]

_BLOCK = 24
"""Columns that are filled together, and moved together in the neighboring frames."""

_MARGIN = 8
"""Columns on each side of a block that are compared as well."""

_CONTEXT = 3
"""Rows above and below a streak that are compared with the neighboring frames."""

_DOWN, _RIGHT = 2, 12
"""How far the picture may have moved: rows and columns."""

_DIFFERS = (0.03, 2.0)
"""A dropout differs from the neighboring frames by this, nominal, plus this multiple of their error."""

_FLOOR = 0.004
"""Error of a perfect match, nominal: about a code value."""

_OUTLIER = 0.03
"""Distance from the median of the candidates at which a candidate has half its weight."""


def filled(frames: Sequence[Values], place: int, streaks: Sequence[Streak], step: int) -> Values:
    """Frame number `place` of these consecutive frames [H, W] without its streaks.

    `step` is the distance to the next row of the same field: 1 in progressive frames, 2 in interlaced ones.
    """
    result = frames[place].copy()
    near = [frames[k] for k in (place - 1, place + 1) if 0 <= k < len(frames)]
    for streak in streaks:
        for columns in cut_evenly(Span(streak.start, streak.stop), _BLOCK):
            rows = slice(streak.row, streak.row + streak.rows)
            found = _block(frames[place], near, streak, columns, step)
            if found is not None:
                result[rows, columns.start : columns.stop] = found
    return result


def _block(
    now: Values, near: Sequence[Values], streak: Streak, columns: Span, step: int
) -> Values | None:
    """The picture in some columns of a streak: the mean of all candidates, weighted by their errors.

    None if a neighboring frame has the same picture: then it is no dropout.
    """
    damaged = now[streak.row : streak.row + streak.rows, columns.start : columns.stop]
    candidates = [_across(now, streak, columns, step)]
    errors = [float("inf")]
    for other in near:
        candidate, error, by_rows = _moved(now, other, streak, columns, step)
        if float(np.abs(damaged - candidate).mean()) < _DIFFERS[0] + _DIFFERS[1] * error:
            return None
        candidates.append(candidate)
        errors.append(error)
        errors[0] = min(errors[0], by_rows)
    if not np.isfinite(errors[0]):
        return candidates[0]
    stack = np.stack(candidates)
    away = np.abs(stack - np.median(stack, 0))
    weights = 1 / (
        (np.array(errors)[:, None, None] ** 2 + _FLOOR**2) * (1 + (away / _OUTLIER) ** 2)
    )
    return np.asarray((weights * stack).sum(0) / weights.sum(0), np.float32)


def _across(plane: Values, streak: Streak, columns: Span, step: int) -> Values:
    """The rows of a streak as straight lines from the row above to the row below."""
    height = len(plane)
    above, below = streak.row - step, streak.row + streak.rows - 1 + step
    if above < 0 or below >= height:
        row = below if above < 0 else above
        return np.repeat(
            plane[None, min(max(row, 0), height - 1), columns.start : columns.stop], streak.rows, 0
        )
    share = (np.arange(streak.row, streak.row + streak.rows, dtype=np.float32) - above) / (
        below - above
    )
    one, other = (plane[row, columns.start : columns.stop] for row in (above, below))
    return np.asarray(one + share[:, None] * (other - one), np.float32)


def _moved(
    now: Values, other: Values, streak: Streak, columns: Span, step: int
) -> tuple[Values, float, float]:
    """The streak's rows in a neighboring frame, moved so that the rows next to them fit best.

    Returns also the error of that fit, and the error that straight lines across the rows have there.
    """
    height, width = now.shape
    left, right = max(0, columns.start - _MARGIN), min(width, columns.stop + _MARGIN)
    rows = np.array(list(_context(streak, height, step)))
    block = now[rows, left:right]
    best, found = float("inf"), (0, 0)
    for down in range(-_DOWN // step * step, _DOWN + 1, step):
        if rows.min() + down < 0 or rows.max() + down >= height:
            continue
        reach = range(max(-_RIGHT, -left), min(_RIGHT, width - right) + 1)
        line = other[rows + down, left + reach[0] : right + reach[-1]]
        windows = np.lib.stride_tricks.sliding_window_view(line, right - left, 1)
        errors = np.abs(windows - block[:, None]).mean((0, 2))
        aside = int(errors.argmin())
        if errors[aside] < best:
            best, found = float(errors[aside]), (down, reach[aside])
    down, aside = found
    there = Streak(streak.row + down, streak.rows, streak.start + aside, streak.stop + aside)
    inside = Span(columns.start + aside, columns.stop + aside)
    picture = other[there.row : there.row + there.rows, inside.start : inside.stop]
    by_rows = float(np.abs(_across(other, there, inside, step) - picture).mean())
    return picture, best, by_rows


def _context(streak: Streak, height: int, step: int) -> Iterator[int]:
    """The rows above and below a streak, without the one next to it, which a codec may have changed."""
    for by in range(1, _CONTEXT + 1):
        for row in (streak.row - by, streak.row + streak.rows - 1 + by):
            if 0 <= row < height:
                yield row
