"""Made films: a few tiny frames each, drawn by ffmpeg or from given planes."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from restore.clip import ColorSpec
from restore.media.color.pixels import PixelFormat
from restore.media.ffmpeg.encode import PartEncoder, Planes, VideoFormat
from restore.media.ffmpeg.process import executable

MOVING = "testsrc2=s=64x48:r=25:d=1,noise=alls=24:allf=t"
"""25 frames, each different from its neighbors."""

X264 = (
    "-c:v",
    "libx264",
    "-preset",
    "ultrafast",
    "-crf",
    "20",
    "-bf",
    "3",
    "-g",
    "8",
    "-b_strategy",
    "0",
)
"""H.264 with reordered frames and a key frame every eight."""


def run_ffmpeg(*arguments: str | Path) -> None:
    """Run the embedded ffmpeg; what it complains about fails the test."""
    line = [executable(), "-v", "error", "-y", *(str(word) for word in arguments)]
    done = subprocess.run(line, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr


def make(path: Path, *arguments: str | Path, drawn: str = MOVING) -> Path:
    """A film drawn by one of ffmpeg's sources, encoded as `arguments` say (H.264 without any)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    run_ffmpeg("-f", "lavfi", "-i", drawn, *(arguments or X264), f"file:{path}")
    return path


def video_format(pixels: PixelFormat, width: int, height: int, color: ColorSpec) -> VideoFormat:
    """FFV1 in that pixel format at 25 frames a second."""
    return VideoFormat(
        "ffv1", pixels.name, width, height, Fraction(25), Fraction(1), color, None, None
    )


def encode(path: Path, video: VideoFormat, frames: Sequence[Planes]) -> Path:
    """A part with these frames."""
    with PartEncoder(video, path) as encoder:
        for planes in frames:
            encoder.write(planes)
        encoder.finish()
    return path


def noise(pixels: PixelFormat, width: int, height: int, count: int, seed: int = 0) -> list[Planes]:
    """Frames of random code values over all that the depth can hold."""
    rng = np.random.default_rng(seed)
    sizes = pixels.plane_sizes(width, height)
    top = 1 << pixels.depth
    return [
        tuple(rng.integers(0, top, (h, w)).astype(pixels.dtype) for w, h in sizes)
        for _ in range(count)
    ]


def slopes(pixels: PixelFormat, width: int, height: int, count: int) -> list[Planes]:
    """Frames of moving slopes: easy for lossy encoders, no two alike."""
    sizes = pixels.plane_sizes(width, height)
    top = 1 << pixels.depth
    return [
        tuple(
            (
                (np.add.outer(np.arange(h), np.arange(w)) * (top // 256) + t * top // 32) % top
            ).astype(pixels.dtype)
            for w, h in sizes
        )
        for t in range(count)
    ]
