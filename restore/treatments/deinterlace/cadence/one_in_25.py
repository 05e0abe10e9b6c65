"""Film of 24 frames a second shown at 25 by repeating one frame in 25."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from restore.treatments.deinterlace.shot_fields import ShotFields, Stretch

PATTERN = (2,) * 23 + (4,)
"""How many fields the moments have in turn."""

CYCLE = 25
"""Frames from one repeated frame to the next."""

ENOUGH = 2
"""The least number of repeated frames that follow another one at this distance, in all shots together."""

MOST = 0.8
"""The least share of the shots with repeated frames in which all have this distance."""


def one_in_25(measures: Sequence[ShotFields]) -> list[ShotFields]:
    """The measures, with the pattern where progressive frames repeat in this way throughout the film."""
    repeating = [measure for measure in measures if measure.repeats]
    fit = [measure for measure in repeating if _fits(measure)]
    intervals = sum(len(measure.repeats) - 1 for measure in fit)
    if intervals < ENOUGH or len(fit) < MOST * len(repeating):
        return list(measures)
    return [_with_pattern(measure) if _fits(measure) else measure for measure in measures]


def _fits(measure: ShotFields) -> bool:
    """Whether the repeated frames of a shot do not contradict the pattern."""
    return len({frame % CYCLE for frame in measure.repeats}) == 1


def _with_pattern(measure: ShotFields) -> ShotFields:
    """A progressive shot with the phase that its first repeated frame shows; others stay as they are."""
    stretch = measure.stretches[0]
    if len(measure.stretches) > 1 or stretch.kind != "progressive":
        return measure
    # the moment of four fields is the last of the pattern: it begins with the frame that is repeated
    phase = (sum(PATTERN) - 4 - 2 * (measure.repeats[0] - 1)) % sum(PATTERN)
    return replace(measure, stretches=(Stretch(0, stretch.stop, "film", None, PATTERN, phase),))
