"""Titles and signs drawn into clean frames: lettering, whose strokes are not hairs.

Thin dark strokes that stay also look like a hair in the gate. Training films have hardly any lettering,
and a network that never sees any removes the strokes of a handwritten title. The drawn lettering is in the
ground truth.
"""

from __future__ import annotations

import string
from typing import Any, cast

import cv2
import numpy as np
import torch
from torch import Generator, Tensor

from restore.ageing.random_streams import RandomDraws

_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX)
"""Their shapes depend on the version of OpenCV."""

_HANDWRITTEN_SHARE = 0.5
"""Share of handwriting; the rest is print."""

_HEIGHT = (10.0, 70.0)
"""Height of capitals, in sharp pixels: from small text on a title card to large signs."""

_CARD_SHARE = 0.5
"""Share of lettering on a plain background, as on a title card; the rest is on the picture."""


def with_lettering(frames: Tensor, path: Tensor, generator: Generator) -> Tensor:
    """Frames [T, 3, H, W], 0..1, with lettering: on a card, or fixed in the scene.

    `path`: the displacement of each frame, [T, (down, right)] in pixels (`scene_lines.camera_path`).
    """
    draws = RandomDraws(generator)
    height, width = frames.shape[-2:]
    text = lettering(height, width, generator)
    if draws.happens(_CARD_SHARE):
        path = torch.zeros_like(path)
        gradient = torch.linspace(-0.5, 0.5, width) * draws.uniform((-0.2, 0.2))
        background = (draws.uniform((0, 1)) + gradient).clamp(0, 1).expand_as(frames)
        level = float(background.mean())
    else:
        background, level = frames, float(frames.mean())
    dark = draws.happens(level)
    contrast = draws.uniform((0, 0.4))
    shade = contrast * level if dark else 1 - contrast * (1 - level)
    cover = draws.uniform((0.7, 1)) * moved_along(text, path).unsqueeze(1)
    return background + cover * (shade - background)


def lettering(height: int, width: int, generator: Generator) -> Tensor:
    """Lines of random letters, printed or handwritten, over a whole picture: coverage [H, W], 0..1."""
    draws = RandomDraws(generator)
    size = min(draws.log_uniform(_HEIGHT), height / 4)
    thickness = max(1, round(size * draws.uniform((0.02, 0.12))))
    font = _FONTS[int(draws.uniform((0, len(_FONTS))))]
    handwritten = draws.happens(_HANDWRITTEN_SHARE)
    picture = np.zeros((height, width), np.uint8)
    row = size * draws.uniform((1, 2))
    while row < height:
        place = (round(size * draws.uniform((-1, 2))), round(row))
        if handwritten:
            draw_handwriting(picture, place, size, thickness, generator)
        else:
            letters = _letters(2 + round(width / size), generator)
            cv2.putText(picture, letters, place, font, size / 22, (255,), thickness, cv2.LINE_AA)
        row += size * draws.uniform((1.5, 2.5))
    return torch.from_numpy(picture).float() / 255


def _letters(count: int, generator: Generator) -> str:
    """That many random letters, about every sixth a space."""
    drawn = torch.randint(0, 62, (count,), generator=generator).tolist()
    return "".join((string.ascii_letters + " " * 10)[at] for at in cast(list[int], drawn))


def draw_handwriting(
    picture: np.ndarray[Any, np.dtype[np.uint8]],
    place: tuple[int, int],
    size: float,
    thickness: int,
    generator: Generator,
) -> None:
    """Draw a line of handwriting into a picture [H, W], from `place` (column, row) to its right edge.

    Words are joined loops, some of them tall, at most `size` pixels high.
    """
    slant = RandomDraws(generator).uniform((0, 0.6))
    left, row = float(place[0]), place[1]
    while left < picture.shape[1]:
        loops = int(torch.randint(2, 9, (), generator=generator))
        turn = torch.linspace(0, 2 * np.pi * loops, 24 * loops)
        kind = torch.rand(4, loops, generator=generator).repeat_interleave(24, 1)
        tall = size * torch.where(kind[0] < 0.25, 1.0, 0.25 + 0.3 * kind[1])
        up = tall * (1 - turn.cos()) / 2 - size * 0.6 * (kind[2] < 0.1) * (1 - turn.cos()) / 2
        along = left + size * (0.07 * turn + (0.05 + 0.2 * kind[3]) * turn.sin()) + slant * up
        points = torch.stack([along, row - up], -1).mul(16).round().int().numpy()
        cv2.polylines(picture, [points], False, (255,), thickness, cv2.LINE_AA, 4)
        left += size * (0.07 * float(turn[-1]) + 0.6)


def moved_along(cover: Tensor, path: Tensor) -> Tensor:
    """A coverage [H, W] at every position of `path` [T, (down, right)], subpixel exact: [T, H, W]."""
    size = (cover.shape[1], cover.shape[0])
    flat = cover.numpy()
    moved = [
        cv2.warpAffine(flat, np.array([[1, 0, right], [0, 1, down]], np.float32), size)
        for down, right in cast(list[tuple[float, float]], path.tolist())
    ]
    return torch.from_numpy(np.stack(moved)).clamp(0, 1)
