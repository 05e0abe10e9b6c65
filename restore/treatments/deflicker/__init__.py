"""Deflicker: brightness changes from frame to frame are removed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import BaseModel, with_config

from restore.clip import Clip
from restore.timing import Span
from restore.treatments.deflicker.flicker_curve import Flicker
from restore.treatments.film_facts import FilmFacts, ShotKind
from restore.treatments.measure import Measure, Observer, picked
from restore.treatments.option import Share, repair_option
from restore.treatments.treatment import (
    STRICT,
    Description,
    Example,
    NoSettings,
    TreatedShot,
    Treatment,
    of_shot,
    shots_that,
    strength,
)


class DeflickerOptions(BaseModel):
    """How much flicker is removed."""

    model_config = STRICT

    deflicker: Annotated[Share, repair_option("flicker")] = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class DeflickerDecision:
    """The shot's first frame, and for each frame from there on gain and offset of its luma, nominal."""

    first: int
    gain: tuple[float, ...]
    offset: tuple[float, ...]


def _start() -> Observer[Flicker]:
    from restore.treatments.deflicker.light import FlickerObserver

    return FlickerObserver()


def _decide(
    shot: ShotKind, measure: Flicker | None, options: DeflickerOptions, film: FilmFacts
) -> DeflickerDecision | None:
    share = strength(options.deflicker, film)
    if measure is None or not share:
        return None
    gain = tuple(1 + (value - 1) * share for value in measure.gain)
    offset = tuple(value * share for value in measure.offset)
    return DeflickerDecision(shot.span.start, gain, offset)


def treat(clip: Clip, span: Span, decision: DeflickerDecision) -> Clip:
    """The frames of `span` with their shot's brightness; chroma is scaled by the same gain."""
    import torch

    from restore.filters.relight import relit

    own = clip.part(span.start, span.stop)
    gain, offset = (
        torch.tensor(of_shot(values, decision.first, span))
        for values in (decision.gain, decision.offset)
    )
    chroma = None if own.chroma is None else own.chroma * gain.view(-1, 1, 1, 1)
    return replace(own, luma=relit(own.luma, gain, offset), chroma=chroma)


def at(measure: Flicker, places: Sequence[int]) -> Flicker:
    """The flicker of frames that consist of the frames with these indices in the shot."""
    return Flicker(picked(measure.gain, places), picked(measure.offset, places))


def _notes(
    shots: Sequence[TreatedShot[Flicker, DeflickerDecision]],
    options: DeflickerOptions,
    film: FilmFacts,
) -> Iterator[str]:
    if depths := [shot.measure.depth for shot in shots if shot.measure and shot.decision]:
        yield (
            f"{shots_that(depths, shots, 'flickers', 'flicker')} ({max(depths):.1%} of white in the worst): "
            "the flicker is removed (--deflicker 0 leaves it)"
        )


def _example(clip: Clip) -> DeflickerDecision:
    """Brightness that changes by a hundredth from frame to frame."""
    wave = tuple(0.01 * math.sin(frame) for frame in range(len(clip)))
    return DeflickerDecision(clip.index, tuple(1 + w for w in wave), wave)


DEFLICKER = Treatment(
    name="deflicker",
    title="flicker",
    order=30,
    options=DeflickerOptions,
    settings=NoSettings,
    decision=DeflickerDecision,
    requested=lambda options, film: strength(options.deflicker, film) > 0,
    decide=_decide,
    settle=lambda options, film, card: NoSettings(),
    radius=lambda settings: 0,
    load=lambda settings, engine: treat,
    describe=Description(
        done=lambda decision: "flicker removed",
        whole=lambda settings, film: "flicker removed",
        found=lambda measure, film: f"flickers by {measure.depth:.1%}",
        figures=lambda measure, film: {"flicker": measure.depth if measure else None},
        notes=_notes,
    ),
    example=Example(NoSettings(), _example),
    measure=Measure(Flicker, _start, at),
)
