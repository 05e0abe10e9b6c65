"""Frames for the treatments: decoded, assembled by the frame map, with their context."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from restore.clip import Clip
from restore.framemap import MappedFrame
from restore.plan import Plan
from restore.timing import Span

if TYPE_CHECKING:
    from restore.media.color.pixels import DecodedFrame
    from restore.media.source import Source
    from restore.survey.findings import Survey


SAME_THUMBNAIL = 3
"""Code values by which two thumbnails of one frame may differ: 2 by two roundings, and 1 more."""


@dataclass(frozen=True)
class Chunk:
    """Result frames of one shot and one segment that are treated together, with the data for this."""

    own: Span
    needed: Span
    segment: int
    shot: int


@dataclass(frozen=True)
class Job:
    """A film with its survey and its plan; `thumbnails` is the survey's file.

    Source, survey and thumbnails count source frames, the plan counts result frames; `plan.frame_map`
    translates.
    """

    source: Source
    survey: Survey
    plan: Plan
    thumbnails: Path


def chunks(plan: Plan, numbers: Sequence[int], size: int, radius: int) -> Iterator[Chunk]:
    """The result frames of these segments in order, divided at segments and cuts into at most `size` frames.

    The context never contains frames of another shot.
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
    """A chunk with its frames as a clip, and the CRC-32 of the code values of each source frame in them."""

    chunk: Chunk
    clip: Clip
    checksums: Mapping[int, int]


def load_chunks(job: Job, wanted: Iterable[Chunk]) -> Generator[Loaded, None, None]:
    """Decode these chunks, each source frame once if they are consecutive in the film.

    The next item of `wanted` is read only after the chunk before it was taken.
    """
    reader: _Reader | None = None
    try:
        for chunk in wanted:
            if reader is None or chunk.own.start != reader.stop:
                if reader is not None:
                    reader.close()
                reader = _Reader(job, chunk)
            yield reader.load(chunk)
    finally:
        if reader is not None:
            reader.close()


class _Reader:
    """The frames of one decoder, kept as long as a following chunk needs them."""

    def __init__(self, job: Job, first: Chunk) -> None:
        """Start to decode at the first source frame that the chunk needs."""
        from restore.media.ffmpeg.decode import read_frames

        self._job = job
        self._map = job.plan.frame_map
        self._both_fields = job.plan.deinterlaced
        self._frames: dict[int, DecodedFrame] = {}
        self._checksums: dict[int, int] = {}
        self._decoded = start = self._map.needed(first.needed).start
        rest = Span(start, len(job.survey.frames))
        self._pictures = read_frames(job.source, job.survey.frames, rest, matches_survey(job))
        self.stop = first.own.start

    def load(self, chunk: Chunk) -> Loaded:
        """The frames of the next chunk."""
        from restore.media.color.convert import to_clip
        from restore.media.ffmpeg.decode import assembled

        needed = self._map.needed(chunk.needed)
        self._decode(needed)
        made = [
            assembled(index, self._made_of(index), self._frames)
            for index in range(chunk.needed.start, chunk.needed.stop)
        ]
        source = self._job.source
        clip = to_clip(made, source.format, source.color, source.sar)
        self.stop = chunk.own.stop
        return Loaded(chunk, clip, {i: self._checksums[i] for i in self._map.used(chunk.own)})

    def _made_of(self, index: int) -> MappedFrame:
        """The fields of a result frame; both of its source frame if a treatment computes missing rows."""
        made_of = self._map.mapped(index)
        if made_of.why != "field" or not self._both_fields:
            return made_of
        (source,) = made_of.sources
        return MappedFrame(source, source)

    def _decode(self, needed: Span) -> None:
        """Decode up to these source frames, keep them, and drop earlier ones."""
        from zlib import crc32

        while self._decoded < needed.stop:
            picture = next(self._pictures)
            checksum = 0
            for plane in picture.planes:
                checksum = crc32(plane.tobytes(), checksum)
            self._frames[picture.index], self._checksums[picture.index] = picture, checksum
            self._decoded = picture.index + 1
        for index in [index for index in self._frames if index < needed.start]:
            del self._frames[index], self._checksums[index]

    def close(self) -> None:
        """End the decoder."""
        self._pictures.close()


def matches_survey(job: Job) -> Callable[[DecodedFrame], bool]:
    """Whether a decoded frame has the thumbnail that the survey recorded for its number.

    If seeking is wrong (open GOPs, broken indexes), a frame may have the right PTS and be damaged.
    """
    import numpy as np

    from restore.media.ffmpeg.reduced import frame_thumbnail
    from restore.survey.survey import read_thumbnails

    seen = read_thumbnails(job.thumbnails)

    def check(picture: DecodedFrame) -> bool:
        found = frame_thumbnail(job.source, picture.planes)
        return int(np.abs(found.astype(int) - seen[picture.index]).max()) <= SAME_THUMBNAIL

    return check
