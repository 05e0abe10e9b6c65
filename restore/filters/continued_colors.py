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

ALIKE_LUMA, ALIKE_CHROMA, ALIKE_MOTION = 0.10, 0.03, 0.12
"""Differences of luma, of predicted chroma, and of motion (in cells a frame) within which two
cells are likely to belong to the same thing."""

WHOLLY = 0.9
"""Share of a cell that must be known for others to take its color: cells at an edge have mixed colors."""

_FAINT = 0.02
"""Weight of "no change": far from everything known, the fitted prediction is kept."""


def continued_colors(
    chosen: Plane, sure: Plane, predicted: Plane, luma: Plane, motion: Plane | None = None
) -> Plane:
    """Chroma [h, w, 2] that is `chosen` where `sure` [h, w] is 1, and goes on where it is 0.

    The prediction [h, w, 2] there is changed like that elsewhere, which becomes the chosen colors
    by one affine map for the picture (of predicted chroma and luma [h, w], least squares), and by what this
    map leaves at similar cells nearby. With `motion` [h, w, 2] they also move alike: what comes into view
    behind a moving thing does not get its color.
    """
    weight = np.where(sure > 0.5, np.clip(sure, 0, 1), np.float32(0)).reshape(-1)
    if not (weight < 0.99).any():
        return chosen
    fitted = _mapped(chosen, weight, predicted, luma)
    traits = [luma[..., None] / ALIKE_LUMA, predicted / ALIKE_CHROMA]
    traits += [] if motion is None else [motion / ALIKE_MOTION]
    rest = _spread(chosen - fitted, sure, np.dstack(traits))
    share = np.clip((sure - WHOLLY) / (1 - WHOLLY), 0, 1)[..., None]
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


def _spread(rest: Plane, sure: Plane, traits: Plane) -> Plane:
    """What the map leaves at known cells, spread to cells nearby with similar traits [h, w, n]."""
    height, width = sure.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32) / (NEAR * max(height, width))
    place = np.dstack([rows, columns, traits]).reshape(height * width, -1)
    known = np.flatnonzero(sure.reshape(-1) > WHOLLY)
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
    opened = np.zeros(height * width, np.float32)
    opened[open_cells] = 1
    smooth = cv2.blur(result.reshape(rest.shape), (3, 3))
    around = cv2.blur(opened.reshape(height, width), (3, 3))
    return cast(Plane, smooth / np.maximum(around, 1 / 9)[..., None])
