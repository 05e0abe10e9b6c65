"""Source frames on their way to the treatments: which are treated together, with which context."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from restore.clip import Clip
from restore.plan import Plan
from restore.timing import Span

if TYPE_CHECKING:
    from restore.media.color.pixels import DecodedFrame
    from restore.media.source import Source
    from restore.survey.findings import Survey


SAME_THUMBNAIL = 3
"""Code values by which two thumbnails of one picture may differ: 2 by their two roundings, 1 spare."""


@dataclass(frozen=True)
class Chunk:
    """Frames of one shot and one segment that are treated together, and the frames that this takes."""

    own: Span
    needed: Span
    segment: int
    shot: int


@dataclass(frozen=True)
class Job:
    """A film with all that was found out and decided about it; `thumbnails` is the survey's file."""

    source: Source
    survey: Survey
    plan: Plan
    thumbnails: Path


def chunks(plan: Plan, numbers: Sequence[int], size: int, radius: int) -> Iterator[Chunk]:
    """The frames of these segments in order, cut at segment and shot borders into at most `size`.

    Context never reaches across a cut.
    """
    starts = [shot.span.start for shot in plan.shots]
    for number in numbers:
        segment = plan.segments[number]
        earliest = bisect_right(starts, segment.start) - 1
        for place in range(earliest, bisect_left(starts, segment.stop)):
            shot = plan.shots[place]
            start, stop = max(segment.start, shot.span.start), min(segment.stop, shot.span.stop)
            for first in range(start, stop, size):
                own = Span(first, min(stop, first + size))
                yield Chunk(own, own.widened(radius, shot.span), number, place)


@dataclass(frozen=True)
class Loaded:
    """A chunk with its frames as a clip, and the CRC-32 of each own frame's code values."""

    chunk: Chunk
    clip: Clip
    checksums: tuple[int, ...]


def load_chunks(job: Job, wanted: Sequence[Chunk]) -> Iterator[Loaded]:
    """Decode these chunks (in film order), each source frame once where they follow one another."""
    for run in _runs(wanted):
        whole = Span(run[0].needed.start, max(chunk.needed.stop for chunk in run))
        yield from _loaded(job, run, whole)


def _runs(wanted: Sequence[Chunk]) -> Iterator[list[Chunk]]:
    """Chunks that follow one another without a gap, so that one decoder serves them."""
    run: list[Chunk] = []
    for chunk in wanted:
        if run and chunk.own.start != run[-1].own.stop:
            yield run
            run = []
        run.append(chunk)
    if run:
        yield run


def _loaded(job: Job, run: Sequence[Chunk], whole: Span) -> Iterator[Loaded]:
    """One decoder's pictures, kept as long as a coming chunk needs them."""
    from zlib import crc32

    from restore.media.color.convert import to_clip
    from restore.media.ffmpeg.decode import read_frames

    source, kept = job.source, dict[int, "tuple[DecodedFrame, int]"]()
    pictures = read_frames(source, job.survey.frames, whole, looks_right(job))
    for chunk in run:
        while not kept or max(kept) < chunk.needed.stop - 1:
            picture = next(pictures)
            checksum = 0
            for plane in picture.planes:
                checksum = crc32(plane.tobytes(), checksum)
            kept[picture.index] = (picture, checksum)
        for index in [index for index in kept if index < chunk.needed.start]:
            del kept[index]
        frames = [kept[i] for i in range(chunk.needed.start, chunk.needed.stop)]
        planes = [picture for picture, _ in frames]
        clip = to_clip(planes, source.format, source.color, source.sar)
        own = range(chunk.own.start, chunk.own.stop)
        yield Loaded(chunk, clip, tuple(kept[i][1] for i in own))


def looks_right(job: Job) -> Callable[[DecodedFrame], bool]:
    """Whether a decoded picture shows what the survey saw under its number.

    Where seeking lies (open GOPs, broken indexes) a picture may bear the right stamp and be harmed.
    """
    import numpy as np

    from restore.media.ffmpeg.small import picture_thumbnail
    from restore.survey.survey import read_thumbnails

    seen = read_thumbnails(job.thumbnails)

    def check(picture: DecodedFrame) -> bool:
        found = picture_thumbnail(job.source, picture.planes)
        return int(np.abs(found.astype(int) - seen[picture.index]).max()) <= SAME_THUMBNAIL

    return check
