"""Decoding processes: raw frames of a film through a pipe, each with its PTS.

An ffmpeg process decodes the film and writes raw frames with their PTS, as NUT, to a pipe. PyAV reads the
packets from the pipe; the bytes of a packet are the planes of a frame and are not copied.
"""

from __future__ import annotations

import contextlib
import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, cast

import av
import av.error
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.video.stream import VideoStream

from restore.media.color.pixels import PixelFormat, Plane, RawFrame, intermediate_filter
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
"""NUT's header is complete: no probing."""

_ROOM = 60
"""Seconds that are added before the first frame of a film that begins before zero."""

_FALLBACK_POINTS = 2
"""How many seek points further back the second attempt begins; the third begins at the start of the film."""


def decode_arguments(
    source: Source,
    pixels: PixelFormat,
    seek: int | None,
    filters: str = "",
    also: Options | None = None,
) -> list[str]:
    """Ffmpeg's arguments for decoding the film's stream to raw frames with their PTS.

    `seek` is the PTS of the key frame to begin at (None: the start of the film), `also` a second output of
    the decoded frames.
    """
    writer = {**_raw(pixels.name), **_lifted(source)}
    return command(_from(source, seek), writer, str(source.video), _chain(source, filters), also)


def _from(source: Source, seek: int | None) -> dict[str, str | int | None]:
    """Input options of a film file, read from the key frame at a PTS on."""
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
    """Ticks that are added to the PTS in the pipe: NUT has no negative ones."""
    if source.frames.pts[0] >= 0:
        return 0
    unit = source.frames.time_base
    # whole seconds that are whole ticks, with room for frames that decoders give before the first
    return math.ceil((_ROOM - source.frames.start) / unit.numerator) * unit.denominator


def _lifted(source: Source) -> dict[str, str | int | None]:
    lift = _lift(source)
    return {"output_ts_offset": str(lift * source.frames.time_base)} if lift else {}


def _chain(source: Source, filters: str) -> str:
    steps = (intermediate_filter(source.stored_format), source.flip, filters)
    return ",".join(step for step in steps if step)


def _raw(pixels: str, count: int | None = None) -> Options:
    """Output options for raw frames in NUT on standard output, `count` of them or all."""
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
    """The arguments of each decoding process, with the PTS at which its clock begins.

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
            arguments = command(
                reader, _raw(pixels.name, count - skipped), "0", _chain(source, filters)
            )
            yield first + skipped - found.first, arguments


class RawFrameReader:
    """A decoding process and its frames, with strictly increasing PTS.

    An image sequence with gaps needs several, one after the other; `process` is the running one.
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
        """Start decoding; `size` is the width and height after `filters`.

        `also` is a second output of a film file's decoded frames; with `changes` the messages also report
        frames of another size or format (see `process.split_changes`).
        """
        self._time_base = source.frames.time_base
        self._counted = source.frames.pts if source.counted else None
        self._pixels = pixels
        self._size = size
        samples = sum(width * height for width, height in pixels.plane_sizes(*size))
        self._bytes = samples * np.dtype(pixels.dtype).itemsize
        self._runs = _runs(source, pixels, seek, filters, also)
        self._earlier: tuple[str, ...] = ()
        self._report_changes = changes
        self._offset, arguments = next(self._runs)
        self.process = self._started(arguments)

    def __iter__(self) -> Iterator[RawFrame]:
        yield from self._read()
        for offset, arguments in self._runs:
            if self.process.wait() < 0:
                return  # killed: its remaining frames are missing
            self._offset, self._earlier = offset, self.messages()
            self.process = self._started(arguments)
            yield from self._read()

    def _started(self, arguments: list[str]) -> FfmpegProcess:
        return FfmpegProcess(with_change_messages(arguments) if self._report_changes else arguments)

    def messages(self) -> tuple[str, ...]:
        """Messages of the processes so far, a line each."""
        return (*self._earlier, *self.process.messages())

    def _read(self) -> Iterator[RawFrame]:
        """The frames of the running process."""
        previous: int | None = None
        numbered: Iterator[int] | None = None
        try:
            opened = av.open(
                f"pipe:{self.process.pipe.fileno()}",
                format="nut",
                options=_PIPE_OPTIONS,
                metadata_errors="replace",  # ffmpeg passes the film's tags on, in any encoding
            )
        except av.error.FFmpegError:
            return  # there is no header: the messages of the process have the reason
        with opened:
            stream = opened.streams.video[0]
            scale = (stream.time_base or self._time_base) / self._time_base
            for packet in _packets(opened, stream):
                if packet.size != self._bytes:
                    return  # the process ended within a frame
                pts = _increasing(packet.pts, scale, previous)
                previous = pts
                if self._counted is not None:
                    numbered = numbered or _from_pts(self._counted, pts)
                    if (following := next(numbered, None)) is None:
                        return
                    pts = following
                data = np.frombuffer(packet, np.uint8)
                yield RawFrame(pts + self._offset, _planes(data, self._pixels, self._size))

    def wait(self) -> int:
        """Wait for the running process and return its exit status."""
        return self.process.wait()

    def close(self) -> None:
        """Kill the process. May be called again."""
        self.process.stop()


def whole_frames(source: Source, seek: int | None = None) -> RawFrameReader | ImageReader:
    """The film's frames in full size and working format, from the key frame at `seek` on."""
    found = source.sequence
    if found is None or source.decoder == "ffmpeg":
        return RawFrameReader(source, source.format, (source.width, source.height), seek)
    begin = found.first + (seek or 0)
    files = [(n - found.first, found.file(n)) for n in found.numbers if n >= begin]
    return ImageReader(files, source.format, source.flip)


def _packets(opened: InputContainer, stream: VideoStream) -> Iterator[Any]:
    """The packets of the pipe up to its end or the first error; missing frames are found by their PTS."""
    with contextlib.suppress(av.error.FFmpegError):
        yield from (packet for packet in opened.demux(stream) if packet.size)


def _increasing(pts: int | None, scale: Fraction, previous: int | None) -> int:
    """A PTS in the film's time base; one that does not increase is set to the previous one plus 1."""
    floor = None if previous is None else previous + 1
    if pts is None:
        return floor or 0
    scaled = pts * scale.numerator // scale.denominator
    return scaled if floor is None else max(scaled, floor)


def _from_pts(every: Sequence[int], first: int) -> Iterator[int]:
    """The PTS from that of the first decoded frame on, which is a key frame's and thus right."""
    return iter(every[max(0, bisect_right(every, first) - 1) :])


def _planes(
    data: npt.NDArray[np.uint8], pixels: PixelFormat, size: tuple[int, int]
) -> tuple[Plane, ...]:
    """Views of the planes, which are stored consecutively without padding."""
    samples: Plane = data if pixels.depth == 8 else data.view(np.uint16)
    planes: list[Plane] = []
    at = 0
    for width, height in pixels.plane_sizes(*size):
        planes.append(cast(Plane, samples[at : at + width * height].reshape(height, width)))
        at += width * height
    return tuple(planes)


def seek_points_before(keys: tuple[SeekPoint, ...], pts: int) -> list[int | None]:
    """Where to seek for a frame: the nearest seek point, one further back, the start of the film."""
    usable = [entry.seek for entry in keys if entry.clean <= pts]
    tries: list[int | None] = []
    if usable:
        tries.append(usable[-1])
    if len(usable) > _FALLBACK_POINTS:
        tries.append(usable[-1 - _FALLBACK_POINTS])
    return [*tries, None]
