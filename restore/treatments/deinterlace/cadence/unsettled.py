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
    Indices = NDArray[np.int64]

AGAINST = -0.2
"""The mean log-likelihood of a field below which a prediction is wrong; right ones have -0.12 or more, even on
worn and strongly compressed films."""

ENOUGH = -10.0
"""The log-likelihood of these fields in total must be below this, too."""


def is_unsettled(
    found: Likelihood, expected: Predictions, start: int, stretches: Sequence[Stretch]
) -> bool:
    """Whether the fields of a shot contradict the most likely path, which predicts `expected`.

    `stretches` are those of the shot by this path, `start` is its first field. Only fields that are not video
    count; repetitions in the film itself do not.
    """
    if any(each.kind == "blended" for each in stretches):
        return False
    fields = _fields(start, [each for each in stretches if each.kind != "video"])
    return _contradicts(_fits(found, expected.order[fields], fields, expected.own[fields]))


def is_combed(found: Likelihood, start: int, stretch: Stretch) -> bool:
    """Whether the two fields of the frames in a stretch certainly show different moments."""
    fields = _fields(start, [stretch])
    whole = np.where(fields % 2 == 0, AFTER, BEFORE)
    return _contradicts(_fits(found, np.zeros_like(fields), fields, whole))


def video_order(found: Likelihood, start: int, stop: int) -> int:
    """The field order, TFF or BFF, that fits these fields best if each shows a moment of its own."""
    scores = cadence_scores(found, start, stop)
    video = [number for number, each in enumerate(CADENCES) if each.pattern == (1,)]
    return CADENCES[max(video, key=lambda number: float(scores[number]))].order


def _fields(start: int, stretches: Sequence[Stretch]) -> Indices:
    """The numbers of the fields of these stretches."""
    ranges = [np.arange(start + each.start, start + each.stop) for each in stretches]
    return np.concatenate([*ranges, np.arange(0)])


def _fits(found: Likelihood, order: Indices, fields: Indices, predicted: Indices) -> Figures:
    """The log-likelihoods of the moments that are predicted, whatever the film's own motion is."""
    # How much the fields change is left out, except where they are predicted to be equal.
    placed = found.other[1 - order, fields, predicted]
    return np.where(predicted == SAME, found.own[order, fields, predicted], placed)


def _contradicts(fits: Figures) -> bool:
    return float(fits.sum()) < min(ENOUGH, AGAINST * len(fits))
