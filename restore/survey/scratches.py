"""Which upright lines of a shot are scratches, and in which column does each frame have them?

A frame's luma averaged over bands of rows shows what stands upright in it. A line that is thin, of one sign
in nearly all bands, and followed from frame to frame is a scratch if it stays in its place while the picture
beside it moves, or moves while that stays: poles, cables and door posts move with what is around them.
After Newson, Almansa, Gousseau, Perez, Robust automatic line scratch detection in films (2014), who tell
scratches by their motion, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import cv2
import numpy as np

from restore.media.decode import read_strips
from restore.stages.descratch import reach
from restore.survey.bars import Border
from restore.survey.film import Scratch, Shot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from restore.media.probe import Source
    from restore.timing import FrameTable

    Strip = NDArray[np.uint8]
    Values = NDArray[np.float32]
    Column = NDArray[np.intp]

BANDS = 24
"""Rows of a strip: bands of the frame whose mean luma is kept, at the film's full width."""

PIECE = 192
"""The most frames of a shot that are looked at in one: eight seconds. Longer shots are cut."""

FEWEST = 8
"""Frames that a line must be followed through."""

SMALLEST = 64
"""Columns of a picture in which lines can be told apart."""

STANDS_OUT = 1.5
"""By how many code values a band's mean counts in full as lighter or darker than both its sides."""

ONE_SIGN = 0.35
"""The mean over the bands (-1: all darker, 1: all lighter) from which on a column is part of a line."""

_ENOUGH = 3.0
"""What a line's frames must have above ONE_SIGN in all."""

_SIDEWAYS = 0.04
"""What a step by one column costs, in units of ONE_SIGN."""

EVERYWHERE = 0.3
"""The least mean over the frames that all bands but an eighth must have: scratches go from top to bottom."""

_BLACK, _WHITE = 24, 225
"""Code values beyond which a line has no room to stand out."""

APART = 1.2
"""How much worse (square error) the picture beside a line fits if it is said to move with it than if it may
move by itself. Scratches that two codes made had 1.3 to 5; what reaches from top to bottom in 35 clips and
keeps its place among its surroundings, to 1.16."""

TOGETHER = 0.6
"""The most that the moves of a line may correlate with those of the picture beside it: trunks and cables
that pass before a background had 0.7 to 1, scratches to 0.45."""

_STANDS = 0.2
"""A line that moves by no more than this share of what the picture does stands: what is left is error."""

_LAGS = (1, 4)
"""Frames between those in which a line and the picture beside it are compared: over longer times there are
too few moves that say anything new, and cables swing."""

_COMPARED = 24
"""About how many pairs of frames are compared for each lag."""

_FURTHEST = 8
_MOVES = np.concatenate([[0.0], np.arange(-_FURTHEST, _FURTHEST + 0.5, 0.5)])
"""By how many columns the picture beside a line may move beside it."""

_RIM = 0.03
"""Share of the width at either side of the picture whose lines are the gate's edges."""

_MOST = 12
"""Lines that are looked for in one piece."""


def scratched(
    source: Source,
    frames: FrameTable,
    shots: Sequence[Shot],
    tell: Callable[[int], None] = lambda count: None,
) -> tuple[Shot, ...]:
    """Consecutive shots of the surveyed `frames` with their scratches, for which they are decoded once more.

    `tell` hears how many frames are done.
    """
    stamps = frames.pts[shots[0].span.start], frames.pts[shots[-1].span.stop - 1] + 1
    strips = iter(read_strips(source, BANDS, stamps))
    found: list[Shot] = []
    for shot in shots:
        look = Scratches()
        for number, strip in enumerate(islice(strips, len(shot.span)), shot.span.start + 1):
            if shot.content != "black":
                look.see(strip.y)
            tell(number)
        found.append(replace(shot, scratches=look.found()))
    return tuple(found)


class Scratches:
    """Sees a shot's strips, one after the other, and says in the end which scratches they show."""

    def __init__(self) -> None:
        self._piece: list[Strip] = []
        self._first = 0
        self._found: list[Scratch] = []

    def see(self, strip: Strip) -> None:
        """The shot's next strip [bands, width]: means of the frame's luma, uint8, limited range."""
        if len(self._piece) == PIECE:
            self._look()
        self._piece.append(strip)

    def found(self) -> tuple[Scratch, ...]:
        """All of them, in the order in which they begin (as far as pieces go)."""
        self._look()
        return tuple(self._found)

    def _look(self) -> None:
        if len(self._piece) >= FEWEST and _is_whole(self._piece[0]):
            self._found += _scratches(np.stack(self._piece), self._first)
        self._first += len(self._piece)
        self._piece = []


def _is_whole(strip: Strip) -> bool:
    """Whether a picture is large enough to tell a line from chance."""
    return strip.shape[0] >= BANDS and strip.shape[1] >= SMALLEST


@dataclass(frozen=True)
class _Line:
    """A line that was followed: its first frame, its column in each, its sign, how sure it is in all."""

    first: int
    columns: Column
    sign: int
    weight: float


def _scratches(strips: Strip, first: int) -> list[Scratch]:
    """The scratches in strips [frames, bands, width] of a shot from its frame number `first` on."""
    values = strips.astype(np.float32)
    width = values.shape[2]
    side = reach(width)
    out = np.clip(_standing_out(values, side) / STANDS_OUT, -1, 1)
    bound = _rims(strips)
    mean = out.mean(1)
    left = {sign: sign * mean - ONE_SIGN for sign in (1, -1)}
    found: list[Scratch] = []
    for _ in range(_MOST):
        line = max((_followed(left[sign], sign) for sign in left), key=lambda each: each.weight)
        if line.weight < _ENOUGH or len(line.columns) < FEWEST:
            break
        inside = bound[0] <= line.columns.min() and line.columns.max() < bound[1]
        if inside and _everywhere(values, out, line) and _apart(values, line, side):
            found.append(Scratch(first + line.first, tuple(int(each) for each in line.columns)))
        for frame, column in enumerate(line.columns, line.first):
            for rest in left.values():
                rest[frame, max(0, column - 2 * side) : column + 2 * side + 1] = -1
    return sorted(found, key=lambda each: (each.first, each.columns))


def _rims(strips: Strip) -> tuple[float, float]:
    """The first column inside the picture, and the first beyond it, without its rims."""
    border = Border.nothing()
    for strip in strips:
        border = border.with_one(strip, 0)
    bars = border.bars()
    width = strips.shape[2]
    return (bars[0] + _RIM) * width, (1 - bars[1] - _RIM) * width


def _standing_out(values: Values, side: int) -> Values:
    """By how much each column is lighter (or darker: below 0) than both its sides; 0 where between them."""
    middle = (_beside(values, -1) + 2 * values + _beside(values, 1)) / 4
    before = middle - (_beside(values, -side) + _beside(values, 1 - side)) / 2
    behind = middle - (_beside(values, side) + _beside(values, side - 1)) / 2
    least = np.sign(before) * np.minimum(np.abs(before), np.abs(behind))
    return np.where(before * behind > 0, least, np.float32(0))


def _beside(values: Values, by: int) -> Values:
    """What lies so many columns to the right; the border repeats."""
    width = values.shape[-1]
    return values[..., np.clip(np.arange(width) + by, 0, width - 1)]


def _followed(score: Values, sign: int) -> _Line:
    """The path from frame to frame with the greatest sum of scores [frames, width].

    It may begin and end in any frame; it steps sideways by a three-hundredth of the width at most. Dynamic
    programming, as Smith and Waterman (1981) align sequences.
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


def _everywhere(values: Values, out: Values, line: _Line) -> bool:
    """Whether the line shows over its frames in all bands but an eighth, where there is room for it.

    A light line does not show on white, nor a dark one on black.
    """
    frames = np.arange(line.first, line.first + len(line.columns))
    near = np.stack([line.sign * out[frames, :, line.columns + by] for by in (-1, 0, 1)])
    ground = values[frames, :, line.columns].mean(0)
    room = ground < _WHITE if line.sign > 0 else ground > _BLACK
    if room.sum() < BANDS / 2:
        return False
    bands = near.max(0).mean(0)[room]
    return float(np.percentile(bands, 100 / 8)) >= EVERYWHERE


def _apart(values: Values, line: _Line, side: int) -> bool:
    """Whether the picture on both sides of a line moves by itself, as a scratch's does."""
    width = values.shape[2]
    wide = max(6 * side, width // 8)
    offsets = np.concatenate([np.arange(-wide, -2 * side), np.arange(2 * side + 1, wide + 1)])
    strips = values[line.first : line.first + len(line.columns)]
    places = _centers(strips, line, side)
    soft = np.stack([cv2.GaussianBlur(strip, (0, 0), side / 3, sigmaY=1e-3) for strip in strips])
    apart, together = 0.0, -1.0
    for lag in _LAGS:
        by_line, with_it, by_itself, aside = _compared(soft, places, offsets, lag).T
        apart = max(apart, float(with_it.sum() / max(by_itself.sum(), 1e-9)))
        together = max(together, _in_step(by_line, by_line + aside))
    return apart >= APART and together <= TOGETHER


def _in_step(line: NDArray[np.float64], picture: NDArray[np.float64]) -> float:
    """The correlation of their moves, whose mean is no motion; 0 for a line that as good as stands."""
    sizes = [float(np.sqrt((moves**2).mean())) for moves in (line, picture)]
    if sizes[0] <= _STANDS * sizes[1] or not sizes[1]:
        return 0.0
    return float((line * picture).mean()) / (sizes[0] * sizes[1])


def _compared(soft: Values, places: Values, offsets: Column, lag: int) -> NDArray[np.float64]:
    """Pairs of frames, a row each: how far the line moves, how well the picture fits, and its own move.

    The fits are square errors, with the line and by itself; the move is beside the line's.
    """
    width, count = soft.shape[2], len(places) - lag
    rows: list[tuple[float, float, float, float]] = []
    for frame in range(0, count, max(1, count // _COMPARED)):
        columns = places[frame] + offsets
        columns = columns[(columns >= _FURTHEST) & (columns < width - _FURTHEST)]
        move = float(places[frame + lag] - places[frame])
        one = _at(soft[frame], columns[None])
        other = _at(soft[frame + lag], columns + (move + _MOVES)[:, None])
        errors = ((one - other) ** 2).mean((0, 2))
        best = int(errors.argmin())
        rows.append((move, float(errors[0]), float(errors[best]), float(_MOVES[best])))
    return np.array(rows)


def _centers(strips: Values, line: _Line, side: int) -> Values:
    """Where a line's middle is in each of its strips, in fractions of columns."""
    offsets = np.arange(-side, side + 1)
    places = np.clip(line.columns[:, None] + offsets, 0, strips.shape[2] - 1)
    profile = np.take_along_axis(strips.mean(1), places, 1)
    share = (offsets + side) / (2 * side)
    ground = profile[:, :2].mean(1, keepdims=True) * (1 - share)
    ground = ground + profile[:, -2:].mean(1, keepdims=True) * share
    over = np.clip(line.sign * (profile - ground), 0, None) + 1e-6
    return np.asarray(line.columns + (over * offsets).sum(1) / over.sum(1), np.float32)


def _at(strip: Values, columns: Values) -> Values:
    """A strip's values [bands, moves, n] at fractions of columns [moves, n], each band less its mean."""
    whole = np.clip(np.floor(columns).astype(np.intp), 0, strip.shape[1] - 2)
    part = (columns - whole).astype(np.float32)
    found = strip[:, whole] * (1 - part) + strip[:, whole + 1] * part
    return found - found.mean(2, keepdims=True)
