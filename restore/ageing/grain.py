"""Grain: silver clumps, new in every frame, strongest between black and white."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from restore.ageing.noise_fields import field
from restore.ageing.random_streams import noise

_REMAINS = 0.7
"""Sigma, in pixels, of the grain that a codec leaves."""


def grain(
    luma: Tensor,
    strength: float,
    size: float,
    midtone: float,
    generator: Generator,
    *,
    white: float = 0.0,
    tilt: float = 0.0,
) -> Tensor:
    """Add grain to [T, 1, H, W].

    `strength`: standard deviation in middle gray (0..1 units); `size`: sigma of a clump in pixels
    (0 = white noise); `white` 0..1: share of the variance without clumps; `midtone` 0..1: how much
    less grain black and white have (after the shape of Selwyn granularity against density); `tilt`
    -1..1: 1 makes it proportional to light, -1 to darkness.
    """
    if strength == 0:
        return luma
    clumps = field(luma.shape, luma, generator, size)
    if white > 0 and size > 0:
        fine = noise(luma.shape, luma, generator)
        clumps = (1 - white) ** 0.5 * clumps + white**0.5 * fine
    tone = luma.clamp(0, 1)
    density = 1 - midtone + midtone * 2 * (tone * (1 - tone)).clamp(min=0).sqrt()
    if tilt:
        density = density * (1 + tilt * (2 * tone - 1))
    return luma + strength * density * clumps


def fixed_noise(
    luma: Tensor, strength: float, hold: int, first: int, pick: Callable[[int], Generator]
) -> Tensor:
    """Noise on [T, 1, H, W] that is constant for `hold` frames: what a coarse codec leaves of grain.

    `first`: the number of the first frame in its shot; the noise changes where that number is a
    multiple of `hold`. `pick` gives the generator of the first, second ... pattern of the shot.
    """
    if strength == 0:
        return luma
    shape = (1, *luma.shape[1:])
    numbers = torch.arange(first, first + luma.shape[0]) // hold
    start, stop = int(numbers[0]), int(numbers[-1]) + 1
    remains = [field(shape, luma, pick(number), _REMAINS) for number in range(start, stop)]
    return luma + strength * torch.cat(remains)[(numbers - start).to(luma.device)]
