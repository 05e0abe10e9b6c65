"""Finds the vertical lines of a shot that are scratches, and their column in each frame.

A frame's luma averaged over bands of rows shows the vertical lines in it. A line that is thin, of one sign
in nearly all bands, and followed from frame to frame is a scratch if it does not move with the picture
(line_motion.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from restore.timing import Span, cut_evenly
from restore.treatments.descratch.line_motion import centers, moves_by_itself, softened
from restore.treatments.descratch.scratch import BANDS, Scratch, Scratches, reach
from restore.treatments.measure import SurveyFrame
from restore.treatments.measuring.bars import Border

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Strip = NDArray[np.uint8]
    Values = NDArray[np.float32]
    Column = NDArray[np.intp]

PIECE = 192
"""The most frames of a shot that are searched together: eight seconds. Longer shots are divided evenly."""

FEWEST = 8
"""The least frames through which a line must be followed."""

SMALLEST = 64
"""The least columns of a frame in which lines can be distinguished."""

STANDS_OUT = 1.5
"""The difference in code values from both sides at which a band has its full weight."""

ONE_SIGN = 0.35
"""The mean weight of the bands (-1: all darker, 1: all lighter) from which on a column is part of a line."""

_ENOUGH = 3.0
"""The least sum of a line's weights above ONE_SIGN over its frames."""

_SIDEWAYS = 0.04
"""The cost of a step by one column, in units of ONE_SIGN."""

EVERYWHERE = 0.3
"""The least mean weight over the frames in seven of eight bands: scratches go from top to bottom."""

_BLACK, _WHITE = 24, 225
"""Code values beyond which a line cannot be darker or lighter than its surroundings."""

_RIM = 0.03
"""Share of the width at each side in which lines are taken for the edges of the gate."""

_MOST = 24
"""The most lines that are examined in one piece."""


class ScratchObserver:
    """Takes the bands of a shot of `count` frames in order; returns the scratches at its end."""

    def __init__(self, count: int) -> None:
        self._ends = {piece.stop for piece in cut_evenly(Span(0, count), PIECE)}
        self._piece: list[Strip] = []
        self._first = 0
        self._found: list[Scratch] = []

    def see(self, frame: SurveyFrame) -> None:
        """The next frame's bands: luma [bands, width], each the mean of the rows of a band."""
        self._piece.append(frame.y)
        if self._first + len(self._piece) in self._ends:
            self._examine()

    def result(self) -> Scratches | None:
        """All scratches, in the order in which they begin within each piece."""
        return Scratches(tuple(self._found)) if self._found else None

    def _examine(self) -> None:
        if len(self._piece) >= FEWEST and _is_large_enough(self._piece[0]):
            self._found += _scratches(np.stack(self._piece), self._first)
        self._first += len(self._piece)
        self._piece = []


def _is_large_enough(strip: Strip) -> bool:
    """Whether a line in a frame of this size can be distinguished from noise."""
    return strip.shape[0] >= BANDS and strip.shape[1] >= SMALLEST


@dataclass(frozen=True)
class _Line:
    """A line that was followed: first frame, column in each frame, sign, sum of its weights."""

    first: int
    columns: Column
    sign: int
    weight: float


def _scratches(strips: Strip, first: int) -> list[Scratch]:
    """The scratches in bands [frames, bands, width] of a shot, beginning with its frame `first`."""
    (top, bottom), (left, right) = (_lit(strips, along) for along in (1, 0))
    values = strips[:, top:bottom].astype(np.float32)
    if not values.size:
        return []
    side = reach(values.shape[2])
    rim = max(side + 1, round(_RIM * values.shape[2]))
    out = np.clip(_standing_out(values, side) / STANDS_OUT, -1, 1)
    soft = softened(values, side)
    found: list[Scratch] = []
    for line in _lines(out.mean(1), side):
        if line.columns.min() < left + rim or line.columns.max() >= right - rim:
            continue
        frames = slice(line.first, line.first + len(line.columns))
        places = centers(values[frames], line.columns, line.sign, side)
        if _everywhere(values, out, line, side) and moves_by_itself(soft[frames], places, side):
            columns = tuple(int(each) for each in line.columns)
            profile = _profile(values[frames], line.columns, line.sign, side)
            found.append(Scratch(first + line.first, columns, profile))
    return sorted(found, key=lambda each: (each.first, each.columns))


def _lit(strips: Strip, along: int) -> tuple[int, int]:
    """The bands (`along` 1) or columns (0) between black bars, as start and stop."""
    border = Border.empty()
    for strip in strips:
        border = border.with_one(strip, along)
    count = strips.shape[2 - along]
    before, behind = (share * count for share in border.bars())
    return math.ceil(before), count - math.ceil(behind)


def _lines(mean: Values, side: int) -> Iterator[_Line]:
    """Thin vertical lines by the mean weights of the bands [frames, width], the clearest first."""
    scores = {sign: sign * mean - ONE_SIGN for sign in (1, -1)}
    best = {sign: _followed(score, sign) for sign, score in scores.items()}
    for _ in range(_MOST):
        line = max(best.values(), key=lambda each: each.weight)
        if line.weight < _ENOUGH or len(line.columns) < FEWEST:
            return
        yield line
        for sign, score in scores.items():
            for frame, column in enumerate(line.columns, line.first):
                score[frame, max(0, column - 2 * side) : column + 2 * side + 1] = -1
            if best[sign].weight >= _ENOUGH:  # the value can only have decreased
                best[sign] = _followed(score, sign)


def _standing_out(values: Values, side: int) -> Values:
    """How much lighter (positive) or darker each column is than both sides; 0 if it is between them."""
    middle = (_shifted(values, -1) + 2 * values + _shifted(values, 1)) / 4
    before = middle - (_shifted(values, -side) + _shifted(values, 1 - side)) / 2
    behind = middle - (_shifted(values, side) + _shifted(values, side - 1)) / 2
    least = np.sign(before) * np.minimum(np.abs(before), np.abs(behind))
    return np.where(before * behind > 0, least, np.float32(0))


def _shifted(values: Values, by: int) -> Values:
    """The values so many columns to the right; the border repeats."""
    width = values.shape[-1]
    return values[..., np.clip(np.arange(width) + by, 0, width - 1)]


def _followed(score: Values, sign: int) -> _Line:
    """The path from frame to frame with the greatest sum of scores [frames, width].

    It may begin and end in any frame and moves by at most a three-hundredth of the width per frame. Dynamic
    programming, like the sequence alignment of Smith and Waterman (1981).
    """
    frames, width = score.shape
    most = max(2, width // 320)
    steps = np.arange(-most, most + 1)
    came = np.zeros((frames, width), np.int8)
    begins = np.ones((frames, width), np.bool_)
    sums = np.empty((frames, width), np.float32)
    before = np.full(width, -np.inf, np.float32)
    padded = np.full(width + 2 * most, -np.inf, np.float32)
    cost = (_SIDEWAYS * np.abs(steps)).astype(np.float32)[:, None]
    for frame in range(frames):
        padded[most : most + width] = before
        ways = np.lib.stride_tricks.sliding_window_view(padded, width) - cost
        best = ways.argmax(0)
        sum_before = ways[best, np.arange(width)]
        begins[frame], came[frame] = sum_before <= 0, steps[best]
        before = score[frame] + np.maximum(sum_before, 0)
        sums[frame] = before
    frame, column = (int(each) for each in np.unravel_index(int(sums.argmax()), sums.shape))
    weight, columns = float(sums[frame, column]), [column]
    while not begins[frame, column]:
        column += int(came[frame, column])
        frame -= 1
        columns.append(column)
    return _Line(frame, np.array(columns[::-1], np.intp), sign, weight)


def _everywhere(values: Values, out: Values, line: _Line, side: int) -> bool:
    """Whether the line is visible over its frames in seven of eight bands in which it can be visible.

    A light line is not visible on white, nor a dark one on black.
    """
    frames = np.arange(line.first, line.first + len(line.columns))
    near = np.stack([line.sign * out[frames, :, line.columns + by] for by in (-1, 0, 1)])
    before, behind = (values[frames, :, line.columns + by].mean(0) for by in (-side, side))
    ground = (before + behind) / 2
    room = ground < _WHITE if line.sign > 0 else ground > _BLACK
    if room.sum() < BANDS / 3:
        return False
    bands = near.max(0).mean(0)[room]
    return float(np.percentile(bands, 100 / 8)) >= EVERYWHERE


def _profile(values: Values, columns: Column, sign: int, side: int) -> tuple[float, ...]:
    """What a line of this sign adds to its columns and those next to it, nominal: medians over all bands."""
    places = columns[:, None] + np.arange(-side, side + 1)
    near = np.take_along_axis(values, places[:, None], 2)
    share = np.linspace(0, 1, 2 * side + 1, dtype=np.float32)
    ground = near[..., :1] * (1 - share) + near[..., -1:] * share
    typical = np.median(near - ground, axis=(0, 1)) / 219
    least, most = (0, 1) if sign > 0 else (-1, 0)
    return tuple(round(float(each), 4) for each in typical.clip(least, most))
