"""Made shots that weave and flicker by known amounts, as the survey sees them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from restore.media.ffmpeg.decode import ReducedFrame
from tests.survey.drawn import Rng, landscape, smooth_noise

SIZE = (256, 192)
Frames = NDArray[np.uint8]
Path = NDArray[np.float64]


def picture(rng: Rng) -> NDArray[np.float32]:
    """A drawn landscape with texture, larger than SIZE, in code values."""
    wide = (
        landscape(rng).astype(np.float32) + 12 * smooth_noise(rng, 8) + 20 * smooth_noise(rng, 60)
    )
    return np.asarray(cv2.resize(wide, (400, 300), interpolation=cv2.INTER_AREA), np.float32)


def seen_by(
    scene: NDArray[np.float32], path: Path, rng: Rng, grain: float = 4.0
) -> NDArray[np.float32]:
    """The middle of the scene by a camera whose frames lie (down, right) off: [frames, 192, 256]."""
    frames = np.empty((len(path), SIZE[1], SIZE[0]), np.float32)
    for frame, (down, right) in zip(frames, path, strict=True):
        there = np.array([[1, 0, 72 - right], [0, 1, 54 - down]], np.float32)
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        frame[:] = cv2.warpAffine(scene, there, SIZE, flags=flags)
    return frames + rng.normal(0, grain, frames.shape).astype(np.float32)


def codes(frames: NDArray[np.float32]) -> Frames:
    """As the survey's small pictures hold them."""
    return np.clip(np.rint(frames), 16, 235).astype(np.uint8)


def jitter(rng: Rng, count: int, reach: float) -> Path:
    """Places that are new in every frame, (down, right), mean 0."""
    places = rng.normal(0, reach, (count, 2))
    return places - places.mean(0)


def as_picture(luma: NDArray[np.uint8]) -> ReducedFrame:
    """A gray picture as the survey hands it to measures."""
    return ReducedFrame(0, 1, luma, luma[:0], luma[:0])


def scene(rng: np.random.Generator) -> NDArray[np.float32]:
    """A landscape without white: there is room for light lines everywhere."""
    return picture(rng) * np.float32(0.7) + np.float32(20)


def wander(rng: np.random.Generator, count: int, start: float, step: float = 0.6) -> list[float]:
    """The columns of a scratch that sways about its place."""
    return list(start + 2.5 * np.sin(step * np.arange(count) + rng.uniform(0, 6)))


def draw_scratch(
    frames: NDArray[np.float32], columns: Sequence[float], depth: float, first: int = 0
) -> None:
    """Draw a line two columns wide through frames from the `first` on."""
    places = np.arange(frames.shape[2])
    for frame, column in zip(frames[first:], columns, strict=False):
        frame += depth * np.exp(-(((places - column) / 0.9) ** 2)).astype(np.float32)
