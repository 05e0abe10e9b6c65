"""What of a path is unrest: the part that jumps from frame to frame, beside what is smooth in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Path = NDArray[np.float64]

FEWEST = 12
"""Frames of a shot that can say what is smooth in it."""

_SMOOTH, _JUMPS = 3.0, 1.0
"""Frames (standard deviation) over which a path's own course is smooth, and beyond which it jumps."""

_LEVEL = 2.0
"""A path is level if what is smooth in it has no more reach than this many times its unrest."""

_MEDIAN = {1: 0.6745, 2: 0.8326}
"""The median size of noise in so many columns, as a share of its root mean square."""


def jumping(path: Path) -> float:
    """How far a path [frames, 1 or 2] jumps from frame to frame, as most of its frames do.

    The root mean square of noise; a single jolt or flash of light does not count.
    """
    jumps = np.sqrt(((path - smoothed(path, _JUMPS)) ** 2).sum(1))
    return float(np.median(jumps)) / _MEDIAN[path.shape[1]]


def jumpy(path: Path) -> float:
    """The share of the unrest in a path [frames, n] that jumps from frame to frame: 0.8 of noise."""
    whole = _size(path - smoothed(path, _SMOOTH))
    return _size(path - smoothed(path, _JUMPS)) / whole if whole > 0 else 0.0


def is_level(path: Path) -> NDArray[np.bool_]:
    """For each column of a path [frames, n] whether it goes nowhere, but for its unrest."""
    smooth = smoothed(path, _SMOOTH)
    return np.asarray(np.ptp(smooth, axis=0) <= _LEVEL * _size(path - smooth), np.bool_)


def unrest(path: Path) -> Path:
    """How far every frame of a path [frames, n] lies from its place: the mean, where a column is level."""
    return np.where(is_level(path), path - path.mean(0), path - smoothed(path, _SMOOTH))


def smoothed(path: Path, reach: float) -> Path:
    """A path [frames, n] smoothed over about `reach` frames (standard deviation), straight at its ends.

    Local lines under Gaussian weights (Cleveland 1979, without his robust steps).
    """
    frames = np.arange(len(path))
    near = round(4 * reach)
    result = np.empty_like(path)
    for frame in frames:
        rows = frames[max(0, frame - near) : frame + near + 1]
        away = (rows - frame).astype(np.float64)
        weight = np.exp(-0.5 * (away / reach) ** 2)
        weight /= weight.sum()
        middle = float(weight @ away)
        values = path[rows]
        spread = float(weight @ (away - middle) ** 2)
        slope = (weight * (away - middle)) @ values / spread if spread > 0 else 0.0
        result[frame] = weight @ values - slope * middle
    return result


def _size(path: Path) -> float:
    return float(np.sqrt((path**2).mean(0).sum()))
