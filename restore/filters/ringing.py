"""Removal of the edge enhancement of television: the inverse of a horizontal filter."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

_MARGIN = 4
"""The margin on each side, in units of the filter's reach."""


def without_ringing(
    luma: Tensor, amount: float, distance: float, echo: float = 0.0, delay: int = 0
) -> Tensor:
    """The luma [T, 1, H, W] before `luma + amount * edges + echo * (edges, delay columns later)`.

    `edges` are the luma minus its horizontal blur by sigma `distance`. The border is replicated. The filter
    raises all frequencies where |echo| <= amount, so that its inverse raises no noise. No value gets beyond
    the darkest and the lightest one near it.
    """
    if amount == 0 and echo == 0:
        return luma
    width = luma.shape[-1]
    margin = math.ceil(_MARGIN * (3 * distance + delay))
    wide = functional.pad(luma, (margin, margin, 0, 0), mode="replicate")
    frequency = torch.fft.rfftfreq(width + 2 * margin, dtype=torch.float64, device=luma.device)
    edges = 1 - torch.exp(-2 * (math.pi * distance * frequency) ** 2)
    late = torch.polar(torch.ones_like(frequency), -2 * math.pi * delay * frequency)
    response = 1 + edges * (amount + echo * late)
    spectrum = torch.fft.rfft(wide) / response.to(torch.complex64)
    restored = torch.fft.irfft(spectrum, n=width + 2 * margin)
    reach = min(width - 1, math.ceil(3 * distance) + delay)
    return _within(restored[..., margin : margin + width].to(luma), luma, reach)


def _within(restored: Tensor, luma: Tensor, reach: int) -> Tensor:
    """Limited to the darkest and the lightest value of the luma within so many columns."""
    frames, channels, height, width = luma.shape
    rows = luma.reshape(frames * channels * height, 1, width)
    most = functional.max_pool1d(rows, 2 * reach + 1, 1, reach).view(luma.shape)
    least = -functional.max_pool1d(-rows, 2 * reach + 1, 1, reach).view(luma.shape)
    return restored.clamp(least, most).contiguous()
