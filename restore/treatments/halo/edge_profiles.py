"""The mean profile of the vertical edges of a shot: what a sharp step of the picture became along the line.

Edges between two even areas are taken from single rows, aligned where they cross the middle, and scaled from
0 (left) to 1 (right). Rising and falling edges give the same profile, so that an echo is always to the right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float32]

REACH = 16
"""Columns on each side of an edge."""

EVEN = 6
"""The outermost columns on each side, which must be even."""

RIM = 0.06
"""The share of the frame at each border that is left out: edges of the gate and of black bars."""

STEP = 0.12
"""The least height of an edge, nominal."""

UNEVEN = 0.12
"""The largest deviation of the even columns, as a share of the height of the edge."""

STEEP = 0.12
"""The least slope in the middle of an edge: share of its height per column."""

MOST = 400
"""The most edges of one frame, evenly over it."""


def edge_profiles(plane: Values) -> Values:
    """The profiles [edges, 2 * REACH + 1] of the clear edges of a plane [H, W], nominal luma."""
    rim = [round(RIM * side) for side in plane.shape]
    plane = np.ascontiguousarray(
        plane[rim[0] : len(plane) - rim[0], rim[1] : plane.shape[1] - rim[1]]
    )
    width = plane.shape[1]
    if width < 4 * REACH:
        return np.zeros((0, 2 * REACH + 1), np.float32)
    slope = np.abs(plane[:, 2:] - plane[:, :-2])[:, REACH : width - REACH - 4]
    peak = slope[:, 1:-1]
    rising = (peak >= 2 * STEEP * STEP) & (peak >= slope[:, :-2]) & (peak > slope[:, 2:])
    rows, columns = np.nonzero(rising)
    columns += REACH + 2
    # one more column than needed on each side, for the alignment
    around = np.arange(-REACH - 1, REACH + 2)
    near = plane[rows[:, None], np.clip(columns[:, None] + around, 0, width - 1)]
    left, right = near[:, :EVEN], near[:, -EVEN:]
    low, high = left.mean(1), right.mean(1)
    size = high - low
    uneven = np.maximum(left.std(1), right.std(1))
    good = (np.abs(size) >= STEP) & (uneven <= UNEVEN * np.abs(size))
    scaled = (near[good] - low[good, None]) / size[good, None]
    aligned = _aligned(scaled)
    every = max(1, len(aligned) // MOST)
    return aligned[::every]


def _aligned(scaled: Values) -> Values:
    """The profiles moved by less than a column so that they cross the middle at column REACH."""
    middle = REACH + 1
    count = np.arange(len(scaled))
    found = np.zeros(len(scaled), np.float32)
    good = np.zeros(len(scaled), np.bool_)
    for place in (middle - 1, middle):
        one, other = scaled[:, place], scaled[:, place + 1]
        crosses = (one < 0.5) & (other >= 0.5) & (other - one >= STEEP)
        found[crosses] = place + (0.5 - one[crosses]) / (other[crosses] - one[crosses]) - middle
        good |= crosses
    whole = np.floor(found)
    part = (found - whole)[:, None].astype(np.float32)
    places = np.arange(1, 2 * REACH + 2)[None] + whole[:, None].astype(np.intp)
    first = np.clip(places, 0, scaled.shape[1] - 1)
    second = np.clip(places + 1, 0, scaled.shape[1] - 1)
    moved = scaled[count[:, None], first] * (1 - part) + scaled[count[:, None], second] * part
    return np.asarray(moved[good], np.float32)
