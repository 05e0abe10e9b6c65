"""How the repeated frames of a shot are spread: a film of 16 frames a second in 25 repeats 9 of 25."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import gcd

LONGEST = 30
"""Frames in the longest regular pattern of repeated frames."""

FEWEST = Fraction(1, 4)
"""The least share of distinct frames in a pattern: 15 frames a second in 60."""

LEAST = 3
"""The least number of repeated frames that are a pattern."""

PERIODS = 3
"""How often a pattern whose distances differ must occur in a shot."""

HIT = 0.75
"""The least share of the expected repeats that are found: frames without motion do not show theirs."""

EXTRA = 0.1
"""The largest share of the found repeats that the pattern does not expect."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How repeated frames follow a pattern: how many it expects, how many are found, how many are both."""

    expected: int
    found: int
    hits: int

    @property
    def good(self) -> bool:
        """Whether the frames follow the pattern."""
        enough = self.hits >= HIT * self.expected and self.hits >= (1 - EXTRA) * self.found
        return self.found > 0 and enough

    @property
    def score(self) -> int:
        """The frames that agree, less those that do not."""
        return 3 * self.hits - self.expected - self.found

    def __add__(self, other: Fit) -> Fit:
        return Fit(self.expected + other.expected, self.found + other.found, self.hits + other.hits)


NOTHING = Fit(0, 0, 0)
"""No frames at all."""


def fit(repeats: Sequence[int], frames: int, distinct: Fraction) -> Fit:
    """How the repeats in a shot of so many frames follow an even spread of this share of distinct frames.

    Frame k repeats the one before if `k * distinct + phase` has the same integer part; the phase is the one
    that fits best.
    """
    shown, period = distinct.numerator, distinct.denominator
    found = Counter(frame * shown % period for frame in repeats)
    possible = Counter(dict.fromkeys(range(period), (frames - 1) // period))
    possible.update(
        frame * shown % period
        for frame in range(1, frames)
        if frame > (frames - 1) // period * period
    )
    best = NOTHING
    for phase in range(period):
        window = [(phase + place) % period for place in range(period - shown)]
        expected, hits = (sum(count[rest] for rest in window) for count in (possible, found))
        this = Fit(expected, len(repeats), hits)
        best = this if phase == 0 or this.score > best.score else best
    return best


def distinct_share(repeats: Sequence[int], frames: int) -> Fraction | None:
    """The share of distinct frames if the repeated ones are spread evenly; None if they are not."""
    if len(repeats) < LEAST:
        return None
    steps = {b - a for a, b in pairwise(repeats)}
    if len(steps) == 1 and (step := min(steps)) in range(2, LONGEST + 1):
        return Fraction(step - 1, step)
    fits = [(fit(repeats, frames, share), share) for share in _shares(frames // PERIODS)]
    good = [(each, share) for each, share in fits if each.good]
    if not good:
        return None
    return max(good, key=lambda one: (one[0].score, -one[1].denominator))[1]


def _shares(longest: int) -> list[Fraction]:
    """All shares with a period up to this."""
    return [
        Fraction(shown, period)
        for period in range(2, min(longest, LONGEST) + 1)
        for shown in range(1, period)
        if gcd(shown, period) == 1 and Fraction(shown, period) >= FEWEST
    ]
