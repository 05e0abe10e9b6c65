"""Made pictures for the tests of tape repairs: a soft, moving, grainy scene, as 8-bit frames and as clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from restore.clip import Clip, ColorSpec, Fields

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Seen:
    """A frame as a measure sees it."""

    y: NDArray[np.uint8]
    cb: NDArray[np.uint8]
    cr: NDArray[np.uint8]


def scene(
    frames: int, height: int = 128, width: int = 192, speed: int = 1, grain: float = 0.005
) -> Values:
    """Soft shapes with clear edges that move to the right, nominal luma [T, H, W]."""
    rng = np.random.default_rng(3)
    wide = rng.standard_normal((height, width + speed * frames)).astype(np.float32)
    shapes = cv2.GaussianBlur(wide, (0, 0), 6)
    shapes = 0.5 + 0.15 * np.tanh(40 * shapes) + 0.1 * shapes
    moving = [shapes[:, speed * (frames - k) :][:, :width] for k in range(frames)]
    noise = grain * rng.standard_normal((frames, height, width))
    return np.asarray(np.stack(moving) + noise, np.float32)


def torn(luma: Values, streaks: Sequence[tuple[int, int, int, int, float]]) -> Values:
    """The frames with streaks: (frame, row, first column, last column + 1, value)."""
    result = luma.copy()
    for frame, row, start, stop, value in streaks:
        result[frame, row, start:stop] = value
    return result


def seen(luma: Values) -> list[Seen]:
    """The frames as the survey's second pass gives them."""
    codes = np.clip(np.rint(16 + 219 * luma), 0, 255).astype(np.uint8)
    return [Seen(y, y[:0], y[:0]) for y in codes]


def clip_of(luma: Values, first: int = 0, fields: Fields | None = None) -> Clip:
    """The frames as a clip in 4:2:0 with some chroma."""
    frames, height, width = luma.shape
    chroma = torch.linspace(-0.2, 0.2, width // 2).expand(frames, 2, height // 2, width // 2)
    color = ColorSpec("bt601", "limited", fields=fields)
    return Clip(torch.from_numpy(luma)[:, None].clone(), chroma.contiguous(), first, color)
