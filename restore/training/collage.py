"""Photographs laid side by side, and a camera that goes over them: takes to train on without a film.

A few films show few things; photographs show thousands, but none of them moves by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Generator, Tensor

from restore.ageing.random_streams import Luck, seeded
from restore.evaluation.clean_films import Box, CleanFilm
from restore.evaluation.photographs import Photo

_TAKES = 1_000_000
"""A take begins with every frame number: so many others can be drawn."""

_HEIGHT, _WIDTH = 1080, 1920
"""Pixels of the ground that the photographs cover; it goes on from its other side."""

_SPEED = (0.0, 6.0)
"""Pixels a frame that the camera goes, slowly more often than fast; `_STANDS` of the takes not at all."""

_STANDS = 0.25

_SHAKE = 0.7
"""Pixels a frame by which its way is uneven (deviation)."""


def photo_film(photos: Sequence[Photo]) -> CleanFilm:
    """A film whose every box is a take of its own, of photographs drawn at random; it has no end."""
    return CleanFilm("photographs", _TAKES, _HEIGHT, _WIDTH, lambda box: _take(photos, box))


def _take(photos: Sequence[Photo], box: Box) -> Tensor:
    """Frames [T, 3, H, W], uint8, moved by whole pixels, so that they stay sharp."""
    generator = seeded(box.first)
    ground = laid_out(photos, generator)
    way = _way(box.frames * box.step, generator)[:: box.step]
    return torch.stack(
        [
            ground[:, _wrapped(box.top + down, box.height, _HEIGHT)][
                ..., _wrapped(box.left + right, box.width, _WIDTH)
            ]
            for down, right in cast(list[tuple[int, int]], way.tolist())
        ]
    )


def _wrapped(first: int, count: int, whole: int) -> Tensor:
    """So many places from one on, round and round."""
    return (torch.arange(count) + first) % whole


def _way(frames: int, generator: Generator) -> Tensor:
    """Where the camera is in every frame: whole pixels [T, (down, right)]."""
    luck = Luck(generator)
    if luck.happens(_STANDS):
        return torch.zeros(frames, 2, dtype=torch.long)
    heading = torch.randn(2, generator=generator)
    speed = luck.mild(_SPEED) * heading / heading.norm()
    shake = _SHAKE * torch.randn(frames, 2, generator=generator)
    return (speed + shake).cumsum(0).round().long()


def laid_out(photos: Sequence[Photo], generator: Generator) -> Tensor:
    """Photographs drawn at random in rows, side by side: [3, 1080, 1920], uint8.

    A row is as high as the lowest of them; of the others some part is seen.
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
