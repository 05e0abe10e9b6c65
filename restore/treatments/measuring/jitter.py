"""The jitter of a curve: the part that jumps from frame to frame, without its smooth part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Path = NDArray[np.float64]

FEWEST = 12
"""The least frames of a shot from which a smooth part can be estimated."""

_SMOOTH, _JUMPS = 3.0, 1.0
"""Standard deviations in frames of the filters for the smooth part of a curve, and for the part that does
not jump."""

_LEVEL = 2.0
"""A curve is level if the range of its smooth part is at most this many times its jitter."""

_MEDIAN = {1: 0.6745, 2: 0.8326}
"""The median size of noise in so many columns, as a share of its root mean square."""


def jump_size(path: Path) -> float:
    """How far a curve [frames, 1 or 2] jumps from frame to frame, as most of its frames do.

    The root mean square for noise; a single jolt or flash has no weight.
    """
    jumps = np.sqrt(((path - smoothed(path, _JUMPS)) ** 2).sum(1))
    return float(np.median(jumps)) / _MEDIAN[path.shape[1]]


def jump_share(path: Path) -> float:
    """The share of the jitter of a curve [frames, n] that jumps from frame to frame: 0.8 for noise."""
    whole = _size(path - smoothed(path, _SMOOTH))
    return _size(path - smoothed(path, _JUMPS)) / whole if whole > 0 else 0.0


def is_level(path: Path) -> NDArray[np.bool_]:
    """For each column of a curve [frames, n] whether it is constant apart from its jitter."""
    smooth = smoothed(path, _SMOOTH)
    return np.asarray(np.ptp(smooth, axis=0) <= _LEVEL * _size(path - smooth), np.bool_)


def jitter(path: Path) -> Path:
    """The distance of every frame of a curve [frames, n] from its place (the mean, if a column is level)."""
    return np.where(is_level(path), path - path.mean(0), path - smoothed(path, _SMOOTH))


def smoothed(path: Path, reach: float) -> Path:
    """A curve [frames, n] smoothed with this standard deviation in frames, by straight lines at its ends.

    Local linear regression with Gaussian weights (Cleveland 1979, without his robust steps).
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
