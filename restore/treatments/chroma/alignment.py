"""The position of chroma under luma: where a local linear model of luma explains most of the chroma."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Values = NDArray[np.float64]

_REACH = 5, 4
"""The largest shift that is looked for, right and down, in samples of half the grid."""

_TILES = 6, 8
"""Rows and columns of tiles: each gives an estimate, so that one object cannot decide alone."""

_BORDER = 16
"""Samples at the border that are left out."""

_FLAT = 1e-4
"""Variance of luma (nominal 0..1) below which a window says little."""

_WIDTHS: Values = np.array([0.0, 1.0, 1.7, 2.5, 3.5, 5.0])
"""Sigmas of the blur along the lines that are tried, in samples; the first four also across the lines."""

_DOWN = 4
_GAIN = 0.004
"""How much better a blur along the lines must explain the chroma than one that is the same both ways.

Measured: up to 0.003 on films without bleeding, 0.01 to 0.1 at a sigma of 3 pixels."""

_NEAR: tuple[tuple[int, int], ...] = tuple((i, j) for j in (-1, 0, 1) for i in (-1, 0, 1))
_FIT: Values = np.asarray(
    np.linalg.pinv([[1.0, i, j, i * i, j * j, i * j] for i, j in _NEAR]), np.float64
)
"""Values at the nine places -> the quadratic function that fits them best."""

_RESAMPLES = 40
"""Random selections of the tiles, whose estimates show how certain the estimate is."""


@dataclass(frozen=True)
class ChromaSample:
    """Luma [h, w] and the two chroma planes of one picture, all on one grid."""

    luma: Plane
    chroma: tuple[Plane, Plane]


@dataclass(frozen=True, slots=True)
class Alignment:
    """Position and blur of the chroma in samples of the grid.

    right, down  position of chroma relative to luma
    error        standard error of both, the larger one
    bleed        sigma of the blur along the lines that does not exist across them
    """

    right: float
    down: float
    error: float
    bleed: float


def alignment(samples: Sequence[ChromaSample]) -> Alignment | None:
    """Alignment of pictures from one shot.

    None if they are too small, or have no color edges, or if no shift in reach is better than all others, as
    in smooth gradients of color.
    """
    samples = [sample for sample in samples if min(sample.luma.shape) >= 4 * _BORDER]
    if not samples:
        return None
    right, down = _coarse(samples)
    blur, bleed = _blur(samples, right, down)
    search = _Search(samples, blur)
    for step in (1.0, 0.5, 0.5):
        found = search.refined(right, down, step)
        if found is None:
            return None
        right, down, error = found
    if abs(right) >= 2 * _REACH[0] or abs(down) >= 2 * _REACH[1]:
        return None
    return Alignment(right, down, error, bleed)


@dataclass
class _Fit:
    """The chroma of a picture with its means in windows of `reach` (rows, columns) samples on both sides."""

    sample: ChromaSample
    reach: tuple[int, int]
    means: list[Plane] = field(init=False)

    def __post_init__(self) -> None:
        self.means = [_mean(plane, self.reach) for plane in self.sample.chroma]

    def explained(self, guide: Plane) -> Plane:
        """The variance of chroma that a linear function of the guide explains, in each window."""
        guide_mean = _mean(guide, self.reach)
        variance = np.maximum(_mean(guide * guide, self.reach) - guide_mean**2, 0) + _FLAT
        total = np.zeros_like(guide)
        for plane, mean in zip(self.sample.chroma, self.means, strict=True):
            total += (_mean(guide * plane, self.reach) - guide_mean * mean) ** 2 / variance
        return total


def _coarse(samples: Sequence[ChromaSample]) -> tuple[float, float]:
    """The shift (right, down) at which luma explains most, searched at half the size."""
    across, rows = _REACH
    total = np.zeros((2 * rows + 1, 2 * across + 1))
    for sample in samples:
        small = ChromaSample(
            _halved(sample.luma), (_halved(sample.chroma[0]), _halved(sample.chroma[1]))
        )
        fit = _Fit(small, (3, 3))
        guide = _soft(small.luma, 0.2, 0.8)
        height, width = guide.shape
        wide = cv2.copyMakeBorder(guide, rows, rows, across, across, cv2.BORDER_REPLICATE)
        for j in range(2 * rows + 1):
            for i in range(2 * across + 1):
                top, left = 2 * rows - j, 2 * across - i
                moved = np.array(wide[top : top + height, left : left + width], np.float32)
                total[j, i] += float(_inside(fit.explained(moved), _BORDER // 2).mean())
    j, i = (int(place) for place in np.unravel_index(total.argmax(), total.shape))
    right = _vertex(total[j], i, np.arange(-across, across + 1.0))
    return 2 * right, 2 * _vertex(total[:, i], j, np.arange(-rows, rows + 1.0))


def _blur(
    samples: Sequence[ChromaSample], right: float, down: float
) -> tuple[tuple[float, float], float]:
    """The blur (across the lines, along them) that makes luma as soft as chroma, and the bleeding."""
    total = np.zeros((_DOWN, len(_WIDTHS)))
    for sample in samples:
        fit, moved = _Fit(sample, (6, 6)), _moved(sample.luma, right, down)
        for v in range(_DOWN):
            for h, along in enumerate(_WIDTHS):
                guide = _soft(moved, float(_WIDTHS[v]), float(along))
                total[v, h] += float(_inside(fit.explained(guide), _BORDER).mean())
    v, h = (int(place) for place in np.unravel_index(total.argmax(), total.shape))
    along, across = _vertex(total[v], h, _WIDTHS), _vertex(total[:, h], v, _WIDTHS[:_DOWN])
    even = max(float(total[n, n]) for n in range(_DOWN))
    certain = float(total[v, h]) > (1 + _GAIN) * even and along > across
    return (across, along), float(np.sqrt(along**2 - across**2)) if certain else 0.0


class _Search:
    """The fine search at a known blur, in tiles of all pictures."""

    def __init__(self, samples: Sequence[ChromaSample], blur: tuple[float, float]) -> None:
        across, along = (max(3, round(1.2 * sigma)) for sigma in blur)
        self._guides = [_soft(sample.luma, *blur) for sample in samples]
        self._fits = [_Fit(sample, (across, along)) for sample in samples]

    def refined(self, right: float, down: float, step: float) -> tuple[float, float, float] | None:
        """A better shift from the explained variance at nine places around this one, and its error."""
        parts: list[Values] = []
        for fit, guide in zip(self._fits, self._guides, strict=True):
            near = [_moved(guide, right + i * step, down + j * step) for i, j in _NEAR]
            parts.append(_FIT @ np.stack([_tiles(fit.explained(each)) for each in near]))
        quadratic = np.concatenate(parts, 1)
        found = [_peak(quadratic[1 + axis], -2 * quadratic[3 + axis]) for axis in (0, 1)]
        if found[0] is None or found[1] is None:
            return None
        (x, x_error), (y, y_error) = found[0], found[1]
        return right + step * x, down + step * y, step * max(x_error, y_error)


def _peak(slope: Values, curvature: Values) -> tuple[float, float] | None:
    """The place of the maximum by the median tile, in steps, and its error; None if no tile has one."""
    weights = np.sqrt(np.maximum(curvature, 0))
    if not weights.any():
        return None
    places = np.clip(slope / np.where(curvature > 0, curvature, 1), -2, 2)
    draws = np.random.default_rng(0).integers(0, len(places), (_RESAMPLES, len(places)))
    spread = float(np.std([_median(places[draw], weights[draw] + 1e-12) for draw in draws]))
    return _median(places, weights), spread


def _median(values: Values, weights: Values) -> float:
    """The weighted median."""
    order = np.argsort(values)
    sums = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(sums, sums[-1] / 2)])


def _vertex(values: Values, place: int, at: Values) -> float:
    """The position of the maximum at index `place`, between its neighbors by a parabola."""
    if not 0 < place < len(values) - 1:
        return float(at[place])
    near = slice(place - 1, place + 2)
    curve, slope, _ = np.polyfit(at[near], values[near], 2)
    if curve >= 0:
        return float(at[place])
    return float(np.clip(-slope / (2 * curve), at[place - 1], at[place + 1]))


def _tiles(plane: Plane) -> Values:
    rows, columns = _TILES
    small = cv2.resize(_inside(plane, _BORDER), (columns, rows), interpolation=cv2.INTER_AREA)
    return small.ravel().astype(np.float64)


def _inside(plane: Plane, border: int) -> Plane:
    return plane[border:-border, border:-border]


def _mean(plane: Plane, reach: tuple[int, int]) -> Plane:
    size = (2 * reach[1] + 1, 2 * reach[0] + 1)
    return np.asarray(cv2.blur(plane, size, borderType=cv2.BORDER_REFLECT_101), np.float32)


def _soft(plane: Plane, across: float, along: float) -> Plane:
    """Blurred by Gaussians of these sigmas."""
    soft: Callable[..., object] = cv2.GaussianBlur
    tiny = 1e-3
    if max(across, along) < 0.05:
        return plane
    found = soft(
        plane,
        (0, 0),
        sigmaX=max(along, tiny),
        sigmaY=max(across, tiny),
        borderType=cv2.BORDER_REPLICATE,
    )
    return np.asarray(found, np.float32)


def _halved(plane: Plane) -> Plane:
    height, width = plane.shape
    small = cv2.resize(plane, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _moved(plane: Plane, right: float, down: float) -> Plane:
    import torch

    from restore.filters.shift import moved

    return moved(torch.from_numpy(plane)[None, None], [(down, right)])[0, 0].numpy()
