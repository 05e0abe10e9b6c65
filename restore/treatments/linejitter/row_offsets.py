"""How far each row of a frame is displaced to the right.

Each row is registered to the mean of the rows above and below it, again and again, after all rows were moved
back by what was found before. What is smooth from row to row stays: slanted edges lean the same way above and
below a row, and are not displaced. Smooth offsets are found by comparison with the neighboring frames, as far
as both of them agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float32]

_NEAR = ((1, 1.0), (2, 0.7), (3, 0.4))
"""Rows above and below with which a row is compared: their distance and weight."""

_STEPS = ((3.0, 2), (1.5, 3), (1.0, 2))
"""The horizontal blur of the rows, sigma in columns, and how many steps are made with it: coarse to fine."""

_FARTHEST = 8.0
"""The largest offset in columns."""

_OUTLIER = 2.0
"""Differences of so many times the median have a quarter of their weight."""

_LEAST = 2e-6
"""Added to the mean squared slope of a row: rows without edges are not moved."""

_SMOOTH = 5.0
"""Sigma in rows of the smooth part of the offsets, which belongs to the picture."""


_SMOOTH_MOTION = 20.0
"""The same for the motion of the picture from frame to frame."""

_SHARE = 0.6
"""The share of the offset against both neighbors that is the frame's own: the neighbors have theirs."""


def row_offsets(plane: Values, step: int = 1) -> Values:
    """The offsets [H] of the rows of a plane [H, W], nominal luma; `step`: to the next row of its field."""
    offsets = np.zeros(len(plane), np.float32)
    if len(plane) < 8 * step or plane.shape[1] < 16:
        return offsets
    for sigma, count in _STEPS:
        soft = _soft(plane, sigma)
        for _ in range(count):
            offsets = offsets + _shift(moved_back(soft, offsets), step)
            offsets = np.clip(offsets, -_FARTHEST, _FARTHEST)
            offsets -= _smoothed(offsets, _SMOOTH * step)
    return offsets


def offsets_in_time(planes: Sequence[Values], place: int, step: int = 1) -> Values:
    """The offsets [H] of the rows of plane number `place` of consecutive ones, whose rows were moved back.

    They are what is left: the smooth part. It is the smaller one of the offsets against both neighbors, and 0
    where these have different signs, or where a neighbor is missing.
    """
    left = np.zeros(len(planes[place]), np.float32)
    if not 0 < place < len(planes) - 1:
        return left
    for first in range(step):
        before, own, behind = (planes[k][first::step] for k in (place - 1, place, place + 1))
        one, other = (motion_of_rows(each, own, _SMOOTH_MOTION) for each in (before, behind))
        smaller = np.sign(one) * np.minimum(np.abs(one), np.abs(other))
        left[first::step] = _SHARE * np.where(one * other > 0, smaller, 0)
    return left


def motion_of_rows(one: Values, other: Values, smooth: float = _SMOOTH) -> Values:
    """How far each row of `other` is displaced against the same row of `one`, without the smooth part.

    The smooth part (sigma in rows) is the motion of the picture.
    """
    height, width = one.shape
    found = np.zeros(height, np.float32)
    motion = np.zeros(height, np.float32)
    if height < 8 or width < 16:
        return found
    for sigma, count in _STEPS:
        fixed, moving = _soft(one, sigma), _soft(other, sigma)
        for _ in range(count):
            whole = found + motion
            whole = whole + _registered(moved_back(moving, whole), fixed)
            whole = np.clip(whole, -_FARTHEST, _FARTHEST)
            motion = _smoothed(whole, smooth)
            found = whole - motion
    return found


def moved_back(plane: Values, offsets: Values) -> Values:
    """The rows moved to the left by their offsets, by linear interpolation; the border repeats."""
    height, width = plane.shape
    columns = np.arange(width, dtype=np.float32)[None] + offsets[:, None]
    rows = np.repeat(np.arange(height, dtype=np.float32)[:, None], width, 1)
    moved = cv2.remap(plane, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32)


def _soft(plane: Values, sigma: float) -> Values:
    """The rows blurred by this sigma, each by itself."""
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma, sigmaY=1e-3), np.float32)


def _shift(soft: Values, step: int) -> Values:
    """How far each row is displaced against the mean of the rows around it."""
    return _registered(soft, _around(soft, step))


def _registered(soft: Values, around: Values) -> Values:
    """How far each row is displaced against the row of another plane: one step of Lucas and Kanade."""
    slope = np.gradient((soft + around) / 2, axis=1)
    change = around - soft
    squared = slope * slope
    typical = (squared * change * change).sum(1) / (squared.sum(1) + np.float32(1e-12))
    typical += np.float32(1e-8)
    weight = slope / (1 + change * change / (_OUTLIER**2 * typical[:, None])) ** 2
    return np.asarray((weight * change).mean(1) / ((weight * slope).mean(1) + _LEAST), np.float32)


def _around(soft: Values, step: int) -> Values:
    """The weighted mean of the rows above and below each row."""
    reach = step * _NEAR[-1][0]
    wide = np.pad(soft, ((reach, reach), (0, 0)), mode="reflect")
    height = len(soft)
    total = np.zeros_like(soft)
    for by, weight in _NEAR:
        for place in (reach - by * step, reach + by * step):
            total += np.float32(weight) * wide[place : place + height]
    return total / np.float32(2 * sum(weight for _, weight in _NEAR))


def _smoothed(offsets: Values, sigma: float) -> Values:
    """The smooth part of the offsets."""
    column = np.ascontiguousarray(offsets[:, None])
    smooth = cv2.GaussianBlur(column, (0, 0), 1e-3, sigmaY=sigma)
    return np.asarray(smooth, np.float32)[:, 0]
