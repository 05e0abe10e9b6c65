"""When the fields of a film are shown: between the times of its frames, in fine ticks."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
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
    unit     seconds in a tick
    """

    first: int
    starts: Sequence[int]
    lengths: Sequence[int]
    unit: Fraction

    def time(self, field: int, lag: Fraction = Fraction(0)) -> int:
        """When a field is shown, or so many fields later."""
        frame, second = divmod(field, 2)
        place = frame - self.first
        return self.starts[place] + round(self.lengths[place] * (second + lag) / 2)

    @property
    def end(self) -> int:
        """When the last frame is over."""
        return self.starts[-1] + self.lengths[-1]

    def even(self, start: int, stop: int, slack: int = ROUNDED) -> FieldClock:
        """The clock of the frames from `start` to before `stop`, evenly spaced between gaps.

        The distance is that of a rate of film or video if their length then changes by at most `slack`.
        """
        starts: list[int] = []
        lengths: list[int] = []
        place, last = start - self.first, stop - self.first
        while place < last:
            end = self._until_gap(place, last)
            count = end - place
            step = self._step(self.starts[end - 1] + self.lengths[end - 1], place, count, slack)
            starts += [self.starts[place] + round(number * step) for number in range(count)]
            lengths += [round(step)] * count
            place = end
        return FieldClock(start, starts, lengths, self.unit)

    def _until_gap(self, start: int, stop: int) -> int:
        """The place after the first frame that ends at a gap, or `stop`."""
        usual = sorted(self.lengths[start:stop])[(stop - start) // 2]
        for place in range(start, stop):
            if abs(self.lengths[place] - usual) > _GAP * usual:
                return place + 1
        return stop

    def _step(self, end: int, place: int, count: int, slack: int) -> Fraction:
        mean = Fraction(end - self.starts[place], count)
        fitting = (1 / rate / self.unit for rate in RATES)
        return next((step for step in fitting if abs(step - mean) * count <= slack), mean)


def field_clock(frames: FrameTable) -> FieldClock:
    """The clock of a whole film."""
    starts = [pts * FIELD_TICKS for pts in frames.pts]
    lengths = [later - start for start, later in itertools.pairwise(starts)]
    lengths.append(frames.durations[-1] * FIELD_TICKS)
    return FieldClock(0, starts, lengths, frames.time_base / FIELD_TICKS)
