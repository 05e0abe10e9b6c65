"""The survey's pass over whole rows: measures of the fields of a film."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from restore.media.ffmpeg.decode import ReducedFrame, read_fields
from restore.survey.findings import Shot, Survey
from restore.timing import Span
from restore.treatments import catalog
from restore.treatments.treatment import FieldMeasure, FilmFacts

if TYPE_CHECKING:
    from restore.media.source import Source
    from restore.timing import FrameTable


def field_measures(measuring: Collection[str]) -> dict[str, FieldMeasure[Any]]:
    """The measures of these treatments that see fields."""
    measures = {name: catalog.TREATMENTS[name].measure for name in measuring}
    return {name: each for name, each in measures.items() if isinstance(each, FieldMeasure)}


def with_fields(
    source: Source,
    survey: Survey,
    measuring: Collection[str],
    progress: Callable[[int], None] = lambda count: None,
    earlier: int = 1,
) -> Survey:
    """The survey with the measures of fields, for each of which the film is decoded again.

    `progress` gets the number of frames done, those of the `earlier` passes included. A shot that decodes
    differently than in the first pass is decoded again separately; if it still differs, it is not measured,
    and the survey lists it.
    """
    for number, (name, measure) in enumerate(field_measures(measuring).items(), start=earlier):
        before = number * len(survey.frames)

        def counted(done: int, before: int = before) -> None:
            progress(before + done)

        groups = [[shot] for shot in survey.shots] if survey.partial else [list(survey.shots)]
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


def _with(shot: Shot, name: str, result: tuple[Any] | None) -> Shot:
    if result is None or result[0] is None:
        return shot
    return replace(shot, measures={**shot.measures, name: result[0]})


def _unmeasured(name: str, shots: Sequence[Shot], survey: Survey) -> str:
    """Which shots have no measure, in a line."""
    start = survey.frames.seconds(shots[0].span.start) - survey.frames.start
    return (
        f"{catalog.TREATMENTS[name].title} were not measured in {len(shots)} of {len(survey.shots)} shots, "
        f"the first at {float(start):.2f} s: the second decoding of the film gave different frames"
    )


def _measured(
    source: Source,
    frames: FrameTable,
    shots: Sequence[Shot],
    measure: FieldMeasure[Any],
    progress: Callable[[int], None],
) -> list[tuple[Any] | None]:
    """The measures of each of these consecutive shots; None if this pass gives other frames."""
    film = FilmFacts(source.width, source.height, source.sar, fields=source.color.fields)
    whole = _Rows(source, frames, Span(shots[0].span.start, shots[-1].span.stop), progress)
    found = measure.see(whole, whole.spans(shots), film)
    results: list[tuple[Any] | None] = []
    for shot, one in zip(shots, found, strict=True):
        result: tuple[Any] | None = (one,)
        if whole.lacks(shot.span):
            alone = _Rows(source, frames, shot.span, lambda count: None)
            (one,) = measure.see(alone, alone.spans([shot]), film)
            result = None if alone.lacks(shot.span) else (one,)
        results.append(result)
    return results


class _Rows:
    """The frames of a part of the film in order, found by their PTS.

    A frame that is missing is replaced by the one before (or after), so that all others keep their numbers.
    """

    def __init__(
        self, source: Source, frames: FrameTable, span: Span, progress: Callable[[int], None]
    ) -> None:
        self._source = source
        self._frames = frames
        self._span = span
        self._progress = progress
        self._missing: set[int] = set()

    def spans(self, shots: Sequence[Shot]) -> list[Span]:
        """The frames of these shots, counted from the first of this part."""
        first = self._span.start
        return [Span(shot.span.start - first, shot.span.stop - first) for shot in shots]

    def lacks(self, span: Span) -> bool:
        """Whether frames of this span were missing."""
        return any(number in span for number in self._missing)

    def __iter__(self) -> Iterator[ReducedFrame]:
        pts, span = self._frames.pts, self._span
        coming = iter(read_fields(self._source, (pts[span.start], pts[span.stop - 1] + 1)))
        held, after = None, next(coming, None)
        for number in range(span.start, span.stop):
            while after is not None and after.pts < pts[number]:
                after = next(coming, None)
            if after is not None and after.pts == pts[number]:
                held, after = after, next(coming, None)
            else:
                self._missing.add(number)
            self._progress(number + 1)
            if (frame := held or after) is not None:
                yield frame
