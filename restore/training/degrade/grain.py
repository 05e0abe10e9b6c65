"""Grain: silver clumps, new in every frame, strongest between black and white."""

import torch
from torch import Generator, Tensor

from restore.training.degrade.optics import blur


def grain(
    luma: Tensor, strength: float, size: float, midtone: float, generator: Generator
) -> Tensor:
    """Add grain to [T, 1, H, W].

    `strength`: standard deviation in middle grey (0..1 units); `size`: sigma of a clump in pixels
    (0 = white noise); `midtone` 0..1: how much of it black and white lose (density dependence,
    after the shape of Selwyn granularity against density).
    """
    if strength == 0:
        return luma
    noise = torch.randn(luma.shape, generator=generator, dtype=luma.dtype, device=luma.device)
    clumps = blur(noise, size)
    clumps = clumps / clumps.std().clamp(min=1e-6)
    tone = luma.clamp(0, 1)
    density = 1 - midtone + midtone * 2 * (tone * (1 - tone)).clamp(min=0).sqrt()
    return luma + strength * density * clumps
