"""When the fields of a film are shown: between the times of its frames, in fine ticks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from restore.timing import FrameTable

FIELD_TICKS = 240
"""Ticks in a unit of the film's time base: halves, 5/4 and 25/24 of frames, thirds of rounded times."""

RATES = tuple(
    Fraction(*pair)
    for pair in ((24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1), (60000, 1001))
)
"""Frame rates of film and video."""

ROUNDED = 2 * FIELD_TICKS
"""By how much rounding to the film's time base can change the length of a run of frames."""

_GAP = 0.3
"""A frame whose duration differs from the usual one by a larger share ends at a gap."""


@dataclass(frozen=True)
class FieldClock:
    """The times of the fields of consecutive frames, in ticks (FIELD_TICKS to a unit of the time base).

    first    the number of the first frame
    starts   when each frame is shown
    lengths  how long each one is shown
    fields   how long both of its fields are shown: less than that before a gap
    unit     seconds in a tick
    """

    first: int
    starts: Sequence[int]
    lengths: Sequence[int]
    fields: Sequence[int]
    unit: Fraction

    def time(self, field: int, lag: Fraction | None = None) -> int:
        """When a field is shown, or so many fields later."""
        frame, second = divmod(field, 2)
        start, length = self.starts[frame - self.first], self.fields[frame - self.first]
        if lag is not None:
            parts = second * lag.denominator + lag.numerator
            return start + _rounded(length * parts, 2 * lag.denominator)
        return start + _rounded(length, 2) if second else start

    @property
    def end(self) -> int:
        """When the last frame is over."""
        return self.starts[-1] + self.lengths[-1]

    def even(self, start: int, stop: int, slack: int = ROUNDED) -> FieldClock:
        """The clock of the frames from `start` to before `stop`, evenly spaced between gaps.

        The distance is that of a rate of film or video if their length then changes by at most `slack`. Where
        a frame would move by more than its length, the rate changes.
        """
        starts: list[int] = []
        lengths: list[int] = []
        for first, after, end in self._runs(start - self.first, stop - self.first):
            begin, count = self.starts[first], after - first
            step = self._step(Fraction(end - begin, count), count, slack)
            top, bottom = step.numerator, step.denominator
            starts += [begin + _rounded(number * top, bottom) for number in range(count)]
            lengths += [round(step)] * count
        return FieldClock(start, starts, lengths, lengths, self.unit)

    def _runs(self, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
        """Frames without a gap between them: the first, the one after the last, and when they end.

        A frame before a gap ends after the usual length.
        """
        usual = _usual(self.lengths[start:stop])
        first = start
        for place in range(start, stop):
            length = self.lengths[place]
            gap = abs(length - usual) > _GAP * usual
            if gap or place + 1 == stop:
                end = self.starts[place] + (usual if gap else length)
                yield from self._steady(first, place + 1, end, usual)
                first = place + 1

    def _steady(
        self, first: int, after: int, end: int, most: int
    ) -> Iterator[tuple[int, int, int]]:
        """The frames in parts of which none moves by more than `most` if it is spaced evenly."""
        waiting = [(first, after, end)]
        while waiting:
            first, after, end = waiting.pop()
            begin, count = self.starts[first], after - first
            moves = [
                abs((start - begin) * count - number * (end - begin))
                for number, start in enumerate(self.starts[first:after])
            ]
            worst = max(moves)
            if worst <= most * count:
                yield first, after, end
            else:
                place = first + moves.index(worst)
                waiting += [(place, after, end), (first, place, self.starts[place])]

    def _step(self, mean: Fraction, count: int, slack: int) -> Fraction:
        """The distance of frames: that of a known rate if it fits, else the mean."""
        fitting = (1 / rate / self.unit for rate in RATES)
        return next((step for step in fitting if abs(step - mean) * count <= slack), mean)


def _usual(lengths: Sequence[int]) -> int:
    """The usual length: half the median of two frames, which may differ by players' pulldown."""
    pairs = sorted(one + other for one, other in itertools.pairwise(lengths))
    return pairs[len(pairs) // 2] // 2 if pairs else lengths[0]


def _rounded(top: int, bottom: int) -> int:
    """A fraction as the nearest integer, halves to the even one."""
    whole, rest = divmod(2 * top + bottom, 2 * bottom)
    return whole - (whole % 2 if rest == 0 else 0)


def field_clock(frames: FrameTable) -> FieldClock:
    """The clock of a whole film."""
    starts = [pts * FIELD_TICKS for pts in frames.pts]
    lengths = [later - start for start, later in itertools.pairwise(starts)]
    lengths.append(frames.durations[-1] * FIELD_TICKS)
    before = [lengths[0], *lengths[:-1]]
    around = [max(pair) for pair in zip(before, [*lengths[1:], lengths[-1]], strict=True)]
    fields = [
        near if length > near * (1 + _GAP) else length
        for length, near in zip(lengths, around, strict=True)
    ]
    return FieldClock(0, starts, lengths, fields, frames.time_base / FIELD_TICKS)
