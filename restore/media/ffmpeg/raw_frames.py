"""Decoding processes: raw pictures out of a film through a pipe, each with its own time stamp.

An ffmpeg process decodes and writes raw pictures in NUT to a pipe, with the film's own stamps. PyAV
takes the packets from the pipe; a packet's bytes are the picture's planes, without a further copy.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, cast

import av
import av.error
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.video.stream import VideoStream

from restore.media.color.pixels import PixelFormat, Plane, RawPicture, detour
from restore.media.ffmpeg.process import (
    FfmpegProcess,
    Options,
    command,
    input_options,
    sequence_input_options,
    with_change_messages,
)
from restore.media.images.reader import ImageReader
from restore.media.names import PROTOCOLS
from restore.media.source import SeekPoint, Source

_PIPE_OPTIONS = {"protocol_whitelist": PROTOCOLS, "probesize": "32", "analyzeduration": "0"}
"""NUT's header says all there is to know: no looking ahead for more."""

_ROOM = 60
"""Seconds before the first frame of a film that begins before zero."""

_FALLBACK_ENTRIES = 2
"""How many entries further back the second try begins; the third begins at the film's start."""


def decode_arguments(
    source: Source,
    pixels: PixelFormat,
    seek: int | None,
    filters: str = "",
    also: Options | None = None,
) -> list[str]:
    """What ffmpeg is told: decode the film's stream to raw pictures with their own stamps.

    `seek` is the stamp of the key frame to begin at (None: the start of the film), `also` a further output
    of the decoded frames as they are.
    """
    writer = {**_raw(pixels.name), **_lifted(source)}
    return command(_from(source, seek), writer, str(source.video), _chain(source, filters), also)


def _from(source: Source, seek: int | None) -> dict[str, str | int | None]:
    """Input options of a film file, read from the key frame at a stamp on."""
    reader: dict[str, str | int | None] = {"noautorotate": None, "copyts": None}
    if seek is not None:
        # half a tick late, so that rounding to ffmpeg's microseconds never lands before the frame
        seconds = (seek + Fraction(1, 2)) * source.frames.time_base + source.zero
        reader |= {"seek_timestamp": 1, "noaccurate_seek": None, "ss": f"{float(seconds):.6f}"}
    if source.zero:
        reader["itsoffset"] = f"{float(-source.zero):.6f}"
    if source.cropped:
        reader["apply_cropping"] = "codec"
    spared = [source.bitstream_filter] if source.bitstream_filter else []
    if count := source.unstamped:
        first, known = source.frames.pts[0], source.frames.pts[count]
        counted = f"{first}+N*{(known - first) // count}"
        spared.append(rf"setts=pts=if(eq(PTS\,NOPTS)\,{counted}\,PTS)")
    if spared:
        reader[f"bsf:{source.video}"] = ",".join(spared)
    return reader | input_options(source.path, source.container)


def _lift(source: Source) -> int:
    """Ticks that a film's stamps are raised by on their way through the pipe: NUT has none below zero."""
    if source.frames.pts[0] >= 0:
        return 0
    unit = source.frames.time_base
    # whole seconds that are whole ticks, with room for what decoders give before the first frame
    return math.ceil((_ROOM - source.frames.start) / unit.numerator) * unit.denominator


def _lifted(source: Source) -> dict[str, str | int | None]:
    lift = _lift(source)
    return {"output_ts_offset": str(lift * source.frames.time_base)} if lift else {}


def _chain(source: Source, filters: str) -> str:
    steps = (detour(source.stored_format), source.flip, filters)
    return ",".join(step for step in steps if step)


def _raw(pixels: str, count: int | None = None) -> Options:
    """Output options for raw pictures in NUT on ffmpeg's standard output, `count` of them or all."""
    writer: dict[str, str | int | None] = {
        "filename": "pipe:1",
        "format": "nut",
        "vcodec": "rawvideo",
        "pix_fmt": pixels,
        "fps_mode": "passthrough",
        "enc_time_base": "demux",
        "avoid_negative_ts": "disabled",
        "flush_packets": 0,
    }
    if count is not None:
        writer["frames:v"] = count
    return writer


def _runs(
    source: Source, pixels: PixelFormat, seek: int | None, filters: str, also: Options | None
) -> Iterator[tuple[int, list[str]]]:
    """What ffmpeg is told for each process that decoding takes, and the stamp that its clock begins at.

    One for a film file; one for every run of an image sequence without a gap, in which the PTS count.
    """
    found = source.sequence
    if found is None:
        yield -_lift(source), decode_arguments(source, pixels, seek, filters, also)
        return
    rate = 1 / source.frames.time_base
    begin = found.first + (seek or 0)
    for first, count in found.runs:
        skipped = max(0, begin - first)
        if skipped < count:
            reader = sequence_input_options(found, first + skipped, rate) | {"noautorotate": None}
            words = command(
                reader, _raw(pixels.name, count - skipped), "0", _chain(source, filters)
            )
            yield first + skipped - found.first, words


class PictureReader:
    """A decoding process and the pictures that it gives, with strictly increasing stamps.

    An image sequence with gaps takes several, one after the other; `process` is the one at work.
    """

    def __init__(
        self,
        source: Source,
        pixels: PixelFormat,
        size: tuple[int, int],
        seek: int | None = None,
        filters: str = "",
        also: Options | None = None,
        *,
        changes: bool = False,
    ) -> None:
        """Start decoding; `size` is the width and height of what comes out of `filters`.

        `also` is a further output of a film file's frames as they decode; with `changes` the messages also
        tell when pictures within the film have another size or format (see `process.told_changes`).
        """
        self._time_base = source.frames.time_base
        self._pixels = pixels
        self._size = size
        samples = sum(width * height for width, height in pixels.plane_sizes(*size))
        self._bytes = samples * np.dtype(pixels.dtype).itemsize
        self._runs = _runs(source, pixels, seek, filters, also)
        self._said: tuple[str, ...] = ()
        self._attentive = changes
        self._offset, words = next(self._runs)
        self.process = self._started(words)

    def __iter__(self) -> Iterator[RawPicture]:
        yield from self._read()
        for offset, words in self._runs:
            if self.process.wait() < 0:
                return  # killed: what it did not give is missing
            self._offset, self._said = offset, self.messages()
            self.process = self._started(words)
            yield from self._read()

    def _started(self, words: list[str]) -> FfmpegProcess:
        return FfmpegProcess(with_change_messages(words) if self._attentive else words)

    def messages(self) -> tuple[str, ...]:
        """What the processes said so far, a line each."""
        return (*self._said, *self.process.messages())

    def _read(self) -> Iterator[RawPicture]:
        """The pictures of the process at work."""
        previous: int | None = None
        try:
            opened = av.open(
                f"pipe:{self.process.pipe.fileno()}",
                format="nut",
                options=_PIPE_OPTIONS,
                metadata_errors="replace",  # ffmpeg passes the film's tags on, in any encoding
            )
        except av.error.FFmpegError:
            return  # not even a header came: the process says why
        with opened:
            stream = opened.streams.video[0]
            scale = (stream.time_base or self._time_base) / self._time_base
            for packet in _packets(opened, stream):
                if packet.size != self._bytes:
                    return  # the process died within a picture
                pts = _stamp(packet.pts, scale, previous)
                previous = pts
                data = np.frombuffer(packet, np.uint8)
                yield RawPicture(pts + self._offset, _planes(data, self._pixels, self._size))

    def wait(self) -> int:
        """The exit status of the process at work, once it ended."""
        return self.process.wait()

    def close(self) -> None:
        """End the process. Safe to call again."""
        self.process.stop()


def whole_pictures(source: Source, seek: int | None = None) -> PictureReader | ImageReader:
    """The film's pictures in its own size and working format, from the key frame at `seek` on."""
    found = source.sequence
    if found is None or source.decoder == "ffmpeg":
        return PictureReader(source, source.format, (source.width, source.height), seek)
    begin = found.first + (seek or 0)
    files = [(n - found.first, found.file(n)) for n in found.numbers if n >= begin]
    return ImageReader(files, source.format, source.flip)


def _packets(opened: InputContainer, stream: VideoStream) -> Iterator[Any]:
    """The packets that came; a torn end is an end: what is missing is noticed by its stamp."""
    with contextlib.suppress(av.error.FFmpegError):
        yield from (packet for packet in opened.demux(stream) if packet.size)


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


def entries_before(keys: tuple[SeekPoint, ...], pts: int) -> list[int | None]:
    """Where to seek for a frame: the nearest clean entry, one further back, the film's start."""
    usable = [entry.seek for entry in keys if entry.clean <= pts]
    tries: list[int | None] = []
    if usable:
        tries.append(usable[-1])
    if len(usable) > _FALLBACK_ENTRIES:
        tries.append(usable[-1 - _FALLBACK_ENTRIES])
    return [*tries, None]
