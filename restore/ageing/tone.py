"""Tone: the printing curve, fading, and vignetting."""

import torch
from torch import Tensor


def print_tone(luma: Tensor, gamma: float, contrast: float, black: float, white: float) -> Tensor:
    """Luma [T, 1, H, W], 0..1, through a power function, an S curve and a reduced range.

    `contrast` mixes in a smooth step (negative values flatten), `black` is the level that black
    faded to, `white` the level of white. gamma 1, contrast 0, black 0, white 1 is the identity.
    """
    toned = luma if gamma == 1 else luma.clamp(0, 1).pow(gamma)
    toned = steepen(toned, contrast)
    return toned if (black, white) == (0, 1) else black + (white - black) * toned


def steepen(luma: Tensor, contrast: float) -> Tensor:
    """The S curve alone; outside 0..1 it is linear."""
    if contrast == 0:
        return luma
    inside = luma.clamp(0, 1)
    return luma + contrast * (inside * inside * (3 - 2 * inside) - inside)


def vignette(luma: Tensor, fall: float) -> Tensor:
    """Darken [T, C, H, W] by `fall` (0..1) in the corners, with the square of the distance."""
    if fall == 0:
        return luma
    height, width = luma.shape[-2:]
    rows = torch.linspace(-1, 1, height, dtype=luma.dtype, device=luma.device).view(-1, 1)
    columns = torch.linspace(-1, 1, width, dtype=luma.dtype, device=luma.device)
    return luma * (1 - fall * (rows * rows + columns * columns) / 2)
