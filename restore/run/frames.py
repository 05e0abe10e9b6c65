"""Source frames on their way to the stages: which are treated together, with which context."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from restore.clip import Clip
from restore.plan import Plan, ShotPlan
from restore.timing import Span

if TYPE_CHECKING:
    from restore.media.decode import Picture
    from restore.media.probe import Source
    from restore.survey.film import Survey


@dataclass(frozen=True)
class Chunk:
    """Frames of one shot and one segment that are treated together, and the frames that this takes."""

    own: Span
    needed: Span
    segment: int
    shot: int


@dataclass(frozen=True)
class Job:
    """A film with all that was found out and decided about it."""

    source: Source
    survey: Survey
    plan: Plan


def chunks(plan: Plan, numbers: Sequence[int], size: int, radius: int) -> Iterator[Chunk]:
    """The frames of these segments in order, cut at segment and shot borders into at most `size`.

    Context never reaches across a cut.
    """
    for number in numbers:
        segment = plan.segments[number]
        for place, shot in enumerate(plan.shots):
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

    import numpy as np

    from restore.media.convert import to_clip
    from restore.media.decode import read_frames

    source, kept = job.source, dict[int, "tuple[Picture, int]"]()
    pictures = read_frames(source, job.survey.frames, whole)
    for chunk in run:
        while not kept or max(kept) < chunk.needed.stop - 1:
            picture = next(pictures)
            checksum = 0
            for plane in picture.planes:
                checksum = crc32(np.ascontiguousarray(plane).view(np.uint8), checksum)
            kept[picture.index] = (picture, checksum)
        for index in [index for index in kept if index < chunk.needed.start]:
            del kept[index]
        frames = [kept[i] for i in range(chunk.needed.start, chunk.needed.stop)]
        clip = to_clip([picture for picture, _ in frames], source.format, source.color)
        own = range(chunk.own.start, chunk.own.stop)
        yield Loaded(chunk, clip, tuple(kept[i][1] for i in own))


def shot_of(plan: Plan, chunk: Chunk) -> ShotPlan:
    """The plan of the shot that a chunk belongs to."""
    return plan.shots[chunk.shot]
