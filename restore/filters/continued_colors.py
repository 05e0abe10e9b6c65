"""Chosen colors continued into areas where only a network's prediction is known."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from restore.filters.flow import Plane

PRIOR = 0.02
"""Weight of the prediction itself in the fit of chosen colors by predicted ones, as a share of the cells.

A shot with one known color must not turn all others into it.
"""

NEAR = 0.12
"""Distance, as a share of the picture's longer side, within which known cells influence others."""

ALIKE_LUMA, ALIKE_CHROMA = 0.10, 0.03
"""Differences of luma and of predicted chroma within which two cells are likely to have the same color."""

_FAINT = 0.02
"""Weight of "no change": far from everything known, the fitted prediction is kept."""


def continued_colors(chosen: Plane, sure: Plane, predicted: Plane, luma: Plane) -> Plane:
    """Chroma [h, w, 2] that is `chosen` where `sure` [h, w] is 1, and goes on where it is 0.

    The prediction [h, w, 2] there is changed as it must be changed elsewhere to become the chosen colors:
    by one affine map for the picture (of predicted chroma and luma [h, w], least squares), and by what this
    map leaves at similar cells nearby.
    """
    weight = np.clip(sure, 0, 1).reshape(-1)
    if not (weight < 0.99).any():
        return chosen
    fitted = _mapped(chosen, weight, predicted, luma)
    rest = _spread(chosen - fitted, sure, predicted, luma)
    share = np.clip(sure, 0, 1)[..., None]
    return cast(Plane, share * chosen + (1 - share) * (fitted + rest))


def _mapped(chosen: Plane, weight: Plane, predicted: Plane, luma: Plane) -> Plane:
    """The prediction by the affine map that fits the known cells best; the prior is no change."""
    terms = np.dstack([predicted, luma - luma.mean(), np.ones_like(luma)]).reshape(-1, 4)
    terms = terms.astype(np.float64)
    wanted = (chosen - predicted).reshape(-1, 2).astype(np.float64)
    scale = np.sqrt((terms * terms).mean(0)) + 1e-4
    normal = terms / scale
    ridge = PRIOR * len(terms) * np.eye(4)
    system = normal.T @ (weight[:, None] * normal) + ridge
    change = np.linalg.solve(system, normal.T @ (weight[:, None] * wanted))
    moved = (normal @ change).reshape(predicted.shape)
    return (predicted + moved).astype(np.float32)


def _spread(rest: Plane, sure: Plane, predicted: Plane, luma: Plane) -> Plane:
    """What the map leaves at known cells, spread to similar cells nearby."""
    height, width = luma.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32) / (NEAR * max(height, width))
    place = np.dstack([rows, columns, luma / ALIKE_LUMA, predicted / ALIKE_CHROMA]).reshape(-1, 5)
    known = np.flatnonzero(sure.reshape(-1) > 0.5)
    open_cells = np.flatnonzero(sure.reshape(-1) < 0.99)
    result = np.zeros((height * width, 2), np.float32)
    if not len(known):
        return result.reshape(rest.shape)
    values = rest.reshape(-1, 2)[known]
    for some in np.array_split(open_cells, max(1, len(open_cells) // 512)):
        square = ((place[some] ** 2).sum(1)[:, None] + (place[known] ** 2).sum(1)[None]) - (
            2 * place[some] @ place[known].T
        )
        near = np.exp(-0.5 * np.maximum(square, 0))
        result[some] = near @ values / (near.sum(1, keepdims=True) + _FAINT)
    return cast(Plane, cv2.blur(result.reshape(rest.shape), (3, 3)))
