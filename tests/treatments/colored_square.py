"""A scene whose colors are known: a textured square moves over a textured background that moves, too."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from restore.filters.flow import Plane

_WAY = 64
"""Pixels by which the background moves at most: for 128 frames, so that their number changes no texture."""

SIDE = 48
"""Side of the square in pixels."""


@dataclass(frozen=True)
class Scene:
    """Luma [H, W], 0..1, and chroma [H, W, 2] of BT.709 of every frame, and the corner of the square."""

    luma: list[Plane]
    chroma: list[Plane]
    corners: list[tuple[int, int]]

    def square(self, frame: int, border: int = 6) -> tuple[slice, slice]:
        """The inside of the square: without so many pixels at each side."""
        y, x = self.corners[frame]
        return slice(y + border, y + SIDE - border), slice(x + border, x + SIDE - border)

    def away(self, frame: int, border: int = 12) -> Plane:
        """1 outside the square and the pixels around it, 0 in it."""
        y, x = self.corners[frame]
        found = np.ones_like(self.luma[frame])
        found[max(0, y - border) : y + SIDE + border, max(0, x - border) : x + SIDE + border] = 0
        return found


def colored_square(
    frames: int,
    square: tuple[float, float] = (-0.06, 0.13),
    ground: tuple[float, float] = (0.07, -0.05),
    seed: int = 1,
    size: tuple[int, int] = (192, 256),
) -> Scene:
    """A square of one color moves to the right and down over a background of another, which moves left."""
    height, width = size
    draw = np.random.default_rng(seed)
    far = _texture(draw, (height, width + _WAY), 4.0, 0.3, 0.65)
    near = _texture(draw, (SIDE, SIDE), 2.0, 0.35, 0.8)
    luma, chroma, corners = [], [], []
    for time in range(frames):
        picture = far[:, time // 2 : time // 2 + width].copy()
        colors = np.broadcast_to(np.float32(ground), (height, width, 2)).copy()
        y, x = 30 + time // 2, 24 + 2 * time
        picture[y : y + SIDE, x : x + SIDE] = near[:, : max(0, width - x)]
        colors[y : y + SIDE, x : x + SIDE] = square
        grain = draw.normal(0, 0.008, picture.shape)
        luma.append(np.clip(picture + grain, 0, 1).astype(np.float32))
        chroma.append(colors)
        corners.append((y, x))
    return Scene(luma, chroma, corners)


def _texture(
    draw: np.random.Generator, size: tuple[int, int], blur: float, low: float, high: float
) -> Plane:
    noise = cv2.GaussianBlur(draw.random(size).astype(np.float32), (0, 0), blur)
    noise = (noise - noise.min()) / (noise.max() - noise.min())
    return np.asarray(low + (high - low) * noise, np.float32)


def rgb(luma: Plane, chroma: Plane) -> Plane:
    """R'G'B' [H, W, 3], 0..1."""
    red = luma + chroma[..., 1] * 1.5748
    blue = luma + chroma[..., 0] * 1.8556
    green = (luma - 0.2126 * red - 0.0722 * blue) / 0.7152
    return np.clip(np.dstack([red, green, blue]), 0, 1).astype(np.float32)


def delta_e(one: Plane, other: Plane) -> Plane:
    """The distance of two R'G'B' pictures in L*a*b* [H, W] (CIE 1976)."""
    labs = (cv2.cvtColor(each.astype(np.float32), cv2.COLOR_RGB2LAB) for each in (one, other))
    first, second = labs
    return np.asarray(np.linalg.norm(first - second, axis=-1), np.float32)
