"""Dust and dirt on single frames: specks and larger blotches."""

import torch
from torch import Generator, Tensor

from restore.ageing.damage_mask import marked
from restore.ageing.noise_fields import field, quantile


def dust(
    luma: Tensor, area: float, size: float, generator: Generator, bright: float = 0.5
) -> tuple[Tensor, Tensor]:
    """Irregular specks on [T, 1, H, W], new in every frame: dark (on the print) or bright (on the negative).

    `area`: the share of pixels covered (0..1); `size`: sigma in pixels of the random field whose
    peaks are the specks; `bright`: the share of bright ones. Returns the luma and the mask.
    """
    if area == 0:
        return luma, torch.zeros_like(luma, dtype=torch.bool)
    peaks = field(luma.shape, luma, generator, size)
    cover = ((peaks - quantile(1 - area)) * 6 + 0.5).clamp(0, 1)
    side = field(luma.shape, luma, generator, 4 * size)
    shade = 0.12 * field(luma.shape, luma, generator, 2 * size).abs()
    tone = torch.where(side > quantile(1 - bright), 1 - shade, shade)
    return marked(luma, luma + cover * (tone - luma))


def blotches(
    luma: Tensor, area: float, size: float, generator: Generator, bright: float = 0.5
) -> tuple[Tensor, Tensor]:
    """Stains and lost emulsion: like dust, but larger, half transparent and uneven."""
    if area == 0:
        return luma, torch.zeros_like(luma, dtype=torch.bool)
    peaks = field(luma.shape, luma, generator, size)
    peaks = peaks + 0.15 * field(luma.shape, luma, generator, size / 4)
    cover = ((peaks - 1.011 * quantile(1 - area)) * 4 + 0.5).clamp(0, 1)
    cloud = field(luma.shape, luma, generator, size / 2)
    opacity = (0.55 + 0.2 * cloud).clamp(0.1, 1)
    side = field(luma.shape, luma, generator, 3 * size)
    tone = (side > quantile(1 - bright)).to(luma) * 0.9 + 0.05
    return marked(luma, luma + cover * opacity * (tone - luma))
