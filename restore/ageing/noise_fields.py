"""Random fields: correlated noise with the same statistics at the border as in the middle."""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional

from restore.ageing.optics import blur
from restore.ageing.random_streams import noise
from restore.filters.gaussian import gaussian

_WIDE = 2
"""Smallest factor at which computing a field at a smaller size is faster."""


def field(
    shape: tuple[int, ...],
    like: Tensor,
    generator: Generator,
    sigma: float,
    across: float | None = None,
) -> Tensor:
    """Normally distributed noise [T, C, H, W] of deviation 1, blurred by `sigma` pixels.

    `across`: the horizontal sigma, where it differs. Type and device are those of `like`.
    """
    across = sigma if across is None else across
    less = int(min(sigma, across) / 2)
    if less >= _WIDE:
        return _from_small(shape, like, generator, (sigma, across), less)
    down, right = (math.ceil(3 * side) for side in (sigma, across))
    frames, channels, height, width = shape
    wide = noise((frames, channels, height + 2 * down, width + 2 * right), like, generator)
    soft = blur(wide, sigma, across)[..., down : down + height, right : right + width]
    deviations = [float(gaussian(side).norm()) if side > 0 else 1.0 for side in (sigma, across)]
    return soft / (deviations[0] * deviations[1])


def _from_small(
    shape: tuple[int, ...],
    like: Tensor,
    generator: Generator,
    sigma: tuple[float, float],
    less: int,
) -> Tensor:
    """A field with large clumps, computed `less` times smaller and enlarged."""
    frames, channels, height, width = shape
    size = (frames, channels, -(-height // less), -(-width // less))
    small = field(size, like, generator, sigma[0] / less, sigma[1] / less)
    return functional.interpolate(small, (height, width), mode="bicubic", align_corners=False)


def quantile(share: float) -> float:
    """The quantile of the normal distribution; infinite for 0 and 1."""
    return math.sqrt(2) * float(torch.erfinv(torch.tensor(2 * share - 1, dtype=torch.float64)))
