"""Chosen colors continued: known cells stay, others follow the prediction as it was changed elsewhere."""

from __future__ import annotations

import numpy as np

from restore.filters.continued_colors import ColorCells, continued_colors
from restore.filters.flow import Plane

SIZE = (24, 32)


def _halves() -> tuple[Plane, Plane]:
    """A picture with a dark left and a bright right half, and the colors that a network predicts for it."""
    luma = np.full(SIZE, 0.3, np.float32)
    luma[:, 16:] = 0.7
    predicted = np.zeros((*SIZE, 2), np.float32)
    predicted[:, 16:] = (0.05, -0.02)
    return luma, predicted


def test_known_cells_keep_their_color() -> None:
    """Whatever the network predicts."""
    luma, predicted = _halves()
    chosen = np.random.default_rng(1).normal(0, 0.1, (*SIZE, 2)).astype(np.float32)
    sure = np.ones(SIZE, np.float32)
    sure[10:14, 10:14] = 0
    found = continued_colors(ColorCells(chosen, sure, predicted, luma))
    assert np.array_equal(found[sure == 1], chosen[sure == 1])


def test_a_hole_gets_the_color_around_it() -> None:
    """In a uniform area."""
    luma, predicted = _halves()
    chosen = predicted + np.float32((0.1, 0.1))
    sure = np.ones(SIZE, np.float32)
    sure[8:16, 20:28] = 0
    found = continued_colors(
        ColorCells(np.where(sure[..., None] > 0, chosen, 0), sure, predicted, luma)
    )
    assert np.abs(found - chosen)[8:16, 20:28].max() < 0.015


def test_a_hole_across_an_edge_gets_both_colors() -> None:
    """Dark cells follow dark ones, bright cells bright ones."""
    luma, predicted = _halves()
    chosen = np.where(luma[..., None] > 0.5, np.float32((0.1, 0.0)), np.float32((-0.1, 0.05)))
    sure = np.ones(SIZE, np.float32)
    sure[6:18, 12:20] = 0
    found = continued_colors(ColorCells(chosen * sure[..., None], sure, predicted, luma))
    # the smoothing of what is spread mixes the cells next to the edge
    assert np.abs(found - chosen)[6:18, [12, 13, 14, 17, 18, 19]].max() < 0.03


def test_behind_a_moving_thing_is_the_background() -> None:
    """Of two equally bright things nearby, the one that moves like the hole gives its color."""
    luma = np.full(SIZE, 0.5, np.float32)
    predicted = np.zeros((*SIZE, 2), np.float32)
    motion = np.zeros((*SIZE, 2), np.float32)
    motion[:, 20:] = (1.0, 0.0)
    chosen = np.zeros((*SIZE, 2), np.float32)
    chosen[:, 20:], chosen[:, :20] = (0.0, 0.2), (0.1, 0.0)
    sure = np.ones(SIZE, np.float32)
    sure[:, 16:20] = 0
    found = continued_colors(ColorCells(chosen * sure[..., None], sure, predicted, luma), motion)
    assert np.abs(found - chosen)[:, 16:20].mean() < 0.02
    blind = continued_colors(ColorCells(chosen * sure[..., None], sure, predicted, luma))
    assert np.abs(blind - chosen)[:, 16:20].mean() > 0.03


def test_far_from_everything_known_the_prediction_counts() -> None:
    """One known cell does not give its color to all others."""
    luma, predicted = _halves()
    chosen = np.full((*SIZE, 2), 0.3, np.float32)
    sure = np.zeros(SIZE, np.float32)
    sure[0, 0] = 1
    found = continued_colors(ColorCells(chosen, sure, predicted, luma))
    assert np.abs(found - predicted)[:, 20:].mean() < 0.02


def test_a_thing_gets_its_chosen_color_again() -> None:
    """Nothing of it is known in this frame, but the frame whose colors were chosen shows it elsewhere."""
    luma, predicted = _halves()
    chosen = np.where(luma[..., None] > 0.5, np.float32((0.1, -0.1)), np.float32((0.0, 0.0)))
    before = ColorCells(chosen, np.ones(SIZE, np.float32), predicted, luma)
    here = ColorCells(
        np.zeros((*SIZE, 2), np.float32),
        (luma[:, ::-1] < 0.5).astype(np.float32),
        np.ascontiguousarray(predicted[:, ::-1]),
        np.ascontiguousarray(luma[:, ::-1]),
    )
    found = continued_colors(here, None, before)
    assert np.abs(found[:, :12] - (0.1, -0.1)).max() < 0.03
    assert np.abs(continued_colors(here)[:, :12] - (0.1, -0.1)).min() > 0.03
