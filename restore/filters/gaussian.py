"""Gaussian blur of planes, as a sum of shifted planes."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional


def blurred(planes: Tensor, down: float, across: float) -> Tensor:
    """[T, C, H, W] blurred by these deviations, in rows and in columns; the border is replicated."""
    return blurred_along(blurred_along(planes, across, -1), down, -2)


def blurred_along(planes: Tensor, sigma: float, side: int) -> Tensor:
    """Along one side, as a sum of shifted pictures: ten times as fast as a convolution here."""
    if sigma <= 0:
        return planes
    weights = gaussian(sigma).tolist()
    reach, length = len(weights) // 2, planes.shape[side]
    pad = (reach, reach, 0, 0) if side == -1 else (0, 0, reach, reach)
    wide = functional.pad(planes, pad, mode="replicate")
    soft = wide.narrow(side, reach, length) * weights[reach]
    for at in range(reach):
        soft.add_(wide.narrow(side, at, length), alpha=weights[at])
        soft.add_(wide.narrow(side, 2 * reach - at, length), alpha=weights[at])
    return soft


def gaussian(sigma: float) -> Tensor:
    """The weights of a Gaussian out to three sigma, an odd number of them; they sum to 1."""
    reach = max(1, math.ceil(3 * sigma))
    offsets = torch.arange(-reach, reach + 1, dtype=torch.float32)
    kernel = torch.exp(-(offsets**2) / (2 * sigma * sigma))
    return kernel / kernel.sum()
