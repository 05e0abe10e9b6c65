"""The survey's passes over whole rows: measures of the fields of a film."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from restore.media.ffmpeg.decode import read_fields
from restore.survey.findings import Shot, Survey
from restore.survey.measuring_pass import Measures, MeasuringPass, Progress, measures_of
from restore.survey.redecoded import DIFFERENT, Redecoded, measured_again
from restore.treatments.film_facts import FilmFacts
from restore.treatments.measure import FieldMeasure

if TYPE_CHECKING:
    from restore.media.source import Source


def field_passes(measuring: Collection[str]) -> list[MeasuringPass]:
    """The passes for the measures of these treatments that see fields: one for each."""
    measures: dict[str, FieldMeasure[Any]] = measures_of(FieldMeasure, measuring)
    return [
        MeasuringPass((name,), partial(_measured, name, measure), DIFFERENT)
        for name, measure in measures.items()
    ]


def _measured(
    name: str, measure: FieldMeasure[Any], source: Source, survey: Survey, progress: Progress
) -> list[Measures | None]:
    """What this measure finds in each shot."""
    film = FilmFacts(source.width, source.height, source.sar, fields=source.color.fields)

    def see(frames: Redecoded, shots: Sequence[Shot]) -> Iterable[Measures]:
        found = measure.see(frames, frames.spans(shots), film)
        return [{} if one is None else {name: one} for one in found]

    return measured_again(survey, lambda within: read_fields(source, within), see, progress)
