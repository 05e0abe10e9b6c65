"""The decisions of all treatments for each shot, and the segments of the job."""

from __future__ import annotations

from collections.abc import Sequence

from restore.plan.plan import ShotPlan
from restore.plan.requirements import Options
from restore.survey.findings import Shot
from restore.timing import Span, cut_evenly
from restore.treatments import catalog
from restore.treatments.film_facts import FilmFacts


def pack_segments(shots: Sequence[Span], bound: int) -> tuple[Span, ...]:
    """Segments of at most `bound` frames that cover the shots: long ones divided, short ones combined."""
    segments: list[Span] = []
    for shot in shots:
        for piece in cut_evenly(shot, bound):
            last = segments[-1] if segments else None
            if last and piece.stop - last.start <= bound:
                segments[-1] = Span(last.start, piece.stop)
            else:
                segments.append(piece)
    return tuple(segments)


def shot_plan(shot: Shot, options: Options, film: FilmFacts) -> ShotPlan:
    """The decisions of all treatments for one shot; `film` states whether a network computes its luma."""
    decided = {
        name: treatment.decide(shot, shot.measures.get(name), options[name], film)
        for name, treatment in catalog.TREATMENTS.items()
    }
    decisions = {name: one for name, one in decided.items() if one is not None}
    return ShotPlan(shot.span, shot.content, shot.color, decisions)
