"""The survey's passes for measures from bands of rows at the film's full width."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from restore.media.ffmpeg.decode import read_strips
from restore.survey.findings import Shot, Survey
from restore.survey.measuring_pass import Measures, MeasuringPass, Progress, measures_of, results
from restore.survey.redecoded import DIFFERENT, Redecoded, measured_again
from restore.treatments.measure import BandMeasure

if TYPE_CHECKING:
    from restore.media.source import Source

_Bands = Mapping[str, BandMeasure[Any]]


def band_passes(measuring: Collection[str]) -> list[MeasuringPass]:
    """The passes for the measures of these treatments: one for each number of bands."""
    together: dict[int, dict[str, BandMeasure[Any]]] = {}
    found: _Bands = measures_of(BandMeasure, measuring)
    for name, measure in found.items():
        together.setdefault(measure.bands, {})[name] = measure
    return [
        MeasuringPass(tuple(measures), partial(_measured, bands, measures), DIFFERENT)
        for bands, measures in together.items()
    ]


def _measured(
    bands: int, measures: _Bands, source: Source, survey: Survey, progress: Progress
) -> list[Measures | None]:
    """What these measures find in each shot, all from this number of bands."""
    return measured_again(
        survey,
        lambda within: read_strips(source, bands, within),
        lambda frames, shots: _seen(measures, frames, shots),
        progress,
    )


def _seen(measures: _Bands, frames: Redecoded, shots: Sequence[Shot]) -> Iterator[Measures]:
    """What these measures find in each of these shots; black ones are not examined."""
    coming = iter(frames)
    for shot in shots:
        observers = {name: each.start(len(shot.span)) for name, each in measures.items()}
        for frame in islice(coming, len(shot.span)):
            if shot.content != "black":
                for observer in observers.values():
                    observer.see(frame)
        yield results(observers)
