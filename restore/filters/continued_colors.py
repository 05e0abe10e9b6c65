"""Chosen colors continued into areas where only a network's prediction is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

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

FAR = 0.5
"""The same for cells of the frame whose colors were chosen: things have moved since."""

_LATER = 0.1
"""Weight of these cells: those of the same frame count more."""

WHOLLY = 0.9
"""Share of a cell that must be known for others to take its color: cells at an edge have mixed colors."""

_FAINT = 0.02
"""Weight of "no change": far from everything known, the fitted prediction is kept."""


@dataclass(frozen=True)
class ColorCells:
    """Cells of a frame: chosen chroma [h, w, 2], how much of it is known [h, w], 0..1, and two guides.

    The guides are the chroma [h, w, 2] that a network predicts, and luma [h, w].
    """

    chroma: Plane
    sure: Plane
    predicted: Plane
    luma: Plane

    @property
    def known(self) -> Plane:
        """The weight of each cell [n] in the fit of the picture's map."""
        return np.where(self.sure > 0.5, np.clip(self.sure, 0, 1), np.float32(0)).reshape(-1)

    @property
    def guides(self) -> Plane:
        """Predicted chroma and luma [n, 3], in units in which cells are alike."""
        planes = [self.predicted / ALIKE_CHROMA, self.luma[..., None] / ALIKE_LUMA]
        return np.dstack(planes).reshape(-1, 3)


def continued_colors(
    cells: ColorCells, motion: Plane | None = None, chosen: ColorCells | None = None
) -> Plane:
    """Chroma [h, w, 2] that is that of the cells where they are sure, and goes on elsewhere.

    The prediction there is changed like that of known cells, which becomes their chroma by one affine map for
    the picture (of predicted chroma and luma, least squares), and by what this map leaves at similar cells
    nearby. With `motion` [h, w, 2] they also move alike: what comes into view behind a moving thing does not
    get its color. `chosen` are the cells of the frame whose colors were chosen: similar things get their
    colors again, even if the motion was lost.
    """
    if not (cells.sure < 0.99).any():
        return cells.chroma
    every = [cells] if chosen is None else [cells, chosen]
    fitted = _mapped(every)
    rest = _spread(
        every, [one.chroma - own for one, own in zip(every, fitted, strict=True)], motion
    )
    share = np.clip((cells.sure - WHOLLY) / (1 - WHOLLY), 0, 1)[..., None]
    return cast(Plane, share * cells.chroma + (1 - share) * (fitted[0] + rest))


def _mapped(every: Sequence[ColorCells]) -> list[Plane]:
    """The predictions by the affine map that fits all known cells best; the prior is no change."""
    middle = float(every[0].luma.mean())
    terms = [_terms(cells, middle) for cells in every]
    together = np.concatenate(terms)
    scale = np.sqrt((together * together).mean(0)) + 1e-4
    normal = together / scale
    weight = np.concatenate([cells.known for cells in every])[:, None]
    wanted = np.concatenate([(c.chroma - c.predicted).reshape(-1, 2) for c in every])
    system = normal.T @ (weight * normal) + PRIOR * len(normal) * np.eye(4)
    change = np.linalg.solve(system, normal.T @ (weight * wanted))
    return [
        (cells.predicted + (own / scale @ change).reshape(cells.predicted.shape)).astype(np.float32)
        for cells, own in zip(every, terms, strict=True)
    ]


def _terms(cells: ColorCells, middle: float) -> NDArray[np.float64]:
    """What the map is made of [n, 4]: predicted chroma, luma and a constant."""
    ones = np.ones_like(cells.luma)
    planes = np.dstack([cells.predicted, cells.luma - middle, ones])
    return planes.reshape(-1, 4).astype(np.float64)


def _spread(every: Sequence[ColorCells], rests: Sequence[Plane], motion: Plane | None) -> Plane:
    """What the map leaves at known cells, spread to similar cells nearby, and from the chosen frame."""
    cells = every[0]
    shape = cells.sure.shape
    opened = cells.sure.reshape(-1) < 0.99
    some = np.flatnonzero(opened)
    moves = [] if motion is None else [motion.reshape(-1, 2) / ALIKE_MOTION]
    total = np.zeros((len(some), 2), np.float32)
    weights = np.full((len(some), 1), _FAINT, np.float32)
    for number, (own, rest) in enumerate(zip(every, rests, strict=True)):
        reach, more = (NEAR, moves) if number == 0 else (FAR, [])
        theirs = np.hstack([_places(shape, reach), own.guides, *more])
        mine = np.hstack([_places(shape, reach), cells.guides, *more])
        known = np.flatnonzero(own.sure.reshape(-1) > WHOLLY)
        values = np.hstack([rest.reshape(-1, 2)[known], np.ones((len(known), 1), np.float32)])
        found = _gathered(mine[some], theirs[known], values) * (1.0 if number == 0 else _LATER)
        total += found[:, :2]
        weights += found[:, 2:]
    result = np.zeros((opened.size, 3), np.float32)
    result[some] = np.hstack([total / weights, np.ones_like(weights)])
    smooth = cv2.blur(result.reshape(*shape, 3), (3, 3))
    return cast(Plane, smooth[..., :2] / np.maximum(smooth[..., 2:], 1 / 9))


def _places(shape: tuple[int, ...], reach: float) -> Plane:
    """Rows and columns [n, 2] in units of `reach`, a share of the longer side."""
    grid = np.mgrid[0 : shape[0], 0 : shape[1]].reshape(2, -1).T
    return (grid / (reach * max(shape))).astype(np.float32)


def _gathered(mine: Plane, theirs: Plane, values: Plane) -> Plane:
    """Sums of the values [m, k] of all known cells for each open one [n, k], by their likeness."""
    rows: list[Plane] = []
    for part in np.array_split(mine, max(1, len(mine) // 512)):
        square = (part**2).sum(1)[:, None] + (theirs**2).sum(1)[None] - 2 * part @ theirs.T
        rows.append(np.exp(-0.5 * np.maximum(square, 0)) @ values)
    return np.concatenate(rows)
