"""A treatment that is in no catalog: it inverts the foot of bright shots, written as a new one would be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import BaseModel, with_config

from restore.clip import Clip
from restore.timing import Span
from restore.treatments.film_facts import FilmFacts, ShotKind
from restore.treatments.measure import Measure, SurveyFrame
from restore.treatments.option import REPAIR, Option
from restore.treatments.treatment import STRICT, Description, Example, TreatedShot, Treatment

BRIGHT = 100
"""Mean code value of the shots that are marked."""


class InvertOptions(BaseModel):
    """Whether bright shots are inverted."""

    model_config = STRICT

    invert: Annotated[bool, Option("Invert the foot of bright shots.", REPAIR, per_shot=True)] = (
        False
    )


class InvertSettings(BaseModel):
    """How much of the picture's height is inverted."""

    model_config = STRICT

    share: float = 0.125


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class InvertDecision:
    """A shot that is inverted, and how bright it is."""

    brightness: float


@dataclass(frozen=True, slots=True)
class Brightness:
    """The mean code value of a shot."""

    mean: float


class _Observer:
    """Adds up the brightness of a shot."""

    def __init__(self) -> None:
        self._means: list[float] = []

    def see(self, picture: SurveyFrame) -> None:
        """The shot's next picture."""
        self._means.append(float(picture.y.mean()))

    def result(self) -> Brightness:
        """Its mean."""
        return Brightness(sum(self._means) / len(self._means))


def _decide(
    shot: ShotKind, measure: Brightness | None, options: InvertOptions, film: FilmFacts
) -> InvertDecision | None:
    marked = options.invert and measure is not None and measure.mean > BRIGHT
    return InvertDecision(measure.mean) if marked and measure else None


def _notes(
    shots: Sequence[TreatedShot[Brightness, InvertDecision]],
    options: InvertOptions,
    film: FilmFacts,
) -> Iterator[str]:
    count = sum(shot.decision is not None for shot in shots)
    if count:
        yield f"{count} of {len(shots)} shots are inverted"


def _load(settings: InvertSettings, engine: object) -> object:
    def treat(clip: Clip, span: Span, decision: InvertDecision) -> Clip:
        own = clip.part(span.start, span.stop)
        luma = own.luma.clone()
        foot = round(luma.shape[-2] * (1 - settings.share))
        luma[..., foot:, :] = 1 - luma[..., foot:, :]
        return replace(own, luma=luma)

    return treat


INVERT = Treatment(
    name="invert",
    title="bright feet",
    order=50,
    options=InvertOptions,
    settings=InvertSettings,
    decision=InvertDecision,
    requested=lambda options, film: options.invert,
    decide=_decide,
    settle=lambda options, film, card: InvertSettings(),
    radius=lambda settings: 0,
    load=_load,
    describe=Description(
        done=lambda decision: f"inverted (brightness {decision.brightness:.0f})",
        whole=lambda settings, film: "inverted at the foot",
        found=lambda measure, film: f"brightness {measure.mean:.0f}",
        figures=lambda measure, film: {"brightness": measure.mean if measure else None},
        notes=_notes,
    ),
    example=Example(InvertSettings(), lambda clip: InvertDecision(200.0)),
    measure=Measure(Brightness, _Observer),
)
