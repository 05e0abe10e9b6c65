"""Color photographs: read, cut and aged to film-like grey, with their chroma as the truth."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor
from torch.nn import functional

from restore.ageing.draw import Spread, draw
from restore.ageing.random_streams import seeded
from restore.ageing.shot import age
from restore.evaluation.benchmark import chroma_of
from restore.evaluation.photographs import Photo


def grey_sample(
    photos: Sequence[Photo], spread: Spread, size: int, generator: Generator
) -> tuple[Tensor, Tensor]:
    """Film-like grey [1, 1, size, size], 0..1, of a random cut, and its chroma [1, 2, size/4, size/4]."""
    at = int(torch.randint(0, len(photos), (), generator=generator))
    return _grey(photos[at], spread, size, generator)


def grey_bench(
    photos: Sequence[Photo], spread: Spread, size: int, seed: int
) -> tuple[Tensor, Tensor]:
    """The same for every photograph, one cut of each, for a seed always the same: [N, ...]."""
    made = [_grey(photo, spread, size, seeded(seed, at, 0)) for at, photo in enumerate(photos)]
    greys, chromas = zip(*made, strict=True)
    return torch.cat(greys), torch.cat(chromas)


def _grey(photo: Photo, spread: Spread, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
    rgb = _crop(photo.rgb.float()[None] / 255, size, generator)
    shot = age(rgb, draw(spread, generator), 1, generator)
    return shot.aged.clamp(0, 1), functional.avg_pool2d(chroma_of(rgb), 4)


def _crop(rgb: Tensor, size: int, generator: Generator) -> Tensor:
    """A square of `size` from [1, 3, H, W], zoomed by 1 to 1.4 times less; half are mirrored."""
    height, width = rgb.shape[-2:]
    zoom = float(torch.rand((), generator=generator)) * 0.4 + 1
    factor = size * zoom / min(height, width)
    target = (max(size, round(height * factor)), max(size, round(width * factor)))
    rgb = functional.interpolate(rgb, target, mode="bilinear", align_corners=False, antialias=True)
    top = int(torch.randint(0, target[0] - size + 1, (), generator=generator))
    left = int(torch.randint(0, target[1] - size + 1, (), generator=generator))
    square = rgb[:, :, top : top + size, left : left + size]
    return square.flip(-1) if int(torch.randint(0, 2, (), generator=generator)) else square
