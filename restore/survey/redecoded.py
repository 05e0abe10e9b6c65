"""Another decoding of the film's frames, found by their PTS, and what is seen in each shot of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from restore.media.ffmpeg.decode import ReducedFrame
from restore.survey.findings import Shot, Survey
from restore.survey.measuring_pass import Measures, Progress
from restore.timing import FrameTable, Span

DIFFERENT = (
    "{title}: not measured in {shots}: the second decoding of the film gave different frames"
)
"""The line about shots that decode differently than in the first pass."""

Read = Callable[[tuple[int, int]], Iterable[ReducedFrame]]
"""Decodes the frames whose PTS are in a range: from the first to before the second."""


class Redecoded:
    """The frames of a part of the film in order, found by their PTS.

    A frame that is missing is replaced by the one before (or after), so that all others keep their numbers.
    """

    def __init__(self, read: Read, frames: FrameTable, span: Span, progress: Progress) -> None:
        self._read = read
        self._pts = frames.pts
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
        pts, span = self._pts, self._span
        coming = iter(self._read((pts[span.start], pts[span.stop - 1] + 1)))
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


See = Callable[[Redecoded, Sequence[Shot]], Iterable[Measures]]
"""Takes the measures of each of these consecutive shots from their frames."""


def measured_again(
    survey: Survey, read: Read, see: See, progress: Progress
) -> list[Measures | None]:
    """The measures of each shot from another decoding; None if it gives other frames.

    All shots are decoded together; those of a partial survey are decoded one by one. A shot that decodes
    differently than in the first pass is decoded again separately.
    """
    groups = [[shot] for shot in survey.shots] if survey.partial else [survey.shots]
    return [
        found for group in groups for found in _measured(survey.frames, group, read, see, progress)
    ]


def _measured(
    frames: FrameTable, shots: Sequence[Shot], read: Read, see: See, progress: Progress
) -> Iterator[Measures | None]:
    """The measures of each of these consecutive shots."""
    together = Redecoded(read, frames, Span(shots[0].span.start, shots[-1].span.stop), progress)
    for shot, found in zip(shots, see(together, shots), strict=True):
        if not together.lacks(shot.span):
            yield found
            continue
        alone = Redecoded(read, frames, shot.span, lambda count: None)
        (separate,) = see(alone, [shot])
        yield None if alone.lacks(shot.span) else separate
