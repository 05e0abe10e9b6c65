"""The edge enhancement that makes the edges along the lines of those across them: amount, distance, echo."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_BLURS = (0.01, 0.5, 0.8, 1.1, 1.4, 1.8, 2.3)
"""Blurs along the line, before it was enhanced, that are tried: sigma in columns."""

_DISTANCES = tuple(0.8 + 0.2 * number for number in range(14))
"""Distances of the enhancement that are tried: sigma in columns."""

MOST = 1.5
"""The largest amount of an enhancement."""


@dataclass(frozen=True, slots=True)
class Ringing:
    """Edge enhancement along the lines.

    amount    the share of the edges that is added: of the picture minus its blur
    distance  of that blur: sigma in columns
    echo      the share of the edges that is added again `delay` columns later
    """

    amount: float
    distance: float
    echo: float = 0.0
    delay: int = 0


def fitted(along: Numbers, across: Numbers) -> tuple[Ringing, float]:
    """The enhancement that makes the profile `along` of `across` [2 * reach + 1], and the error (rms)."""
    best: tuple[Ringing, float] = Ringing(0.0, 1.0), math.inf
    for blur in _BLURS:
        edge = _blurred(across, blur)
        for distance in _DISTANCES:
            ring = edge - _blurred(edge, distance)
            for delay in range(max(1, round(1.6 * distance)), round(2.4 * distance) + 2):
                ringing, error = _amounts(along, edge, ring, distance, delay)
                if error < best[1] - 1e-9:
                    best = ringing, error
    return best


def _amounts(
    along: Numbers, edge: Numbers, ring: Numbers, distance: float, delay: int
) -> tuple[Ringing, float]:
    """Amount and echo by least squares; an error of infinity if they are not possible."""
    late = np.concatenate([np.full(delay, ring[0]), ring[:-delay]])
    basis = np.stack([ring, late], 1)
    amount, echo = (float(each) for each in np.linalg.lstsq(basis, along - edge, rcond=None)[0])
    if not 0 <= amount <= MOST or abs(echo) > amount:
        return Ringing(0.0, distance), math.inf
    left = along - edge - basis @ np.array([amount, echo])
    return Ringing(amount, distance, echo, delay), float(np.sqrt(np.mean(left * left)))


def _blurred(profile: Numbers, sigma: float) -> Numbers:
    """A profile blurred by this sigma; its ends repeat."""
    reach = max(1, math.ceil(4 * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    wide = np.pad(profile, reach, mode="edge")
    return np.asarray(np.convolve(wide, weights / weights.sum(), "valid"), np.float64)
