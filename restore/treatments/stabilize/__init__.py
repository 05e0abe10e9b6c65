"""Stabilize: frames that weave in the gate are moved back to their mean position or smooth path."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, with_config

from restore.clip import Clip
from restore.timing import Span
from restore.treatments.film_facts import FilmFacts, ShotKind
from restore.treatments.measure import Measure, Observer, picked
from restore.treatments.option import Share, repair_option
from restore.treatments.stabilize.weave import Weave
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

if TYPE_CHECKING:
    import torch


class StabilizeOptions(BaseModel):
    """How much gate weave is removed."""

    model_config = STRICT

    stabilize: Annotated[Share, repair_option("gate weave")] = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class StabilizeDecision:
    """How far the frames of a shot are moved back.

    first        the shot's first frame
    down, right  one a frame from there on, as shares of the frame's height and width
    bars         static black at the top, bottom, left and right, as shares of the same
    """

    first: int
    down: tuple[float, ...]
    right: tuple[float, ...]
    bars: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


def _start() -> Observer[Weave]:
    from restore.treatments.stabilize.gate import WeaveObserver

    return WeaveObserver()


def _share(options: StabilizeOptions, film: FilmFacts) -> float:
    """Interlaced frames are not moved: their rows would move into the other field."""
    return 0.0 if film.interlaced else strength(options.stabilize, film)


def _decide(
    shot: ShotKind, measure: Weave | None, options: StabilizeOptions, film: FilmFacts
) -> StabilizeDecision | None:
    share = _share(options, film)
    if measure is None or not share:
        return None
    down, right = (tuple(value * share for value in side) for side in (measure.down, measure.right))
    return StabilizeDecision(shot.span.start, down, right, measure.bars)


def treat(clip: Clip, span: Span, decision: StabilizeDecision) -> Clip:
    """The frames of `span` at their corrected position; the border is repeated outwards."""
    own = clip.part(span.start, span.stop)
    sides = (of_shot(side, decision.first, span) for side in (decision.down, decision.right))
    path = list(zip(*sides, strict=True))
    chroma = None if own.chroma is None else _placed(own.chroma, path, decision.bars)
    return replace(own, luma=_placed(own.luma, path, decision.bars), chroma=chroma)


def _placed(
    planes: torch.Tensor, path: Sequence[tuple[float, float]], bars: Sequence[float]
) -> torch.Tensor:
    """Planes [T, C, H, W] with the area between the bars moved back by the path."""
    from restore.filters.shift import moved

    height, width = planes.shape[-2:]
    top, bottom = round(bars[0] * height), height - round(bars[1] * height)
    left, right = round(bars[2] * width), width - round(bars[3] * width)
    back = [(-down * height, -aside * width) for down, aside in path]
    result = planes.clone()
    result[..., top:bottom, left:right] = moved(planes[..., top:bottom, left:right], back)
    return result


def at(measure: Weave, places: Sequence[int]) -> Weave:
    """The weave of frames that consist of the frames with these indices in the shot."""
    return Weave(picked(measure.down, places), picked(measure.right, places), measure.bars)


def _figures(measure: Weave | None, film: FilmFacts) -> dict[str, float | None]:
    return {"weave_pixels": measure.pixels(film.width, film.height) if measure else None}


def _notes(
    shots: Sequence[TreatedShot[Weave, StabilizeDecision]],
    options: StabilizeOptions,
    film: FilmFacts,
) -> Iterator[str]:
    treated = [shot.measure for shot in shots if shot.measure and shot.decision]
    if reaches := [weave.pixels(film.width, film.height) for weave in treated]:
        yield (
            f"{shots_that(reaches, shots, 'weaves', 'weave')} in the gate ({max(reaches):.1f} pixels in the "
            "worst): the weave is removed (--stabilize 0 leaves it)"
        )
    if options.stabilize and film.interlaced:
        yield "interlaced films are not stabilized"


def _example(clip: Clip) -> StabilizeDecision:
    """A gate that weaves by a hundredth of the frame."""
    wave = tuple(0.01 * math.sin(frame) for frame in range(len(clip)))
    return StabilizeDecision(clip.index, wave, wave)


STABILIZE = Treatment(
    name="stabilize",
    title="gate weave",
    order=40,
    options=StabilizeOptions,
    settings=NoSettings,
    decision=StabilizeDecision,
    requested=lambda options, film: _share(options, film) > 0,
    decide=_decide,
    settle=lambda options, film, card: NoSettings(),
    radius=lambda settings: 0,
    load=lambda settings, engine: treat,
    describe=Description(
        done=lambda decision: "weave removed",
        whole=lambda settings, film: "weave removed",
        found=lambda measure, film: (
            f"weaves by {measure.pixels(film.width, film.height):.1f} pixels"
        ),
        figures=_figures,
        notes=_notes,
    ),
    example=Example(NoSettings(), _example),
    measure=Measure(Weave, _start, at),
)
