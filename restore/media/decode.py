"""Frames out of a film, each known by its time stamp; small ones for the survey.

An ffmpeg process decodes and writes raw pictures in NUT to a pipe, with the film's own stamps. PyAV
takes the packets from the pipe; a packet's bytes are the picture's planes, without a further copy.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av
import av.error
import numpy as np
import numpy.typing as npt

from restore.errors import SourceError
from restore.media.names import PROTOCOLS
from restore.media.packets import Entry
from restore.media.pixels import PixelFormat
from restore.media.probe import Source
from restore.media.process import FfmpegProcess, command, last_words, reading
from restore.timing import FrameTable, Span

Plane = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

_LOG = logging.getLogger(__name__)

_PIPE_OPTIONS = {"protocol_whitelist": PROTOCOLS, "probesize": "32", "analyzeduration": "0"}
"""NUT's header says all there is to know: no looking ahead for more."""

_FALLBACK_ENTRIES = 2
"""How many entries further back the second try begins; the third begins at the film's start."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded frame: its number in the frame table and its planes [h, w] in code values.

    Samples are uint8, or uint16 for depths above 8 bit. The planes may be read-only.
    """

    index: int
    planes: tuple[Plane, ...]


@dataclass(frozen=True, slots=True)
class RawPicture:
    """A picture as it came from the pipe: its stamp in the film's time base, its planes."""

    pts: int
    planes: tuple[Plane, ...]


def decode_arguments(
    source: Source, pixels: PixelFormat, seek: int | None, filters: str = ""
) -> list[str]:
    """What ffmpeg is told: decode the film's stream to raw pictures with their own stamps.

    `seek` is the stamp of the key frame to begin at (None: the start of the film).
    """
    reader: dict[str, str | int | None] = {"noautorotate": None, "copyts": None}
    if seek is not None:
        # half a tick late, so that rounding to ffmpeg's microseconds never lands before the frame
        seconds = (seek + Fraction(1, 2)) * source.frames.time_base
        reader |= {"seek_timestamp": 1, "noaccurate_seek": None, "ss": f"{float(seconds):.6f}"}
    writer: dict[str, str | int | None] = {
        "filename": "pipe:1",
        "format": "nut",
        "vcodec": "rawvideo",
        "pix_fmt": pixels.name,
        "fps_mode": "passthrough",
        "enc_time_base": "demux",
        "avoid_negative_ts": "disabled",
        "flush_packets": 0,
    }
    reader |= reading(source.path, source.container)
    return command(reader, writer, str(source.video), filters)


class PictureReader:
    """One decoding process and the pictures that it gives, with strictly increasing stamps."""

    def __init__(
        self,
        source: Source,
        pixels: PixelFormat,
        size: tuple[int, int],
        seek: int | None = None,
        filters: str = "",
    ) -> None:
        """Start decoding; `size` is the width and height of what comes out of `filters`."""
        self._time_base = source.frames.time_base
        self._pixels = pixels
        self._size = size
        self.process = FfmpegProcess(decode_arguments(source, pixels, seek, filters))

    def __iter__(self) -> Iterator[RawPicture]:
        previous: int | None = None
        try:
            opened = av.open(
                f"pipe:{self.process.pipe.fileno()}",
                format="nut",
                options=_PIPE_OPTIONS,
            )
        except av.error.FFmpegError:
            return  # not even a header came: the process says why
        with opened:
            stream = opened.streams.video[0]
            scale = (stream.time_base or self._time_base) / self._time_base
            for packet in opened.demux(stream):
                if not packet.size:
                    continue
                pts = _stamp(packet.pts, scale, previous)
                previous = pts
                data = np.frombuffer(packet, np.uint8)
                yield RawPicture(pts, _planes(data, self._pixels, self._size))

    def close(self) -> None:
        """End the process. Safe to call again."""
        self.process.stop()


def _stamp(pts: int | None, scale: Fraction, previous: int | None) -> int:
    """The stamp in the film's time base; one that does not advance follows by one unit."""
    floor = None if previous is None else previous + 1
    if pts is None:
        return floor or 0
    stamp = pts * scale.numerator // scale.denominator
    return stamp if floor is None else max(stamp, floor)


def _planes(
    data: npt.NDArray[np.uint8], pixels: PixelFormat, size: tuple[int, int]
) -> tuple[Plane, ...]:
    """Views of the planes that lie one after another, without padding."""
    samples: Plane = data if pixels.depth == 8 else data.view(np.uint16)
    planes: list[Plane] = []
    at = 0
    for width, height in pixels.plane_sizes(*size):
        planes.append(cast(Plane, samples[at : at + width * height].reshape(height, width)))
        at += width * height
    return tuple(planes)


def read_frames(
    source: Source,
    frames: FrameTable,
    span: Span,
    check: Callable[[Picture], bool] | None = None,
) -> Iterator[Picture]:
    """Exactly the frames `span` of the table, each recognised by its stamp.

    Decoding begins at the key frame before the span. If a frame does not come, or `check` denies
    that the first picture is the expected one, it begins again further back, in the end at the
    start of the film. Raises SourceError naming the frame that can't be had. The process ends with
    the iteration, however that ends.
    """
    given = span.start
    tries = entries_before(source.keys, frames.pts[span.start])
    for number, seek in enumerate(tries):
        last = number == len(tries) - 1
        reader = PictureReader(source, source.format, (source.width, source.height), seek)
        try:
            for picture in _matched(reader, frames, Span(given, span.stop)):
                if given == span.start and check is not None and not check(picture):
                    if last:
                        raise _not_the_frame(source, given)
                    break
                given += 1
                yield picture
            if given == span.stop:
                return
        finally:
            reader.close()
        _LOG.info("frame %d did not come from a seek to %s: starting further back", given, seek)
    raise _missing(source, given, frames, reader.process.messages())


def _matched(reader: PictureReader, frames: FrameTable, span: Span) -> Iterator[Picture]:
    """The span's pictures in order; ends early at the first that is missing."""
    index = span.start
    for picture in reader:
        if picture.pts < frames.pts[index]:
            continue
        if picture.pts > frames.pts[index]:
            return
        yield Picture(index, picture.planes)
        index += 1
        if index == span.stop:
            return


def entries_before(keys: tuple[Entry, ...], pts: int) -> list[int | None]:
    """Where to seek for a frame: the nearest clean entry, one further back, the film's start."""
    usable = [entry.seek for entry in keys if entry.clean <= pts]
    tries: list[int | None] = []
    if usable:
        tries.append(usable[-1])
    if len(usable) > _FALLBACK_ENTRIES:
        tries.append(usable[-1 - _FALLBACK_ENTRIES])
    return [*tries, None]


def _missing(
    source: Source, index: int, frames: FrameTable, messages: tuple[str, ...]
) -> SourceError:
    said = f" ({last_words(messages)})" if messages else ""
    return SourceError(
        f"Frame {index} (at {float(frames.seconds(index)):.3f} s) cannot be decoded{said}.",
        str(source.path),
        "The file changed or is damaged: compare it with its original, then run again.",
    )


def _not_the_frame(source: Source, index: int) -> SourceError:
    return SourceError(
        f"Frame {index} is not the picture that the survey saw there.",
        str(source.path),
        "The file changed since the survey, or it decodes differently each time: run again with "
        "--restart.",
    )
