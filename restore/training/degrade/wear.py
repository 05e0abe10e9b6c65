"""Wear: dust and dirt that lie on one frame, scratches that stay for many."""

import math

import torch
from torch import Generator, Tensor

from restore.training.degrade.optics import blur


def dust(luma: Tensor, area: float, size: float, generator: Generator) -> Tensor:
    """Irregular specks on [T, 1, H, W], new in every frame, dark (dirt) or bright (negative).

    `area`: the share of pixels covered (0..1); `size`: sigma in pixels of the random field whose
    peaks are the specks.
    """
    if area == 0:
        return luma
    field = blur(_noise(luma.shape, luma, generator), size)
    field = field / field.std().clamp(min=1e-6)
    threshold = math.sqrt(2) * float(torch.erfinv(torch.tensor(1 - 2 * area)))
    cover = ((field - threshold) * 6).clamp(0, 1)
    side = blur(_noise(luma.shape, luma, generator), 4 * size)
    tone = (side > 0).to(luma.dtype) * 0.9 + 0.03
    return luma + cover * (tone - luma)


def scratches(luma: Tensor, count: int, strength: float, generator: Generator) -> Tensor:
    """Vertical lines through [T, 1, H, W] that wander slowly from frame to frame, dark or bright.

    `strength`: their greatest change in 0..1 units.
    """
    if count == 0 or strength == 0:
        return luma
    frames, _, _, width = luma.shape
    start = torch.rand(count, generator=generator) * width
    wander = torch.randn(frames, count, generator=generator).cumsum(0) * 0.4
    place = (start + wander).to(luma.device).view(frames, count, 1)
    breadth = (0.3 + 0.7 * torch.rand(count, generator=generator)).to(luma.device).view(1, count, 1)
    sign = torch.where(torch.rand(count, generator=generator) < 0.4, -1.0, 1.0)
    depth = (strength * sign * (0.3 + 0.7 * torch.rand(count, generator=generator))).to(luma.device)
    columns = torch.arange(width, dtype=luma.dtype, device=luma.device)
    lines = torch.exp(-(((columns - place) / breadth) ** 2)) * depth.view(1, count, 1)
    return luma + lines.sum(1).view(frames, 1, 1, width)


def _noise(shape: torch.Size, like: Tensor, generator: Generator) -> Tensor:
    return torch.randn(shape, generator=generator, dtype=like.dtype, device=like.device)
