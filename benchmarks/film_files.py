"""Films as planes: what the benchmarks read and write by ffmpeg, and what a piece of work costs."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from restore.media.ffmpeg.process import executable

Plane = NDArray[Any]
"""Code values [rows, columns]: uint8, or uint16 for 10 bits."""

Frame = tuple[Plane, Plane, Plane]
"""Luma and chroma, 4:2:0."""

PIXELS = {8: "yuv420p", 10: "yuv420p10le"}


def ffmpeg(*options: str) -> None:
    """Run ffmpeg; its messages are those of the exception."""
    subprocess.run(_command(*options), capture_output=True, check=True)


def _command(*options: str) -> list[str]:
    return [executable(), "-hide_banner", "-loglevel", "error", "-y", *options]


def timed(
    path: Path, size: tuple[int, int] | None = None, bits: int = 8
) -> Iterator[tuple[Fraction, Frame]]:
    """When each frame of a film is shown, in seconds, and its planes (scaled to this width and height)."""
    width, height = size or (None, None)
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            made = frame.reformat(width=width, height=height, format=PIXELS[bits])
            yield Fraction(frame.pts or 0) * (frame.time_base or 1), _planes(made, bits)


def _planes(frame: av.VideoFrame, bits: int) -> Frame:
    kind = np.dtype(np.uint8 if bits == 8 else np.uint16)
    found = [
        np.frombuffer(bytes(plane), kind).reshape(-1, plane.line_size // kind.itemsize)
        for plane in frame.planes
    ]
    y, cb, cr = (
        rows[: plane.height, : plane.width].copy()
        for rows, plane in zip(found, frame.planes, strict=True)
    )
    return y, cb, cr


def decoded(
    path: Path, count: int | None = None, size: tuple[int, int] | None = None, bits: int = 8
) -> list[Frame]:
    """The frames of a film, or its first ones."""
    return [frame for _, frame in islice(timed(path, size, bits), count)]


def write(
    frames: Iterable[Frame], path: Path, rate: Fraction, *options: str, bits: int = 8
) -> None:
    """Write frames to a file; the options are ffmpeg's for the output."""
    rest = iter(frames)
    first = next(rest)
    height, width = first[0].shape
    raw = ("-f", "rawvideo", "-pix_fmt", PIXELS[bits], "-s", f"{width}x{height}", "-r", str(rate))
    command = _command(*raw, "-i", "-", *options, str(path))
    with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder:
        assert encoder.stdin is not None
        for frame in chain([first], rest):
            for plane in frame:
                encoder.stdin.write(plane.astype(np.uint8 if bits == 8 else np.uint16).tobytes())
        encoder.stdin.close()
        if encoder.wait():
            raise RuntimeError(f"{path} was not written")


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time of this process and its children while `work` runs."""
    before = _used()
    work()
    return _used() - before


def _used() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)
