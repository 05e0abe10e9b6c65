"""How surprising the colors of a film are: their likelihood under the model that draws variants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from restore.errors import UsageError
from restore.jobs.color_choices import Chooser, color_decision
from restore.jobs.shot_pictures import shot_pictures
from restore.timing import Span
from restore.treatments.colorize.chosen import nearest_anchor

if TYPE_CHECKING:
    from restore.filters.flow import Plane
    from restore.plan import ShotPlan
    from restore.run.frames import Job


def color_surprises(job: Job, sampler: str | None = None) -> tuple[float | None, ...]:
    """For each shot of the plan, the surprise of its colors in bits per value.

    None for a shot that gets no colors; None for all without a model that draws variants, or with one that
    cannot be used (`sampler`: its name, or None for the one that ships): the film is finished all the same.
    """
    shots = job.plan.shots
    chooser = Chooser(job, sampler)
    if not any(map(color_decision, shots)) or not _can_draw(chooser):
        return (None,) * len(shots)
    return tuple(_surprise(chooser, shot) for shot in shots)


def _can_draw(chooser: Chooser) -> bool:
    try:
        _ = chooser.draws
    except UsageError:
        return False
    return True


def _surprise(chooser: Chooser, shot: ShotPlan) -> float | None:
    """That of the frame in the middle; with chosen colors, of the nearest anchor."""
    from restore.treatments.colorize.sampler import surprise

    decision, span = color_decision(shot), shot.span
    if decision is None:
        return None
    colors = decision.choice.colors if decision.choice else None
    frame = (len(span) - 1) // 2
    frame = span.start + (nearest_anchor(span, frame) if colors else frame)
    with shot_pictures(chooser.job, Span(frame, frame + 1)) as luma:
        here = luma[0]
    chroma: Plane = (
        np.moveaxis(colors.at(frame).numpy(), 0, -1) if colors else chooser.network.predict(here)
    )
    return round(surprise(chooser.draws, here, decision.saturation * chroma), 3)
