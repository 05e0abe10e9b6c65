"""Photographs arranged side by side, and a camera that pans over them: training shots without a film.

A few films show few subjects; photographs show thousands, but nothing in them moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Generator, Tensor

from restore.ageing.random_streams import RandomDraws, seeded
from restore.evaluation.clean_films import Box, CleanFilm
from restore.evaluation.photographs import Photo

_SHOTS = 1_000_000
"""A shot starts at every frame number: that many different ones can be drawn."""

_HEIGHT, _WIDTH = 1080, 1920
"""Size of the collage in pixels; it wraps around at its edges."""

_SPEED = (0.0, 6.0)
"""Speed of the camera in pixels per frame, more often slow than fast."""

_STATIC_SHARE = 0.25
"""Share of shots with a static camera."""

_SHAKE = 0.7
"""Deviation of the camera's speed, in pixels per frame."""


def photo_film(photos: Sequence[Photo]) -> CleanFilm:
    """A film of which every box is a pan over photographs drawn at random."""
    return CleanFilm("photographs", _SHOTS, _HEIGHT, _WIDTH, lambda box: _pan(photos, box))


def _pan(photos: Sequence[Photo], box: Box) -> Tensor:
    """Frames [T, 3, H, W], uint8, moved by whole pixels, so that they stay sharp."""
    generator = seeded(box.first)
    picture = collage(photos, generator)
    path = _camera_path(box.frames * box.step, generator)[:: box.step]
    return torch.stack(
        [
            picture[:, _wrapped(box.top + down, box.height, _HEIGHT)][
                ..., _wrapped(box.left + right, box.width, _WIDTH)
            ]
            for down, right in cast(list[tuple[int, int]], path.tolist())
        ]
    )


def _wrapped(first: int, count: int, size: int) -> Tensor:
    """That many indices from one on, modulo the size."""
    return (torch.arange(count) + first) % size


def _camera_path(frames: int, generator: Generator) -> Tensor:
    """The position of the camera in every frame: whole pixels [T, (down, right)]."""
    draws = RandomDraws(generator)
    if draws.happens(_STATIC_SHARE):
        return torch.zeros(frames, 2, dtype=torch.long)
    direction = torch.randn(2, generator=generator)
    velocity = draws.skewed(_SPEED) * direction / direction.norm()
    shake = _SHAKE * torch.randn(frames, 2, generator=generator)
    return (velocity + shake).cumsum(0).round().long()


def collage(photos: Sequence[Photo], generator: Generator) -> Tensor:
    """Photographs drawn at random, side by side in rows: [3, 1080, 1920], uint8.

    A row has the height of its lowest photograph; the others are cropped.
    """
    rows: list[Tensor] = []
    lines = 0
    while lines < _HEIGHT:
        row = _row(photos, generator)
        rows.append(row)
        lines += row.shape[1]
    return torch.cat(rows, 1)[:, :_HEIGHT]


def _row(photos: Sequence[Photo], generator: Generator) -> Tensor:
    """One row, [3, h, 1920]."""
    chosen: list[Tensor] = []
    columns = 0
    while columns < _WIDTH:
        at = int(torch.randint(len(photos), (), generator=generator))
        chosen.append(photos[at].rgb)
        columns += chosen[-1].shape[2]
    height = min(rgb.shape[1] for rgb in chosen)
    parts: list[Tensor] = []
    for rgb in chosen:
        top = int(torch.randint(rgb.shape[1] - height + 1, (), generator=generator))
        parts.append(rgb[:, top : top + height])
    return torch.cat(parts, 2)[..., :_WIDTH]
