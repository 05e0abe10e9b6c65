"""Cross color: dot crawl and rainbows of composite video are removed.

What chroma predicts in luma, and luma in chroma, is subtracted everywhere. What alternates after that is
removed where nothing moves.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, with_config

from restore.clip import Clip
from restore.filters.composite_signal import System
from restore.timing import Span
from restore.treatments.crosscolor.composite_faults import CompositeFaults
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

if TYPE_CHECKING:
    from torch import Tensor

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

    distance  frames from one phase to the opposite one; 0: phases are irregular
    cycles    periods of the pattern in the width of the picture
    strength  1: all of it
    system    the system of the subcarrier
    crawl     share of the sharp part of chroma that is in luma
    rainbows  share of the fine part of luma that is in chroma
    """

    distance: int
    cycles: float
    strength: float = 1.0
    system: System = "ntsc"
    crawl: float = 0.0
    rainbows: float = 0.0


def _start() -> ClipObserver[CompositeFaults]:
    from restore.treatments.crosscolor.find_subcarrier import CrosstalkObserver

    return CrosstalkObserver()


def _decide(
    shot: ShotKind, measure: CompositeFaults | None, options: CrosscolorOptions, film: FilmFacts
) -> CrosscolorDecision | None:
    share = strength(options.crosscolor, film)
    if measure is None or not share:
        return None
    return decision_for(measure, share)


def decision_for(measure: CompositeFaults, share: float = 1.0) -> CrosscolorDecision:
    """The removal of this share of what was measured."""
    pattern = (measure.system, measure.crawl, measure.rainbows)
    return CrosscolorDecision(measure.distance, measure.cycles, share, *pattern)


def treat(clip: Clip, span: Span, decision: CrosscolorDecision) -> Clip:
    """The frames of `span` without what the other part predicts and what alternates in still places."""
    import torch

    from restore.filters.crosstalk import Crosstalk, without_crosstalk

    own = clip.part(span.start, span.stop)
    if own.chroma is None or not decision.crawl:
        return own
    first = max(clip.index, span.start - decision.distance)
    near = clip.part(first, min(clip.index + len(clip), span.stop + decision.distance))
    parts = (decision.system, decision.cycles, decision.crawl, decision.rainbows)
    clean, most = without_crosstalk(near, Crosstalk(*parts))
    if decision.distance:
        clean = _steady(clean, most, span, decision)
    clean = clean.part(span.start, span.stop)
    assert clean.chroma is not None
    luma, chroma = (
        torch.lerp(one, other, decision.strength)
        for one, other in ((own.luma, clean.luma), (own.chroma, clean.chroma))
    )
    return replace(own, luma=luma, chroma=chroma)


def _steady(near: Clip, most: Tensor, span: Span, decision: CrosscolorDecision) -> Clip:
    """The frames of `span` without what alternates where nothing moves, in luma not more than `most`."""
    from torch.nn import functional

    from restore.filters.subcarrier import smooth_luma, without_alternation

    own = near.part(span.start, span.stop)
    assert own.chroma is not None
    assert near.chroma is not None
    frames = (span.start - near.index, span.stop - near.index, decision.distance)
    smooth = smooth_luma(near.luma, near.luma.shape[-1] / decision.cycles)
    dots = without_alternation(near.luma - smooth, smooth, *frames)
    most = most[frames[0] : frames[1]]
    luma = own.luma - dots.clamp(-most, most)
    if not decision.rainbows:
        return replace(own, luma=luma)
    still = functional.interpolate(smooth, near.chroma.shape[-2:], mode="bilinear")
    rainbows = without_alternation(near.chroma, still, *frames)
    return replace(own, luma=luma, chroma=own.chroma - rainbows)


def at(measure: CompositeFaults, places: Sequence[int]) -> CompositeFaults | None:
    """The pattern of frames that consist of the frames with these indices in the shot.

    A frame of each field doubles the distance; where frames are dropped the phases are not regular: then what
    alternates is unknown, but every field still shows its own phase.
    """
    steps = {later - place for place, later in itertools.pairwise(places)}
    if steps <= {1}:
        return measure
    if steps == {0, 1} and len(places) >= 2 * (places[-1] - places[0]):
        return replace(measure, distance=2 * measure.distance)
    return replace(measure, distance=0)


def _notes(
    shots: Sequence[TreatedShot[CompositeFaults, CrosscolorDecision]],
    options: CrosscolorOptions,
    film: FilmFacts,
) -> Iterator[str]:
    if treated := [shot for shot in shots if shot.decision]:
        yield (
            f"{shots_that(treated, shots, 'has', 'have')} the dots and rainbows of composite video: they are "
            "removed (--crosscolor 0 leaves them)"
        )


def _example(clip: Clip) -> CrosscolorDecision:
    """Opposite phases in consecutive frames, four samples a period."""
    return CrosscolorDecision(1, clip.luma.shape[-1] / 4, crawl=0.5, rainbows=0.2)


def _dotted() -> Clip:
    """A still gray frame with two colors, and dots where they meet."""
    import math

    import torch

    from restore.clip import ColorSpec

    chroma = torch.zeros(12, 2, 24, 32)
    chroma[:, 1, :, 16:] = 0.3
    wave = torch.cos(torch.arange(64) * math.pi / 2)
    rows = 1 - 2 * (torch.arange(48) // 2 % 2)
    frames = 1 - 2 * (torch.arange(12) % 2)
    edge = 0.1 * torch.exp(-0.1 * (torch.arange(64) - 32).square()) * wave
    dots = (edge * rows[:, None] * frames[:, None, None])[:, None]
    return Clip(0.5 + dots, chroma, 100, ColorSpec("bt601", "limited"))


def _found(measure: CompositeFaults, film: FilmFacts) -> str:
    return f"dot crawl of {measure.system.upper()} in {measure.share:.1%} of the picture"


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
