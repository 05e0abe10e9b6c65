"""Color photographs cropped and aged to film-like gray, with their chroma as the ground truth."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor
from torch.nn import functional

from restore.ageing.draw import AgeingRanges, draw
from restore.ageing.random_streams import seeded
from restore.ageing.shot import age
from restore.evaluation.benchmark import chroma_of
from restore.evaluation.photographs import Photo


def gray_sample(
    photos: Sequence[Photo], ranges: AgeingRanges, size: int, generator: Generator
) -> tuple[Tensor, Tensor]:
    """Film-like gray [1, 1, size, size], 0..1, of a random crop, and its chroma [1, 2, size/4, size/4]."""
    at = int(torch.randint(0, len(photos), (), generator=generator))
    return _gray(photos[at], ranges, size, generator)


def gray_samples(
    photos: Sequence[Photo], ranges: AgeingRanges, size: int, seed: int
) -> tuple[Tensor, Tensor]:
    """One such sample of every photograph, always the same for a seed: [N, ...]."""
    made = [_gray(photo, ranges, size, seeded(seed, at, 0)) for at, photo in enumerate(photos)]
    grays, chromas = zip(*made, strict=True)
    return torch.cat(grays), torch.cat(chromas)


def _gray(
    photo: Photo, ranges: AgeingRanges, size: int, generator: Generator
) -> tuple[Tensor, Tensor]:
    rgb = _crop(photo.rgb.float()[None] / 255, size, generator)
    shot = age(rgb, draw(ranges, generator), 1, generator)
    return shot.aged.clamp(0, 1), functional.avg_pool2d(chroma_of(rgb), 4)


def _crop(rgb: Tensor, size: int, generator: Generator) -> Tensor:
    """A square of `size` from [1, 3, H, W] after scaling at random; half of them are mirrored.

    The shorter side is scaled to 1 to 1.4 times `size`.
    """
    height, width = rgb.shape[-2:]
    zoom = float(torch.rand((), generator=generator)) * 0.4 + 1
    factor = size * zoom / min(height, width)
    target = (max(size, round(height * factor)), max(size, round(width * factor)))
    rgb = functional.interpolate(rgb, target, mode="bilinear", align_corners=False, antialias=True)
    top = int(torch.randint(0, target[0] - size + 1, (), generator=generator))
    left = int(torch.randint(0, target[1] - size + 1, (), generator=generator))
    square = rgb[:, :, top : top + size, left : left + size]
    return square.flip(-1) if int(torch.randint(0, 2, (), generator=generator)) else square
