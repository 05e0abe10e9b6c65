"""Scratches as values: their position, what they add to the picture, and the width of their surroundings."""

from __future__ import annotations

from dataclasses import dataclass

BANDS = 24
"""The number of bands of rows whose mean luma is examined, at the film's full width."""


@dataclass(frozen=True, slots=True)
class Scratch:
    """A vertical line that stays through several frames.

    first    its first frame: counted from the shot's first in a measure, from the film's in a decision
    columns  its column in each frame, in pixels of the film
    profile  what it typically adds to the luma of its column (in the middle) and of the columns next to it,
             all of one sign: light or dark
    """

    first: int
    columns: tuple[int, ...]
    profile: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Scratches:
    """All scratches of a shot, in the order in which they begin."""

    lines: tuple[Scratch, ...]


def reach(width: int) -> int:
    """Columns from a scratch's middle to the picture next to it, in a plane of this width."""
    return max(4, round(width / 160))
