"""The survey's pass for measures that see a few whole frames of a shot."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from restore.errors import SourceError
from restore.media.color.convert import to_clip
from restore.media.ffmpeg.decode import read_frames
from restore.survey.findings import Shot, Survey
from restore.timing import Span
from restore.treatments import catalog
from restore.treatments.treatment import PLACES, TOGETHER, FrameMeasure

if TYPE_CHECKING:
    from restore.clip import Clip
    from restore.media.source import Source
    from restore.timing import FrameTable

_SKIPPED = 100
"""Frames between two clips up to which decoding continues; beyond, it begins again at a key frame."""

_Measures = dict[str, FrameMeasure[Any]]


def frame_measures(measuring: Collection[str]) -> _Measures:
    """The measures of these treatments that see whole frames."""
    measures = {name: catalog.TREATMENTS[name].measure for name in measuring}
    return {name: each for name, each in measures.items() if isinstance(each, FrameMeasure)}


def with_frames(
    source: Source,
    survey: Survey,
    measuring: Collection[str],
    progress: Callable[[int], None] = lambda count: None,
    earlier: int = 1,
) -> Survey:
    """The survey with the measures that see whole frames, of a few places in each shot.

    `progress` gets the number of frames done, those of the `earlier` passes included. A shot whose frames
    cannot be decoded again is not measured, and the survey lists it.
    """
    measures = frame_measures(measuring)
    if not measures or source.format.family == "gray":
        return survey
    shots, missed = list(survey.shots), list[Shot]()
    reader = _Clips(source, survey.frames)
    for number, shot in enumerate(survey.shots):
        wanted = {name: each for name, each in measures.items() if each.wanted(shot)}
        found = _measured(reader, shot, wanted) if wanted else {}
        if found is None:
            missed.append(shot)
        elif found:
            shots[number] = replace(shot, measures={**shot.measures, **found})
        progress(earlier * len(survey.frames) + shot.span.stop)
    reader.close()
    lines = [_unmeasured(name, missed, survey) for name in measures] if missed else []
    return replace(survey, shots=tuple(shots), unmeasured=(*survey.unmeasured, *lines))


def places_in(span: Span) -> list[Span]:
    """The frames of a shot that are seen: evenly spread clips, the whole of a very short shot."""
    count = len(span)
    if count <= TOGETHER:
        return [span]
    number = min(PLACES, count // TOGETHER)
    free = count - TOGETHER
    starts = [
        span.start + (place * free // (number - 1) if number > 1 else free // 2)
        for place in range(number)
    ]
    return [Span(start, start + TOGETHER) for start in starts]


def _measured(reader: _Clips, shot: Shot, measures: _Measures) -> dict[str, Any] | None:
    """What was measured in a shot; None if its frames cannot be decoded."""
    observers = {name: each.start() for name, each in measures.items()}
    try:
        for span in places_in(shot.span):
            clip = reader.clip(span)
            for observer in observers.values():
                observer.see(clip)
    except SourceError:
        reader.close()
        return None
    found = ((name, observer.result()) for name, observer in observers.items())
    return {name: one for name, one in found if one is not None}


def _unmeasured(name: str, shots: Sequence[Shot], survey: Survey) -> str:
    """Which shots have no measure, in a line."""
    start = survey.frames.seconds(shots[0].span.start) - survey.frames.start
    return (
        f"{catalog.TREATMENTS[name].title}: not measured in {len(shots)} of {len(survey.shots)} shots, "
        f"the first at {float(start):.2f} s: their frames could not be decoded again"
    )


class _Clips:
    """Clips of a film, requested in order; one decoder serves those that are near each other."""

    def __init__(self, source: Source, frames: FrameTable) -> None:
        self._source = source
        self._frames = frames
        self._coming: Iterator[Any] | None = None
        self._next = 0

    def clip(self, span: Span) -> Clip:
        """These frames; SourceError if one cannot be decoded."""
        if self._coming is None or not 0 <= span.start - self._next <= _SKIPPED:
            self.close()
            self._coming = read_frames(
                self._source, self._frames, Span(span.start, len(self._frames))
            )
            self._next = span.start
        taken: list[Any] = []
        while self._next < span.stop:
            frame = next(self._coming)
            if frame.index >= span.start:
                taken.append(frame)
            self._next += 1
        source = self._source
        return to_clip(taken, source.format, source.color, source.sar)

    def close(self) -> None:
        """End the decoder."""
        close = getattr(self._coming, "close", None)
        if close is not None:
            close()
        self._coming = None
