"""Optics: soft lenses and prints, light spreading in the film base, overdone edges."""

import math

import torch
from torch import Tensor
from torch.nn import functional


def blur(luma: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of [T, C, H, W], `sigma` in pixels; the border is replicated."""
    if sigma <= 0:
        return luma
    reach = max(1, math.ceil(3 * sigma))
    offsets = torch.arange(-reach, reach + 1, dtype=luma.dtype, device=luma.device)
    kernel = torch.exp(-(offsets**2) / (2 * sigma * sigma))
    kernel = kernel / kernel.sum()
    frames, channels, height, width = luma.shape
    flat = luma.reshape(frames * channels, 1, height, width)
    flat = functional.pad(flat, (reach, reach, 0, 0), mode="replicate")
    flat = functional.conv2d(flat, kernel.view(1, 1, 1, -1))
    flat = functional.pad(flat, (0, 0, reach, reach), mode="replicate")
    return functional.conv2d(flat, kernel.view(1, 1, -1, 1)).view(luma.shape)


def halation(luma: Tensor, amount: float, radius: float) -> Tensor:
    """Highlights glow: light over 0.7 is reflected by the base and exposes its surroundings."""
    if amount == 0:
        return luma
    glow = blur((luma - 0.7).clamp(min=0) / 0.3, radius)
    return luma + amount * glow * (1 - luma).clamp(min=0)


def edging(luma: Tensor, amount: float, radius: float) -> Tensor:
    """Aperture correction of old transfers: unsharp mask with its bright and dark rims."""
    return luma if amount == 0 else luma + amount * (luma - blur(luma, radius))
