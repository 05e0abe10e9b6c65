"""Shots whose fields follow no regular cadence: they are treated as video, a moment in every field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from restore.treatments.deinterlace.cadence.hypotheses import AFTER, BEFORE, CADENCES, SAME
from restore.treatments.deinterlace.cadence.path import cadence_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from restore.treatments.deinterlace.cadence.likelihood import Likelihood
    from restore.treatments.deinterlace.cadence.path import Predictions
    from restore.treatments.deinterlace.shot_fields import Stretch

    Figures = NDArray[np.floating[Any]]

AGAINST = -0.35
"""The mean log-likelihood of a field below which a cadence of film is wrong; right ones have -0.3 or more."""

AGAINST_PROGRESSIVE = -0.6
"""The same for progressive frames: very strong compression alone can give them -0.41."""

ENOUGH = -10.0
"""The log-likelihood of such fields in total must be below this, too."""


def unsettled(
    found: Likelihood, expected: Predictions, start: int, stretches: Sequence[Stretch]
) -> list[bool]:
    """Which stretches of a shot are contradicted by their fields: all if half of the shot is.

    The stretches are from the most likely path, which predicts `expected`; `start` is the shot's first field.
    Fields that are video do not count, nor do repetitions in the film itself.
    """
    fits = [_fits(found, expected, start, each) for each in stretches]
    wrong = [
        float(fit.mean()) < (AGAINST if each.kind == "film" else AGAINST_PROGRESSIVE)
        for fit, each in zip(fits, stretches, strict=True)
    ]
    against = [float(fit.sum()) if bad else 0.0 for fit, bad in zip(fits, wrong, strict=True)]
    share = sum(len(fit) for fit, bad in zip(fits, wrong, strict=True) if bad)
    if sum(against) < ENOUGH and 2 * share >= sum(len(fit) for fit in fits):
        return [True] * len(stretches)
    return [each < ENOUGH for each in against]


def video_order(found: Likelihood, start: int, stop: int) -> int:
    """The field order, TFF or BFF, that fits these fields best if each shows a moment of its own."""
    scores = cadence_scores(found, start, stop)
    video = [number for number, each in enumerate(CADENCES) if each.pattern == (1,)]
    return CADENCES[max(video, key=lambda number: float(scores[number]))].order


def _fits(found: Likelihood, expected: Predictions, start: int, stretch: Stretch) -> Figures:
    """How much less likely the prediction of each field is than the best other one.

    Frames of stretches that are not film are whole, unless the path repeats them: it also has cuts within
    frames, which excuse anything.
    """
    fields = np.arange(start + stretch.start, start + stretch.stop)
    if stretch.kind in ("video", "blended"):
        return np.zeros(len(fields))
    predicted = expected.own[fields]
    if stretch.kind != "film":
        whole = np.where(fields % 2 == 0, AFTER, BEFORE)
        predicted = np.where(predicted == SAME, SAME, whole)
    likely = found.own[expected.order[fields], fields]
    chosen = np.take_along_axis(likely, predicted[:, None], axis=1)[:, 0]
    # Of other predictions, whether the film moves at all is left out: it may repeat frames itself.
    best = np.where(predicted == SAME, 0, likely[:, :SAME].max(axis=1))
    return chosen - best
