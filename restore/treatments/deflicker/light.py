"""Measures flicker, and the change that brings each frame to the light of its neighbors.

The luma of a frame is compared cell by cell with the median of the frames around it, which neither flicker
nor a lamp that is switched on changes early; cells with motion lose their weight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from restore.treatments.deflicker.flicker_curve import Flicker
from restore.treatments.measure import SurveyFrame
from restore.treatments.measuring.jitter import FEWEST, is_level, jump_share, jump_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

CELLS = (12, 16)
"""Rows and columns of cells whose mean luma is compared."""

AROUND = 8
"""Frames on each side whose median a frame is compared with."""

FLICKERS = 0.002
"""The least jump of the brightness (root mean square of most frames), in nominal luma, of a shot that
flickers: the training clips have up to 0.0003, except one in time lapse."""

JUMP_SHARE = 0.25
"""The least share of the jitter that must jump: hand-cranked cameras vary over a few frames (0.29)."""

SURE = 0.5
"""The largest difference between the changes of the four quarters of the picture, as a share of the jumps."""

_FLASH, _LEAST_FLASH = 6.0, 0.08
"""A change of so many times the usual one, and of at least so much luma, belongs to the scene: a flash."""

_PASSES = 2
"""In the second pass frames are compared with neighbors without flicker."""

_DARK, _LIGHT = 0.03, 0.97
"""Cells outside these nominal values are clipped and have no weight."""

_FEWEST_CELLS = 24
_MOST = 0.2
_MOST_LIFTED = 0.05
"""The largest change of a frame's gain, and of its level: the order of tones is kept (filters/relight.py)."""


class FlickerObserver:
    """Takes the reduced frames of a shot in order; returns the flicker at its end."""

    def __init__(self) -> None:
        self._cells: list[NDArray[np.float16]] = []

    def see(self, frame: SurveyFrame) -> None:
        """The shot's next frame."""
        means = cv2.resize(frame.y.astype(np.float32), CELLS[::-1], interpolation=cv2.INTER_AREA)
        self._cells.append(((means.ravel() - 16) / 219).astype(np.float16))

    def result(self) -> Flicker | None:
        """The change of each frame's brightness; None if it is steady, or the measure is not certain."""
        if len(self._cells) < FEWEST:
            return None
        cells = np.array(self._cells, np.float64)
        level = bool(is_level(cells.mean(1, keepdims=True))[0])
        gain, offset = np.ones(len(cells)), np.zeros(len(cells))
        doubts = np.zeros(len(cells))
        for _ in range(_PASSES):
            lit = gain[:, None] * cells + offset[:, None]
            for frame in range(len(cells)):
                model = np.median(lit[_around(frame, len(cells), level)], 0)
                gain[frame], offset[frame], doubts[frame] = relight(cells[frame], model)
        middle = cells.mean()
        changes = ((gain - 1) * middle + offset)[:, None]
        jumps = jump_size(changes)
        if (
            jumps < FLICKERS
            or jump_share(changes) < JUMP_SHARE
            or float(doubts.mean()) > SURE * jumps
        ):
            return None
        flash = np.abs(changes[:, 0]) > max(_FLASH * jumps, _LEAST_FLASH)
        gain, offset = np.where(flash, 1, gain), np.where(flash, 0, offset)
        return Flicker(*(tuple(round(float(v), 5) for v in values) for values in (gain, offset)))


def relight(cells: Values, model: Values) -> tuple[float, float, float]:
    """Gain and offset that bring a frame's cells to the light of the model, and the quarters' difference.

    Both are means of luma [cells], nominal. Cells that the change does not explain lose their weight; a
    gain without offset is preferred, as exposure makes it, where cells of little contrast do not decide.
    """
    good = (np.minimum(cells, model) > _DARK) & (np.maximum(cells, model) < _LIGHT)
    if good.sum() < _FEWEST_CELLS:
        return 1.0, 0.0, 0.0
    weight = good.astype(np.float64)
    gain, offset = 1.0, 0.0
    for _ in range(8):
        whole = float(weight.sum())
        ours, theirs = float(weight @ cells) / whole, float(weight @ model) / whole
        ratio = theirs / ours
        away = weight * (cells - ours)
        left = float(np.median(np.abs(model - gain * cells - offset)[good]))
        prior = whole * (1e-4 + 4 * left * left)
        tilt = float(away @ (model - theirs) - ratio * (away @ cells)) / (
            float(away @ (cells - ours)) + prior
        )
        gain = min(max(ratio + tilt, 1 - _MOST), 1 + _MOST)
        offset = min(max(theirs - gain * ours, -_MOST_LIFTED), _MOST_LIFTED)
        squares = (model - gain * cells - offset) ** 2
        weight = good / (1 + squares / (float(np.median(squares[good])) + 1e-7)) ** 2
    return gain, offset, _disagreement(weight, model - gain * cells - offset)


def _disagreement(weight: Values, left: Values) -> float:
    """The error of the change by the four quarters of the picture, in nominal luma."""
    quarters = [
        (float(w.sum()), float((w * e).sum()))
        for w, e in zip(_quarters(weight), _quarters(left), strict=True)
    ]
    errors = [error / whole for whole, error in quarters if whole > 1]
    return float(np.std(errors)) / 2 if errors else 0.0


def _quarters(cells: Values) -> list[Values]:
    rows, columns = CELLS
    grid = cells.reshape(rows, columns)
    halves = (grid[: rows // 2], grid[rows // 2 :])
    return [
        part.ravel()
        for half in halves
        for part in (half[:, : columns // 2], half[:, columns // 2 :])
    ]


def _around(frame: int, count: int, level: bool) -> slice:
    """The frames that a frame is compared with: equally many on both sides unless the light is level."""
    reach = AROUND if level else min(AROUND, frame, count - 1 - frame)
    return slice(max(0, frame - reach), min(count, frame + reach + 1))
