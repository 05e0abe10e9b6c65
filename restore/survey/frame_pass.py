"""The survey's pass for measures that see a few whole frames of a shot."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from restore.errors import SourceError
from restore.media.color.convert import to_clip
from restore.media.ffmpeg.decode import read_frames
from restore.survey.findings import Shot, Survey
from restore.survey.measuring_pass import Measures, MeasuringPass, Progress, measures_of, results
from restore.timing import Span
from restore.treatments.measure import PLACES, TOGETHER, FrameMeasure

if TYPE_CHECKING:
    from restore.clip import Clip
    from restore.media.source import Source
    from restore.timing import FrameTable

_SKIPPED = 100
"""Frames between two clips up to which decoding continues; beyond, it begins again at a key frame."""

_UNMEASURED = "{title}: not measured in {shots}: their frames could not be decoded again"

_Frames = Mapping[str, FrameMeasure[Any]]


def frame_passes(measuring: Collection[str]) -> list[MeasuringPass]:
    """The pass for the measures of these treatments that see whole frames; none without such a measure."""
    measures: _Frames = measures_of(FrameMeasure, measuring)
    if not measures:
        return []
    return [MeasuringPass(tuple(measures), partial(_measured, measures), _UNMEASURED)]


def _measured(
    measures: _Frames, source: Source, survey: Survey, progress: Progress
) -> list[Measures | None]:
    """What these measures find in a few places of each shot; None if its frames cannot be decoded."""
    if source.format.family == "gray":
        return [{} for _ in survey.shots]
    found: list[Measures | None] = []
    reader = _Clips(source, survey.frames)
    for shot in survey.shots:
        wanted = {name: each for name, each in measures.items() if each.wanted(shot)}
        found.append(_in_shot(reader, shot, wanted) if wanted else {})
        progress(shot.span.stop)
    reader.close()
    return found


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


def _in_shot(reader: _Clips, shot: Shot, measures: _Frames) -> Measures | None:
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
    return results(observers)


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
