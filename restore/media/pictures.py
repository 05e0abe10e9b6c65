"""Decoding processes: raw pictures out of a film through a pipe, each with its own time stamp.

An ffmpeg process decodes and writes raw pictures in NUT to a pipe, with the film's own stamps. PyAV
takes the packets from the pipe; a packet's bytes are the picture's planes, without a further copy.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import av
import av.error
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.video.stream import VideoStream

from restore.media.names import PROTOCOLS
from restore.media.packets import Entry
from restore.media.pixels import PixelFormat, Plane
from restore.media.probe import Source
from restore.media.process import FfmpegProcess, command, reading

_PIPE_OPTIONS = {"protocol_whitelist": PROTOCOLS, "probesize": "32", "analyzeduration": "0"}
"""NUT's header says all there is to know: no looking ahead for more."""

_FALLBACK_ENTRIES = 2
"""How many entries further back the second try begins; the third begins at the film's start."""


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
        samples = sum(width * height for width, height in pixels.plane_sizes(*size))
        self._bytes = samples * np.dtype(pixels.dtype).itemsize
        self.process = FfmpegProcess(decode_arguments(source, pixels, seek, filters))

    def __iter__(self) -> Iterator[RawPicture]:
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
                data = np.frombuffer(cast(Any, packet), np.uint8)
                yield RawPicture(pts, _planes(data, self._pixels, self._size))

    def close(self) -> None:
        """End the process. Safe to call again."""
        self.process.stop()


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


def entries_before(keys: tuple[Entry, ...], pts: int) -> list[int | None]:
    """Where to seek for a frame: the nearest clean entry, one further back, the film's start."""
    usable = [entry.seek for entry in keys if entry.clean <= pts]
    tries: list[int | None] = []
    if usable:
        tries.append(usable[-1])
    if len(usable) > _FALLBACK_ENTRIES:
        tries.append(usable[-1 - _FALLBACK_ENTRIES])
    return [*tries, None]
