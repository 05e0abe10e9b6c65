"""Registration of reduced frames: their shift, robust against motion within the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from restore.filters.phase import phase_shift
from restore.treatments.measuring.nominal import nominal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.uint8]
    Map = NDArray[np.float32]
    Grid = NDArray[np.float64]

BLOCKS = (9, 12)
"""Rows and columns of blocks whose shifts are combined; moving objects are in the minority of them."""

_RIM = 4
"""Pixels at the border that are left out: there the picture moves in and out of the frame."""

_STEPS = 6
_CLOSE = 0.01
"""The iteration ends when a step is smaller than this, in pixels of the reduced frame."""


@dataclass(frozen=True)
class PreparedFrame:
    """A reduced frame prepared for registration.

    soft         blurred luma [h, w], nominal 0..1
    right, down  its gradients
    slopes       products of the gradients, for each block
    """

    soft: Map
    right: Map
    down: Map
    slopes: tuple[Grid, Grid, Grid, Grid, Grid]


def prepared(y: Plane) -> PreparedFrame:
    """The reduced frame `y` [h, w], uint8, limited range, prepared for registration."""
    soft = cv2.GaussianBlur(nominal(y), (0, 0), 1.0)
    right = _inner(cv2.Sobel(soft, cv2.CV_32F, 1, 0, scale=1 / 8))
    down = _inner(cv2.Sobel(soft, cv2.CV_32F, 0, 1, scale=1 / 8))
    mean_r, mean_d = _blocks(right), _blocks(down)
    slopes = (
        mean_r,
        mean_d,
        _blocks(right * right) - mean_r * mean_r,
        _blocks(right * down) - mean_r * mean_d,
        _blocks(down * down) - mean_d * mean_d,
    )
    return PreparedFrame(np.asarray(soft, np.float32), right, down, slopes)


def rough_shift(a: PreparedFrame, b: PreparedFrame) -> tuple[float, float]:
    """The shift of `b` against `a`, down and right, by phase correlation: any distance, not exact."""
    (right, down), peak = phase_shift(a.soft, b.soft)
    return (down, right) if peak > 0.1 else (0.0, 0.0)


def shift(a: PreparedFrame, b: PreparedFrame, guess: tuple[float, float]) -> tuple[float, float]:
    """The shift of most of `b` against `a`, down and right, in pixels, starting from an estimate.

    Gradient steps (Lucas and Kanade 1981, with the gradients of `a` alone: Baker and Matthews 2004); blocks
    that the common shift does not explain lose their weight. Changes of brightness do not matter.
    """
    down, right = guess
    mean_r, mean_d, rr, rd, dd = a.slopes
    for _ in range(_STEPS):
        change = _inner(_moved(b.soft, down, right) - a.soft)
        mean = _blocks(change)
        rc = _blocks(a.right * change) - mean_r * mean
        dc = _blocks(a.down * change) - mean_d * mean
        cc = _blocks(change * change) - mean * mean
        step = np.zeros(2)
        weight = np.ones_like(cc)
        for _ in range(4):
            step = _solved(weight, (rr, rd, dd), (rc, dc))
            left = cc + 2 * (step[0] * rc + step[1] * dc)
            left += step[0] ** 2 * rr + 2 * step[0] * step[1] * rd + step[1] ** 2 * dd
            weight = _weights(np.maximum(left, 0), 1e-8)
        right, down = right + float(step[0]), down + float(step[1])
        if np.abs(step).max() < _CLOSE:
            break
    return down, right


def likeness(a: PreparedFrame, b: PreparedFrame, placed: tuple[float, float]) -> float:
    """Correlation of `a` with `b` after `b` is shifted back by `placed`."""
    one, other = (picture - picture.mean() for picture in (a.soft, _moved(b.soft, *placed)))
    size = float(np.sqrt((one * one).sum() * (other * other).sum()))
    return float((one * other).sum()) / size if size > 0 else 0.0


def _solved(weight: Grid, slopes: tuple[Grid, ...], changes: tuple[Grid, ...]) -> Grid:
    """The step (right, down) that explains the weighted changes best; (0, 0) without gradients."""
    rr, rd, dd = (float((weight * each).sum()) for each in slopes)
    rc, dc = (float((weight * each).sum()) for each in changes)
    whole = rr * dd - rd * rd
    if whole < 1e-14:
        return np.zeros(2)
    return np.clip([(rd * dc - dd * rc) / whole, (rd * rc - rr * dc) / whole], -2, 2)


def _weights(left: Grid, least: float) -> Grid:
    """Weights from squared residuals: those far above the median have nearly none."""
    return 1 / (1 + left / (float(np.median(left)) + least)) ** 2


def _moved(soft: Map, down: float, right: float) -> Map:
    """The frame shifted back by (down, right)."""
    if down == 0 and right == 0:
        return soft
    there = np.array([[1, 0, right], [0, 1, down]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = soft.shape[::-1]
    return np.asarray(
        cv2.warpAffine(soft, there, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def _inner(picture: object) -> Map:
    return np.ascontiguousarray(np.asarray(picture, np.float32)[_RIM:-_RIM, _RIM:-_RIM])


def _blocks(values: Map) -> Grid:
    return np.asarray(cv2.resize(values, BLOCKS[::-1], interpolation=cv2.INTER_AREA), np.float64)
