"""Cross color: dot crawl and rainbows of composite video are removed where nothing moves."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import BaseModel, with_config

from restore.clip import Clip
from restore.timing import Span
from restore.treatments.crosscolor.composite_faults import CYCLES, CompositeFaults
from restore.treatments.film_facts import FilmFacts, ShotKind
from restore.treatments.measure import ClipObserver, FrameMeasure
from restore.treatments.option import Share, repair_option
from restore.treatments.treatment import (
    STRICT,
    Description,
    Example,
    NoSettings,
    TreatedShot,
    Treatment,
    shots_that,
    strength,
)

RADIUS = 4
"""Frames of context on each side: PAL repeats its phase after four frames, which are eight at field rate."""


class CrosscolorOptions(BaseModel):
    """How much of the patterns of composite video is removed."""

    model_config = STRICT

    crosscolor: Annotated[Share, repair_option("dot crawl and rainbows")] = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class CrosscolorDecision:
    """The pattern that is removed from a shot.

    distance  frames from one phase to the opposite one
    cycles    periods of the pattern in the width of the picture
    strength  1: all of it
    """

    distance: int
    cycles: float
    strength: float = 1.0


def _start() -> ClipObserver[CompositeFaults]:
    from restore.treatments.crosscolor.find_pattern import PatternObserver

    return PatternObserver()


def _decide(
    shot: ShotKind, measure: CompositeFaults | None, options: CrosscolorOptions, film: FilmFacts
) -> CrosscolorDecision | None:
    share = strength(options.crosscolor, film)
    if measure is None or not share:
        return None
    return CrosscolorDecision(measure.distance, measure.cycles, share)


def treat(clip: Clip, span: Span, decision: CrosscolorDecision) -> Clip:
    """The frames of `span` without what alternates at the subcarrier, where nothing moves."""
    import torch

    from restore.filters.resample import luma_at_chroma
    from restore.filters.subcarrier import smooth_luma, without_alternation

    first = max(clip.index, span.start - decision.distance)
    near = clip.part(first, min(clip.index + len(clip), span.stop + decision.distance))
    own = clip.part(span.start, span.stop)
    frames = (span.start - first, span.stop - first, decision.distance)
    smooth = smooth_luma(near.luma, near.luma.shape[-1] / decision.cycles)
    pattern = without_alternation(near.luma - smooth, smooth, *frames)
    luma = own.luma - decision.strength * pattern
    if own.chroma is None or near.chroma is None:
        return replace(own, luma=luma)
    still = luma_at_chroma(replace(near, luma=smooth))
    rainbows = without_alternation(near.chroma, still, *frames)
    chroma = torch.sub(own.chroma, rainbows, alpha=decision.strength)
    return replace(own, luma=luma, chroma=chroma)


def at(measure: CompositeFaults, places: Sequence[int]) -> CompositeFaults | None:
    """The pattern of frames that consist of the frames with these indices in the shot.

    A frame of each field doubles the distance; where frames are dropped the phases are not regular.
    """
    steps = {later - place for place, later in itertools.pairwise(places)}
    if steps <= {1}:
        return measure
    if steps == {0, 1} and len(places) >= 2 * (places[-1] - places[0]):
        return replace(measure, distance=2 * measure.distance)
    return None


def _notes(
    shots: Sequence[TreatedShot[CompositeFaults, CrosscolorDecision]],
    options: CrosscolorOptions,
    film: FilmFacts,
) -> Iterator[str]:
    if treated := [shot for shot in shots if shot.decision]:
        yield (
            f"{shots_that(treated, shots, 'has', 'have')} the dots and rainbows of composite video: they are "
            "removed where nothing moves (--crosscolor 0 leaves them)"
        )


def _example(clip: Clip) -> CrosscolorDecision:
    """Opposite phases in consecutive frames, four samples a period."""
    return CrosscolorDecision(1, clip.luma.shape[-1] / 4)


def _dotted() -> Clip:
    """A still gray frame with a pattern of dots that alternates."""
    import math

    import torch

    from restore.clip import ColorSpec

    wave = 0.1 * torch.cos(torch.arange(64) * math.pi / 2)
    rows = 1 - 2 * ((torch.arange(48) + 1) // 2 % 2)
    frames = 1 - 2 * (torch.arange(12) % 2)
    dots = wave * rows[:, None] * frames[:, None, None]
    return Clip(0.5 + dots[:, None], torch.zeros(12, 2, 24, 32), 100, ColorSpec("bt601", "limited"))


def _found(measure: CompositeFaults, film: FilmFacts) -> str:
    system = "NTSC" if measure.cycles == CYCLES[1] else "PAL"
    return f"dot crawl of {system} in {measure.share:.1%} of the picture"


CROSSCOLOR = Treatment(
    name="crosscolor",
    title="dot crawl and rainbows",
    order=66,
    options=CrosscolorOptions,
    settings=NoSettings,
    decision=CrosscolorDecision,
    requested=lambda options, film: strength(options.crosscolor, film) > 0,
    decide=_decide,
    settle=lambda options, film, card: NoSettings(),
    radius=lambda settings: RADIUS,
    load=lambda settings, engine: treat,
    describe=Description(
        done=lambda decision: "dot crawl removed",
        whole=lambda settings, film: "dot crawl removed",
        found=_found,
        figures=lambda measure, film: {"dot_crawl_share": measure.share if measure else 0.0},
        notes=_notes,
    ),
    example=Example(NoSettings(), _example, _dotted),
    measure=FrameMeasure(CompositeFaults, _start, at),
)
