"""Dust and dirt that lie on one frame: specks, bigger blotches."""

import math

import torch
from torch import Generator, Tensor

from restore.training.degrade.chance import noise
from restore.training.degrade.mark import marked
from restore.training.degrade.optics import blur


def dust(
    luma: Tensor, area: float, size: float, generator: Generator, bright: float = 0.5
) -> tuple[Tensor, Tensor]:
    """Irregular specks on [T, 1, H, W], new in every frame, dark (dirt) or bright (negative).

    `area`: the share of pixels covered (0..1); `size`: sigma in pixels of the random field whose
    peaks are the specks; `bright`: the share of bright ones. Returns the luma and the mask.
    """
    if area == 0:
        return luma, torch.zeros_like(luma, dtype=torch.bool)
    field = _unit(blur(noise(luma.shape, luma, generator), size))
    cover = ((field - _quantile(1 - area)) * 6 + 0.5).clamp(0, 1)
    side = _unit(blur(noise(luma.shape, luma, generator), 4 * size))
    shade = 0.12 * _unit(blur(noise(luma.shape, luma, generator), 2 * size)).abs()
    tone = torch.where(side > _quantile(1 - bright), 1 - shade, shade)
    return marked(luma, luma + cover * (tone - luma))


def blotches(
    luma: Tensor, area: float, size: float, generator: Generator, bright: float = 0.5
) -> tuple[Tensor, Tensor]:
    """Stains and lost emulsion: as dust, but larger, half transparent and cloudy inside."""
    if area == 0:
        return luma, torch.zeros_like(luma, dtype=torch.bool)
    field = _unit(blur(noise(luma.shape, luma, generator), size))
    field = field + 0.15 * _unit(blur(noise(luma.shape, luma, generator), size / 4))
    cover = ((field - 1.011 * _quantile(1 - area)) * 4 + 0.5).clamp(0, 1)
    cloud = _unit(blur(noise(luma.shape, luma, generator), size / 2))
    opacity = (0.55 + 0.2 * cloud).clamp(0.1, 1)
    side = _unit(blur(noise(luma.shape, luma, generator), 3 * size))
    tone = (side > _quantile(1 - bright)).to(luma) * 0.9 + 0.05
    return marked(luma, luma + cover * opacity * (tone - luma))


def _unit(field: Tensor) -> Tensor:
    return field / field.std(correction=0).clamp(min=1e-6)


def _quantile(share: float) -> float:
    """The value below which `share` of normal numbers lie."""
    return math.sqrt(2) * float(torch.erfinv(torch.tensor(2 * share - 1, dtype=torch.float64)))
