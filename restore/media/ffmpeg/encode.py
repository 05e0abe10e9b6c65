"""Encoding of a part: one ffmpeg process that gets planes in the format of its encoder."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import av.error
import numpy as np
import numpy.typing as npt

from restore.errors import OutputError
from restore.media.color.pixels import Plane, pixel_format
from restore.media.ffmpeg.encoders import (
    VideoFormat,
    encode_arguments,
    input_format,
    output_pixel_format,
)
from restore.media.ffmpeg.process import FfmpegProcess, encoding_failed
from restore.media.names import open_input

__all__ = ["PartEncoder", "Planes", "VideoFormat", "count_packets", "output_pixel_format"]

Planes = tuple[Plane, ...]

_PATIENCE = 10
"""Seconds that an encoder whose pipe broke has to end, so that its messages are complete."""


class PartEncoder:
    """A part being encoded: write frames, then call `finish`; leaving the block without it aborts."""

    def __init__(self, video: VideoFormat, target: Path) -> None:
        """Start the encoder, which writes the part (Matroska) to `target`."""
        self._video = video
        self._pixels = pixel_format(video.pixel_format)
        self._pack = _PACKING.get(input_format(video))
        self._target = target
        self._count = 0
        self.process = FfmpegProcess(encode_arguments(video, target), feed=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.abort()

    def write(self, planes: Planes) -> None:
        """Write one frame: planes [h, w] of the format.

        Raises ValueError for planes of another shape or type, OutputError if the encoder ended.
        """
        self._check(planes)
        if self._pack is not None:
            planes = self._pack(planes)
        try:
            for plane in planes:
                data: Any = np.ascontiguousarray(plane)
                self.process.pipe.write(memoryview(data).cast("B"))
        except (OSError, ValueError) as error:  # ValueError: the pipe is closed already
            raise self._failed() from error
        self._count += 1

    def finish(self) -> None:
        """Finish encoding; raises OutputError unless the part has every frame."""
        try:
            self.process.pipe.flush()
        except (OSError, ValueError) as error:
            raise self._failed() from error
        status = self.process.wait()
        if status != 0:
            raise encoding_failed(self._target, self.process.messages(), status)
        found = count_packets(self._target)
        if found != self._count:
            raise OutputError(
                f"The encoder wrote {found} of {self._count} frames.",
                str(self._target),
                "Check the disk, then run the same command again: finished parts are kept.",
                code="frame-count",
            )

    def abort(self) -> None:
        """Kill the encoder; the unfinished part is left to the caller. May be called again."""
        self.process.stop()

    def _check(self, planes: Planes) -> None:
        sizes = self._pixels.plane_sizes(self._video.width, self._video.height)
        shapes = [(height, width) for width, height in sizes]
        dtype = self._pixels.dtype
        if [plane.shape for plane in planes] != shapes or any(p.dtype != dtype for p in planes):
            have = ", ".join(f"{plane.shape} {plane.dtype}" for plane in planes)
            raise ValueError(f"{self._pixels.name} needs planes {shapes}, not {have}")

    def _failed(self) -> Exception:
        """The error of an encoder that ended while it was given frames, with its own message."""
        try:
            status: int | None = self.process.wait(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            status = None
        self.process.stop()
        return encoding_failed(self._target, self.process.messages(), status)


def _bgr0(planes: Planes) -> npt.NDArray[np.uint8]:
    """Pack green, blue and red planes as blue, green, red and an unused byte."""
    green, blue, red = planes
    packed = np.zeros((*green.shape, 4), np.uint8)
    for place, plane in enumerate((blue, green, red)):
        packed[..., place] = plane
    return packed


def semi_planar(planes: Planes) -> Planes:
    """Interleave Cb and Cr (nv12, p010); samples above 8 bit are moved to the high bits of 16."""
    luma, cb, cr = planes
    shift = 0 if luma.dtype == np.uint8 else 6
    chroma = np.stack((cb, cr), axis=-1).reshape(cb.shape[0], -1)
    return cast(Planes, (luma << shift, chroma << shift) if shift else (luma, chroma))


_PACKING: dict[str, Callable[[Planes], Planes]] = {
    "bgr0": lambda planes: (_bgr0(planes),),
    "nv12": semi_planar,
    "p010le": semi_planar,
}
"""Conversion of planes to the equivalent format that an encoder takes."""


def count_packets(path: Path) -> int:
    """Count the video packets of a part; raises OutputError if it cannot be read."""
    try:
        with open_input(path, "matroska") as part:
            return sum(1 for packet in part.demux(video=0) if packet.size)
    except (av.error.FFmpegError, OSError, IndexError) as error:
        raise OutputError(
            f"A part that was just written cannot be read: {error}",
            str(path),
            "Check the disk, then run the same command again: finished parts are kept.",
            code="part-unreadable",
        ) from error
