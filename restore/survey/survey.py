"""The survey: one pass over reduced frames that finds the shots, and measures them for the treatments."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from restore.errors import SourceError
from restore.media.container.complete import cut_off
from restore.media.ffmpeg.decode import ReducedFrame, read_reduced, thumbnail
from restore.media.ffmpeg.process import informative_messages
from restore.media.ffmpeg.reduced import THUMBNAIL
from restore.media.source import Source
from restore.store import writing_failed
from restore.survey.band_pass import band_passes
from restore.survey.cuts import REACH, mark_cuts
from restore.survey.field_pass import field_passes
from restore.survey.findings import Shot, Survey
from restore.survey.frame_pass import frame_passes
from restore.survey.kinds import Sample, classify_shot, keep_sample
from restore.survey.measuring_pass import MeasuringPass, measures_of, results, with_pass
from restore.timing import FrameTable, Span
from restore.treatments.measure import Measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH = 256
"""The width of the reduced frames: letters of 1/25 of the height of a card have 7 rows (see
lettering.py)."""

AROUND = 96
"""Frames on each side that `survey_around` examines first; four times as many if that is not enough."""


def survey(
    source: Source,
    thumbnails: Path,
    within: tuple[Fraction, Fraction] | None = None,
    progress: Callable[[int], None] = lambda count: None,
    *,
    measuring: Collection[str] = (),
) -> Survey:
    """Decode the film once and describe it; write the thumbnail of every frame to a file.

    `within` limits it to the frames shown from the first to before the second time, in seconds of the
    film's own clock (FrameTable.seconds). `measuring` names the treatments whose measures are taken (each
    up to 12 ms a frame); those that examine bands, fields or whole frames decode the film again (`passes`).
    `progress` gets the number of frames done, and counts on in further passes. Memory grows with the
    film's length by the PTS, and with measures by half a kilobyte for each frame of the longest shot and as
    much again for four frames of shots in which something was found. Raises SourceError if no frame decodes,
    OutputError if the thumbnails cannot be written.
    """
    try:
        with thumbnails.open("wb") as file:
            record = _FrameRecord(source, file, progress)
            shots = tuple(_shots(record.frames_in(_pts_between(source, within)), measuring))
    except OSError as error:
        raise writing_failed(thumbnails, error) from error
    return _measured_again(source, record.survey(shots), measuring, progress)


def survey_around(
    source: Source,
    indices: Sequence[int],
    thumbnails: Path,
    within: Span | None = None,
    *,
    measuring: Collection[str] = (),
) -> Survey:
    """The whole shots of these frames (numbers in `source.frames`), as in a survey of the whole film.

    `within` are the frames that are restored (None: all), like `within` of `survey`. Cuts depend on `REACH`
    frames on each side, kinds and measures on the shot's own frames, so they are those of the whole film.
    Frames between the shots are left out of the result's frame table.
    """
    spans: list[Span] = []
    for index in sorted(set(indices)):
        if not any(index in span for span in spans):
            spans.append(_shot_around(source, index, within or Span(0, len(source.frames))))
    try:
        with thumbnails.open("wb") as file:
            record = _FrameRecord(source, file, lambda count: None)
            shots = [
                _one_shot(record, _pts_range(source.frames, span), measuring) for span in spans
            ]
    except OSError as error:
        raise writing_failed(thumbnails, error) from error
    found = replace(record.survey(tuple(shots)), partial=True)
    return _measured_again(source, found, measuring, lambda count: None)


def _measured_again(
    source: Source, found: Survey, measuring: Collection[str], progress: Callable[[int], None]
) -> Survey:
    """The survey with the measures for which the film is decoded again."""
    for number, one in enumerate(_further_passes(measuring), start=1):
        before = number * len(found.frames)

        def counted(done: int, before: int = before) -> None:
            progress(before + done)

        found = with_pass(source, found, one, counted)
    return found


def passes(measuring: Collection[str]) -> int:
    """Number of times that a survey with these treatments' measures decodes the film."""
    return 1 + len(_further_passes(measuring))


def _further_passes(measuring: Collection[str]) -> list[MeasuringPass]:
    """The passes after the one over reduced frames, in their order."""
    return [*band_passes(measuring), *frame_passes(measuring), *field_passes(measuring)]


def read_thumbnails(path: Path) -> NDArray[np.uint8]:
    """The thumbnails that a survey wrote, [frames, 32, 32] uint8, mapped from the file."""
    return np.memmap(path, np.uint8, "r").reshape(-1, THUMBNAIL, THUMBNAIL)


class _FrameRecord:
    """The record of the frames: PTS and durations, thumbnails, and the digest of both."""

    def __init__(self, source: Source, file: BinaryIO, progress: Callable[[int], None]) -> None:
        self._source = source
        self._file = file
        self._progress = progress
        self._sha = hashlib.sha256()
        self._pts: list[int] = []
        self._durations: list[int] = []
        self._damage: dict[str, None] = {}
        self._notes: dict[str, None] = {}
        self._changes: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._pts)

    def frames_in(self, pts_range: tuple[int, int] | None) -> Iterator[ReducedFrame]:
        """The reduced frames of this range of PTS; each is recorded."""
        reader = read_reduced(self._source, WIDTH, pts_range)
        for frame in reader:
            small = thumbnail(frame.y).tobytes()
            self._file.write(small)
            self._sha.update(frame.pts.to_bytes(8, "big", signed=True) + small)
            self._pts.append(frame.pts)
            self._durations.append(frame.duration)
            self._progress(len(self._pts))
            yield frame
        self._damage.update(dict.fromkeys(reader.damage))
        if pts_range is None:
            source = self._source
            missing = cut_off(source.path, source.container, len(source.frames))
            self._damage |= {} if missing is None else {missing: None}
        self._notes.update(dict.fromkeys(reader.notes))
        self._changes.update(dict.fromkeys(reader.changes))
        if self._pts:
            self._durations[-1] = self._stored_duration(self._pts[-1]) or self._durations[-1]

    def survey(self, shots: tuple[Shot, ...]) -> Survey:
        """The survey; raises SourceError if there was no frame."""
        if not self._pts:
            raise _no_frames(self._source, tuple(self._damage))
        table = FrameTable(self._source.frames.time_base, tuple(self._pts), tuple(self._durations))
        return Survey(
            table,
            shots,
            damage=tuple(self._damage),
            digest=self._sha.hexdigest(),
            notes=tuple(self._notes),
            changes=tuple(self._changes),
        )

    def _stored_duration(self, pts: int) -> int | None:
        """The duration of the frame with this PTS in the container, if it has one."""
        frames = self._source.frames
        place = bisect_left(frames.pts, pts)
        known = place < len(frames) and frames.pts[place] == pts
        return frames.durations[place] if known else None


class _ShotObserver:
    """The data of a shot that are kept until its end: a few samples, and the data of the measures."""

    def __init__(self, start: int, measuring: Collection[str]) -> None:
        self._start = start
        self._count = 0
        self._samples: list[Sample] = []
        measures: dict[str, Measure[Any]] = measures_of(Measure, measuring)
        self._observers = {name: each.start() for name, each in measures.items()}

    def see(self, frame: ReducedFrame) -> None:
        """The shot's next frame."""
        sample = Sample(frame.y, frame.cb, frame.cr)
        self._samples = keep_sample(self._samples, sample, self._count)
        self._count += 1
        for observer in self._observers.values():
            observer.see(frame)

    def shot(self) -> Shot:
        """The shot of these frames; black shots are not measured."""
        shot = classify_shot(Span(self._start, self._start + self._count), self._samples)
        if shot.content == "black":
            return shot
        return replace(shot, measures=results(self._observers))


def _shots(frames: Iterable[ReducedFrame], measuring: Collection[str]) -> Iterator[Shot]:
    """The shots, each when it ends."""
    observer: _ShotObserver | None = None
    for index, (frame, cut) in enumerate(mark_cuts(frames, lambda each: each.y)):
        if observer is None or cut:
            if observer is not None:
                yield observer.shot()
            observer = _ShotObserver(index, measuring)
        observer.see(frame)
    if observer is not None:
        yield observer.shot()


def _one_shot(record: _FrameRecord, pts_range: tuple[int, int], measuring: Collection[str]) -> Shot:
    """The shot of this range of PTS, its span numbered by the record."""
    observer = _ShotObserver(len(record), measuring)
    for frame in record.frames_in(pts_range):
        observer.see(frame)
    return observer.shot()


def _shot_around(source: Source, index: int, film: Span) -> Span:
    """The shot of a frame within `film`, found by examining more and more frames on both sides."""
    left = right = AROUND
    while True:
        seen = Span(max(film.start, index - left), min(film.stop, index + right))
        cuts = _cuts_in(source, seen, film)
        before = [cut for cut in cuts if cut <= index]
        after = [cut for cut in cuts if cut > index]
        found = (bool(before) or seen.start == film.start, bool(after) or seen.stop == film.stop)
        if all(found):
            return Span(before[-1] if before else film.start, after[0] if after else film.stop)
        left, right = (
            side if ok else 4 * side for side, ok in zip((left, right), found, strict=True)
        )


def _cuts_in(source: Source, seen: Span, film: Span) -> list[int]:
    """The cuts inside a part of the film that are those of the whole film."""
    first = seen.start + REACH if seen.start > film.start else film.start + 1
    last = seen.stop - REACH if seen.stop < film.stop else seen.stop
    reader = read_reduced(source, WIDTH, _pts_range(source.frames, seen))
    marked = mark_cuts(reader, lambda frame: frame.y)
    places = (bisect_left(source.frames.pts, frame.pts) for frame, cut in marked if cut)
    return [place for place in places if first <= place < last]


def frames_between(source: Source, first: Fraction, stop: Fraction) -> Span:
    """The frames that `survey` takes of a film within these times; SourceError if there are none."""
    frames = source.frames
    start, end = (bisect_left(frames.pts, -(-time // frames.time_base)) for time in (first, stop))
    if start == end:
        raise _no_frames(source)
    return Span(start, end)


def _no_frames(source: Source, damage: tuple[str, ...] = ()) -> SourceError:
    """The error for a film, or a part of it, without a frame."""
    reason = f": {informative_messages(damage)[0]}" if damage else "."
    return SourceError(
        f"No frame of this film can be decoded{reason}",
        str(source.path),
        "Play it to see whether it is damaged; check that --start and --end are within it.",
        code="no-frames",
    )


def _pts_range(frames: FrameTable, span: Span) -> tuple[int, int]:
    """The range of PTS from the first frame of a span to just after its last."""
    return frames.pts[span.start], frames.pts[span.stop - 1] + 1


def _pts_between(
    source: Source, within: tuple[Fraction, Fraction] | None
) -> tuple[int, int] | None:
    """The times in units of the film's time base, rounded up: a frame counts by its start time."""
    if within is None:
        return None
    first, stop = (-(-moment // source.frames.time_base) for moment in within)
    return int(first), int(stop)
