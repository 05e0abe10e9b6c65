"""The frames of a span of a film, each identified by its PTS, and result frames made from them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Mapping

from restore.errors import SourceError
from restore.framemap import MappedFrame
from restore.media.color.fields import filled, interleaved
from restore.media.color.pixels import DecodedFrame, Plane
from restore.media.ffmpeg.process import informative_messages
from restore.media.ffmpeg.raw_frames import RawFrameReader, seek_points_before, whole_frames
from restore.media.ffmpeg.reduced import (
    ReducedFrame,
    ReducedReader,
    frame_thumbnail,
    read_fields,
    read_reduced,
    read_strips,
    thumbnail,
)
from restore.media.images.reader import ImageReader
from restore.media.source import Source
from restore.timing import FrameTable, Span

__all__ = [
    "DecodedFrame",
    "Plane",
    "ReducedFrame",
    "ReducedReader",
    "assembled",
    "frame_thumbnail",
    "read_fields",
    "read_frames",
    "read_reduced",
    "read_strips",
    "thumbnail",
]

_LOG = logging.getLogger(__name__)


def read_frames(
    source: Source,
    frames: FrameTable,
    span: Span,
    check: Callable[[DecodedFrame], bool] | None = None,
) -> Generator[DecodedFrame, None, None]:
    """Exactly the frames `span` of the table, each identified by its PTS.

    Decoding begins at the key frame before the span. If a frame is missing, or `check` rejects the first
    frame, it begins again further back, finally at the start of the film. Raises SourceError with the
    number of the frame that cannot be decoded. The process ends with the iteration.
    """
    given = span.start
    messages: tuple[str, ...] = ()
    tries = seek_points_before(source.keys, frames.pts[span.start])
    for number, seek in enumerate(tries):
        last = number == len(tries) - 1
        reader = whole_frames(source, seek)
        try:
            for frame in _matched(reader, frames, Span(given, span.stop)):
                if given == span.start and check is not None and not check(frame):
                    if last:
                        raise _not_the_frame(source, given)
                    break
                given += 1
                yield frame
            if given == span.stop:
                return
        finally:
            reader.close()
        messages = reader.messages()
        _LOG.info("frame %d was not found after a seek to %s: starting further back", given, seek)
    raise _missing(source, given, frames, messages)


def assembled(index: int, made_of: MappedFrame, frames: Mapping[int, DecodedFrame]) -> DecodedFrame:
    """The result frame `index`, from the source frames (by number) in its map."""
    if made_of.top is None or made_of.bottom is None:
        (source,) = made_of.sources
        field = "bottom" if made_of.top is None else "top"
        return DecodedFrame(index, filled(frames[source].planes, field))
    top, bottom = frames[made_of.top].planes, frames[made_of.bottom].planes
    return DecodedFrame(index, top if made_of.whole else interleaved(top, bottom))


def _matched(
    reader: RawFrameReader | ImageReader, frames: FrameTable, span: Span
) -> Iterator[DecodedFrame]:
    """The span's frames in order; ends early at the first that is missing."""
    index = span.start
    for frame in reader:
        if frame.pts < frames.pts[index]:
            continue
        if frame.pts > frames.pts[index]:
            return
        yield DecodedFrame(index, frame.planes)
        index += 1
        if index == span.stop:
            return


def _missing(
    source: Source, index: int, frames: FrameTable, messages: tuple[str, ...]
) -> SourceError:
    reason = f" ({informative_messages(messages)[-1]})" if messages else ""
    return SourceError(
        f"Frame {index} (at {float(frames.seconds(index)):.3f} s) cannot be decoded{reason}.",
        str(source.path),
        "The file changed or is damaged: compare it with its original, then run again.",
        code="frame-undecodable",
    )


def _not_the_frame(source: Source, index: int) -> SourceError:
    return SourceError(
        f"Frame {index} differs from the frame that the survey decoded.",
        str(source.path),
        "The file changed since the survey, or is decoded differently each time: run again with "
        "--restart.",
        code="frame-changed",
    )
