"""Titles and signs drawn into sharp frames: lettering, whose strokes are no hairs.

Thin dark strokes that stay are what a hair in the gate looks like, too. Films to train on hold hardly any
lettering, and a network that never reads takes the strokes of a handwritten title away. These are in the
truth.
"""

from __future__ import annotations

import string
from typing import Any, cast

import cv2
import numpy as np
import torch
from torch import Generator, Tensor

from restore.ageing.random_streams import Luck

_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX)
"""Thin, firm, and another: what they look like depends on the version of OpenCV."""

_WRITTEN_SHARE = 0.5
"""How much of the lettering is handwriting and not print."""

_HEIGHT = (10.0, 70.0)
"""Of capitals, in sharp pixels: a twentieth of a title card on a quarter of the size, and large signs."""

_CARD_SHARE = 0.5
"""How often the lettering stands on a plain ground, as on a title card, and not on the picture."""


def titled(frames: Tensor, path: Tensor, generator: Generator) -> Tensor:
    """Frames [T, 3, H, W], 0..1, with lettering: on a card, or on the scene and moving with it.

    `path`: how far each frame has moved, [T, (down, right)] in pixels (`wires.camera_path`).
    """
    luck = Luck(generator)
    height, width = frames.shape[-2:]
    text = lettering(height, width, generator)
    if luck.happens(_CARD_SHARE):
        still = torch.zeros_like(path)
        slope = torch.linspace(-0.5, 0.5, width) * luck.within((-0.2, 0.2))
        ground = (luck.within((0, 1)) + slope).clamp(0, 1).expand_as(frames)
        level = float(ground.mean())
    else:
        still, ground, level = path, frames, float(frames.mean())
    dark = luck.happens(level)
    shade = luck.within((0, 0.4)) * level if dark else 1 - luck.within((0, 0.4)) * (1 - level)
    cover = luck.within((0.7, 1)) * moved(text, still).unsqueeze(1)
    return ground + cover * (shade - ground)


def lettering(height: int, width: int, generator: Generator) -> Tensor:
    """Lines of words without sense, printed or written, all over a picture: their cover [H, W], 0..1."""
    luck = Luck(generator)
    size = min(luck.ratio(_HEIGHT), height / 4)
    thick = max(1, round(size * luck.within((0.02, 0.12))))
    font = _FONTS[int(luck.within((0, len(_FONTS))))]
    written = luck.happens(_WRITTEN_SHARE)
    picture = np.zeros((height, width), np.uint8)
    row = size * luck.within((1, 2))
    while row < height:
        place = (round(size * luck.within((-1, 2))), round(row))
        if written:
            write(picture, place, size, thick, generator)
        else:
            words = _words(2 + round(width / size), generator)
            cv2.putText(picture, words, place, font, size / 22, (255,), thick, cv2.LINE_AA)
        row += size * luck.within((1.5, 2.5))
    return torch.from_numpy(picture).float() / 255


def _words(count: int, generator: Generator) -> str:
    """So many letters, about every sixth a gap."""
    drawn = torch.randint(0, 62, (count,), generator=generator).tolist()
    return "".join((string.ascii_letters + " " * 10)[at] for at in cast(list[int], drawn))


def write(
    picture: np.ndarray[Any, np.dtype[np.uint8]],
    place: tuple[int, int],
    size: float,
    thick: int,
    generator: Generator,
) -> None:
    """A line of a running hand into a picture [H, W], from `place` (column, row) to its right edge.

    Words of joined loops, some of them tall, `size` pixels at most, with strokes of `thick` pixels.
    """
    slant = Luck(generator).within((0, 0.6))
    left, row = float(place[0]), place[1]
    while left < picture.shape[1]:
        loops = int(torch.randint(2, 9, (), generator=generator))
        turn = torch.linspace(0, 2 * np.pi * loops, 24 * loops)
        kind = torch.rand(4, loops, generator=generator).repeat_interleave(24, 1)
        tall = size * torch.where(kind[0] < 0.25, 1.0, 0.25 + 0.3 * kind[1])
        up = tall * (1 - turn.cos()) / 2 - size * 0.6 * (kind[2] < 0.1) * (1 - turn.cos()) / 2
        along = left + size * (0.07 * turn + (0.05 + 0.2 * kind[3]) * turn.sin()) + slant * up
        points = torch.stack([along, row - up], -1).mul(16).round().int().numpy()
        cv2.polylines(picture, [points], False, (255,), thick, cv2.LINE_AA, 4)
        left += size * (0.07 * float(turn[-1]) + 0.6)


def moved(cover: Tensor, path: Tensor) -> Tensor:
    """A cover [H, W] in every place of `path` [T, (down, right)], in fractions of pixels: [T, H, W]."""
    size = (cover.shape[1], cover.shape[0])
    flat = cover.numpy()
    places = [
        cv2.warpAffine(flat, np.array([[1, 0, right], [0, 1, down]], np.float32), size)
        for down, right in cast(list[tuple[float, float]], path.tolist())
    ]
    return torch.from_numpy(np.stack(places)).clamp(0, 1)
