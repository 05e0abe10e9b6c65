"""The survey's second pass: measures from bands of rows at the film's full width."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from restore.media.ffmpeg.decode import ReducedFrame, read_strips
from restore.survey.field_pass import field_measures
from restore.survey.findings import Shot, Survey
from restore.survey.frame_pass import frame_measures
from restore.timing import Span
from restore.treatments import catalog
from restore.treatments.treatment import BandMeasure

if TYPE_CHECKING:
    from restore.media.source import Source
    from restore.timing import FrameTable


def passes(measuring: Collection[str]) -> int:
    """Number of times that a survey with these treatments' measures decodes the film."""
    again = len(_in_bands(measuring)) + len(field_measures(measuring))
    return 1 + again + bool(frame_measures(measuring))


def with_bands(
    source: Source,
    survey: Survey,
    measuring: Collection[str],
    progress: Callable[[int], None] = lambda count: None,
) -> Survey:
    """The survey with the measures from bands: the film is decoded again for each number of bands.

    `progress` gets the number of frames done, those of the passes before included. A shot that decodes
    differently than in the first pass is decoded again separately; if it still differs, it is not measured,
    and the survey lists it.
    """
    for number, measures in enumerate(_in_bands(measuring), start=1):
        before = number * len(survey.frames)

        def counted(done: int, before: int = before) -> None:
            progress(before + done)

        groups = [[shot] for shot in survey.shots] if survey.partial else [survey.shots]
        results = [
            result
            for group in groups
            for result in _measured(source, survey.frames, group, measures, counted)
        ]
        pairs = list(zip(survey.shots, results, strict=True))
        shots = [_with(shot, result) for shot, result in pairs]
        missed = [shot for shot, result in pairs if result is None]
        lines = [_unmeasured(name, missed, survey) for name in measures] if missed else []
        survey = replace(survey, shots=tuple(shots), unmeasured=(*survey.unmeasured, *lines))
    return survey


def _in_bands(measuring: Collection[str]) -> list[_Measures]:
    """The measures of these treatments that use bands, those with the same number of bands together."""
    together: dict[int, dict[str, BandMeasure[Any]]] = {}
    for name in measuring:
        measure = catalog.TREATMENTS[name].measure
        if isinstance(measure, BandMeasure):
            together.setdefault(measure.bands, {})[name] = measure
    return list(together.values())


def _with(shot: Shot, result: _BandResult | None) -> Shot:
    return shot if result is None else replace(shot, measures={**shot.measures, **result.found})


def _unmeasured(name: str, shots: Sequence[Shot], survey: Survey) -> str:
    """Which shots have no measure, in a line."""
    start = survey.frames.seconds(shots[0].span.start) - survey.frames.start
    return (
        f"{catalog.TREATMENTS[name].title} were not measured in {len(shots)} of {len(survey.shots)} shots, "
        f"the first at {float(start):.2f} s: the second decoding of the film gave different frames"
    )


_Measures = Mapping[str, BandMeasure[Any]]
"""Measures by the name of the treatment."""


@dataclass(frozen=True)
class _BandResult:
    """What was measured in a shot whose frames were all decoded, by the name of the treatment."""

    found: Mapping[str, Any]


def _measured(
    source: Source,
    frames: FrameTable,
    shots: Sequence[Shot],
    measures: _Measures,
    progress: Callable[[int], None],
) -> list[_BandResult | None]:
    """The measures of each of these consecutive shots; None if the second pass gives other frames."""
    bands = next(iter(measures.values())).bands
    whole = _Bands(source, frames, Span(shots[0].span.start, shots[-1].span.stop), bands)
    results: list[_BandResult | None] = []
    for shot in shots:
        result = _in_shot(whole, shot, measures, progress)
        if result is None:
            alone = _Bands(source, frames, shot.span, bands)
            result = _in_shot(alone, shot, measures, lambda count: None)
        results.append(result)
    return results


def _in_shot(
    bands: _Bands, shot: Shot, measures: _Measures, progress: Callable[[int], None]
) -> _BandResult | None:
    """The measures of a shot; None if one of its frames is missing."""
    observers = {name: each.start(len(shot.span)) for name, each in measures.items()}
    complete = True
    for number in range(shot.span.start, shot.span.stop):
        frame = bands.of(number)
        complete = complete and frame is not None
        if complete and frame is not None and shot.content != "black":
            for observer in observers.values():
                observer.see(frame)
        progress(number + 1)
    if not complete:
        return None
    found = ((name, observer.result()) for name, observer in observers.items())
    return _BandResult({name: one for name, one in found if one is not None})


class _Bands:
    """The bands of some frames, decoded in order and found by their PTS."""

    def __init__(self, source: Source, frames: FrameTable, span: Span, rows: int) -> None:
        pts_range = frames.pts[span.start], frames.pts[span.stop - 1] + 1
        self._frames = frames
        self._coming = iter(read_strips(source, rows, pts_range))
        self._next = next(self._coming, None)

    def of(self, number: int) -> ReducedFrame | None:
        """The bands of a frame after those requested before; None if it is missing."""
        expected = self._frames.pts[number]
        while self._next is not None and self._next.pts < expected:
            self._next = next(self._coming, None)
        return self._next if self._next is not None and self._next.pts == expected else None
