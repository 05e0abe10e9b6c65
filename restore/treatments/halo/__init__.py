"""Halo: the light and dark lines that edge enhancement puts next to vertical edges are removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import BaseModel, with_config

from restore.clip import Clip
from restore.timing import Span
from restore.treatments.film_facts import FilmFacts, ShotKind
from restore.treatments.halo.halo_observer import Halo, HaloObserver
from restore.treatments.measure import ALL_ROWS, BandMeasure
from restore.treatments.option import Share, repair_option
from restore.treatments.treatment import (
    STRICT,
    Description,
    Example,
    NoSettings,
    TreatedShot,
    Treatment,
    shots_of,
    strength,
    tape_strength,
)


class HaloOptions(BaseModel):
    """How much of the halos of edges is removed."""

    model_config = STRICT

    halo: Annotated[Share, repair_option("of the halos of edge enhancement")] = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class HaloDecision:
    """The edge enhancement that is reversed (ring_fit.Ringing), in columns, and how much of it."""

    amount: float
    distance: float
    echo: float = 0.0
    delay: int = 0
    strength: float = 1.0


def _decide(
    shot: ShotKind, measure: Halo | None, options: HaloOptions, film: FilmFacts
) -> HaloDecision | None:
    share = tape_strength(options.halo, shot, film)
    if measure is None or not share:
        return None
    return HaloDecision(measure.amount, measure.distance, measure.echo, measure.delay, share)


def treat(clip: Clip, span: Span, decision: HaloDecision) -> Clip:
    """The frames of `span` without halos; chroma has none."""
    from restore.filters.ringing import without_ringing

    own = clip.part(span.start, span.stop)
    enhanced = (decision.amount, decision.distance, decision.echo, decision.delay)
    luma = without_ringing(own.luma, *enhanced)
    if decision.strength < 1:
        luma = own.luma + decision.strength * (luma - own.luma)
    return replace(own, luma=luma)


def _notes(
    shots: Sequence[TreatedShot[Halo, HaloDecision]], options: HaloOptions, film: FilmFacts
) -> Iterator[str]:
    if sizes := [shot.measure.overshoot for shot in shots if shot.measure and shot.decision]:
        yield (
            f"edges have halos in {shots_of(sizes, shots)} ({max(sizes):.0%} of the edge in the worst): they "
            "are removed (--halo 0 leaves them)"
        )


HALO = Treatment(
    name="halo",
    title="halos of edges",
    order=55,
    options=HaloOptions,
    settings=NoSettings,
    decision=HaloDecision,
    requested=lambda options, film: strength(options.halo, film) > 0,
    decide=_decide,
    settle=lambda options, film, card: NoSettings(),
    radius=lambda settings: 0,
    load=lambda settings, engine: treat,
    describe=Description(
        done=lambda decision: "halos removed",
        whole=lambda settings, film: "halos removed",
        found=lambda measure, film: f"edges overshoot by {measure.overshoot:.0%}",
        figures=lambda measure, film: {"halo": measure.overshoot if measure else None},
        notes=_notes,
    ),
    example=Example(NoSettings(), lambda clip: HaloDecision(0.6, 2.0, -0.2, 4)),
    measure=BandMeasure(Halo, ALL_ROWS, HaloObserver),
)
