"""The survey's second pass: measures from bands of rows at the film's full width."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from restore.media.ffmpeg.decode import ReducedFrame, read_strips
from restore.survey.findings import Shot, Survey
from restore.timing import Span
from restore.treatments import catalog
from restore.treatments.treatment import BandMeasure

if TYPE_CHECKING:
    from restore.media.source import Source
    from restore.timing import FrameTable


def passes(measuring: Collection[str]) -> int:
    """Number of times that a survey with these treatments' measures decodes the film."""
    return 1 + len(_in_bands(measuring))


def with_bands(
    source: Source,
    survey: Survey,
    measuring: Collection[str],
    progress: Callable[[int], None] = lambda count: None,
) -> Survey:
    """The survey with the measures from bands, for each of which the film is decoded again.

    `progress` gets the number of frames done, those of the passes before included. A shot that decodes
    differently than in the first pass is decoded again separately; if it still differs, it is not measured,
    and the survey lists it.
    """
    for number, (name, measure) in enumerate(_in_bands(measuring).items(), start=1):
        before = number * len(survey.frames)

        def counted(done: int, before: int = before) -> None:
            progress(before + done)

        groups = [[shot] for shot in survey.shots] if survey.partial else [survey.shots]
        results = [
            result
            for group in groups
            for result in _measured(source, survey.frames, group, measure, counted)
        ]
        pairs = list(zip(survey.shots, results, strict=True))
        shots = [_with(shot, name, result) for shot, result in pairs]
        missed = [shot for shot, result in pairs if result is None]
        lines = (_unmeasured(name, missed, survey),) if missed else ()
        survey = replace(survey, shots=tuple(shots), unmeasured=(*survey.unmeasured, *lines))
    return survey


def _in_bands(measuring: Collection[str]) -> dict[str, BandMeasure[Any]]:
    """The measures of these treatments that use bands."""
    measures = {name: catalog.TREATMENTS[name].measure for name in measuring}
    return {name: each for name, each in measures.items() if isinstance(each, BandMeasure)}


def _with(shot: Shot, name: str, result: _BandResult | None) -> Shot:
    if result is None or result.found is None:
        return shot
    return replace(shot, measures={**shot.measures, name: result.found})


def _unmeasured(name: str, shots: Sequence[Shot], survey: Survey) -> str:
    """Which shots have no measure, in a line."""
    start = survey.frames.seconds(shots[0].span.start) - survey.frames.start
    return (
        f"{catalog.TREATMENTS[name].title} were not measured in {len(shots)} of {len(survey.shots)} shots, "
        f"the first at {float(start):.2f} s: the second decoding of the film gave different frames"
    )


@dataclass(frozen=True)
class _BandResult:
    """The measures of a shot whose frames were all decoded."""

    found: Any


def _measured(
    source: Source,
    frames: FrameTable,
    shots: Sequence[Shot],
    measure: BandMeasure[Any],
    progress: Callable[[int], None],
) -> list[_BandResult | None]:
    """The measures of each of these consecutive shots; None if the second pass gives other frames."""
    whole = _Bands(source, frames, Span(shots[0].span.start, shots[-1].span.stop), measure.bands)
    results: list[_BandResult | None] = []
    for shot in shots:
        result = _in_shot(whole, shot, measure, progress)
        if result is None:
            alone = _Bands(source, frames, shot.span, measure.bands)
            result = _in_shot(alone, shot, measure, lambda count: None)
        results.append(result)
    return results


def _in_shot(
    bands: _Bands, shot: Shot, measure: BandMeasure[Any], progress: Callable[[int], None]
) -> _BandResult | None:
    """The measures of a shot; None if one of its frames is missing."""
    observer = measure.start(len(shot.span))
    complete = True
    for number in range(shot.span.start, shot.span.stop):
        frame = bands.of(number)
        complete = complete and frame is not None
        if complete and frame is not None and shot.content != "black":
            observer.see(frame)
        progress(number + 1)
    return _BandResult(observer.result()) if complete else None


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
