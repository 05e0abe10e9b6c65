"""Time in films: integer PTS in a rational time base, and ranges of frames."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive frames by index: `start` belongs to it, `stop` does not."""

    start: int
    stop: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.stop:
            raise ValueError(f"a span needs 0 <= start < stop, not {self.start}, {self.stop}")

    def __len__(self) -> int:
        return self.stop - self.start

    def __contains__(self, index: int) -> bool:
        return self.start <= index < self.stop

    def widened(self, radius: int, within: Span) -> Span:
        """This span with `radius` frames more on both sides, as far as `within` reaches."""
        return Span(max(within.start, self.start - radius), min(within.stop, self.stop + radius))


@dataclass(frozen=True, slots=True)
class FrameTable:
    """The time of every frame of a film, in presentation order; a frame's index is its place here.

    `pts` are strictly increasing, in units of `time_base` seconds, `durations` are in the
    same unit (the last frame's counts for the film's length).
    """

    time_base: Fraction
    pts: tuple[int, ...]
    durations: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.pts) != len(self.durations):
            raise ValueError("every frame needs both a PTS and a duration")
        if any(a >= b for a, b in zip(self.pts, self.pts[1:], strict=False)):
            raise ValueError("PTS must increase from frame to frame")

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def start(self) -> Fraction:
        """Seconds at which the first frame is shown."""
        return self.pts[0] * self.time_base

    @property
    def end(self) -> Fraction:
        """Seconds at which the last frame's time is over."""
        return (self.pts[-1] + self.durations[-1]) * self.time_base

    @property
    def rate(self) -> Fraction:
        """Mean number of frames per second, from the PTS (25 for a single frame without a duration)."""
        seconds = self.end - self.start
        return Fraction(len(self)) / seconds if seconds > 0 else Fraction(25)

    def seconds(self, index: int) -> Fraction:
        """When the frame `index` is shown, in seconds of the film's own clock."""
        return self.pts[index] * self.time_base

    def index_at(self, seconds: Fraction) -> int:
        """The frame on the screen at that moment (the first or last one outside the film)."""
        from bisect import bisect_right

        return max(0, bisect_right(self.pts, seconds / self.time_base) - 1)

    def part(self, span: Span) -> FrameTable:
        """The rows of a span of frames, with their PTS."""
        rows = slice(span.start, span.stop)
        return FrameTable(self.time_base, self.pts[rows], self.durations[rows])


def table_from_pts(
    time_base: Fraction, pts: Sequence[int], last_duration: int | None = None
) -> FrameTable:
    """A frame table whose durations are the distances between PTS.

    The last frame lasts `last_duration`, or as long as the one before it (one unit for a lone frame).
    """
    durations = [b - a for a, b in itertools.pairwise(pts)]
    last = last_duration if last_duration and last_duration > 0 else None
    durations.append(last or (durations[-1] if durations else 1))
    return FrameTable(time_base, tuple(pts), tuple(durations))


def cut_evenly(span: Span, bound: int) -> tuple[Span, ...]:
    """The span in the fewest pieces of at most `bound` frames, none more than one frame longer."""
    count = -(-len(span) // bound)
    edges = [span.start + len(span) * i // count for i in range(count + 1)]
    return tuple(Span(a, b) for a, b in itertools.pairwise(edges))
