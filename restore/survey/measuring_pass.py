"""A further pass of the survey: the film is decoded again, and its shots get more measures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from restore.survey.findings import Shot, Survey
from restore.treatments import catalog
from restore.treatments.measure import ClipObserver, Observer
from restore.treatments.treatment import shots_of

if TYPE_CHECKING:
    from restore.media.source import Source

MeasureT = TypeVar("MeasureT")

Measures = Mapping[str, Any]
"""What was measured in a shot, by the name of the treatment."""

Progress = Callable[[int], None]
"""Gets the number of frames done in a pass."""


@dataclass(frozen=True, slots=True)
class MeasuringPass:
    """One further decoding of the film.

    names       the treatments whose measures are taken
    measured    the measures of each shot; None: its frames were not decoded as in the first pass
    unmeasured  the line about shots that were not measured, with places for `title` and `shots`
    """

    names: tuple[str, ...]
    measured: Callable[[Source, Survey, Progress], Sequence[Measures | None]]
    unmeasured: str


def with_pass(source: Source, survey: Survey, one: MeasuringPass, progress: Progress) -> Survey:
    """The survey with the measures of a further pass; it lists the shots that could not be measured."""
    found = one.measured(source, survey, progress)
    pairs = list(zip(survey.shots, found, strict=True))
    shots = [replace(shot, measures={**shot.measures, **(more or {})}) for shot, more in pairs]
    missed = [shot for shot, more in pairs if more is None]
    lines = [_unmeasured(one, name, missed, survey) for name in one.names] if missed else []
    return replace(survey, shots=tuple(shots), unmeasured=(*survey.unmeasured, *lines))


def _unmeasured(one: MeasuringPass, name: str, missed: Sequence[Shot], survey: Survey) -> str:
    """Which shots have no measure, in a line."""
    start = survey.frames.seconds(missed[0].span.start) - survey.frames.start
    return one.unmeasured.format(
        title=catalog.TREATMENTS[name].title,
        shots=f"{shots_of(missed, survey.shots)}, the first at {float(start):.2f} s",
    )


def measures_of(kind: type[MeasureT], measuring: Collection[str]) -> dict[str, MeasureT]:
    """The measures of these treatments that are of this kind, by the name of the treatment."""
    measures = {name: catalog.TREATMENTS[name].measure for name in measuring}
    return {name: each for name, each in measures.items() if isinstance(each, kind)}


def results(observers: Mapping[str, Observer[Any] | ClipObserver[Any]]) -> Measures:
    """What these observers of a shot found; those that found nothing are left out."""
    found = {name: observer.result() for name, observer in observers.items()}
    return {name: one for name, one in found.items() if one is not None}
