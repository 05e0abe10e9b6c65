"""Masks of local damages: a pixel is marked exactly if the damage changed it."""

import torch
from torch import Tensor

_VISIBLE = 1.01 / 255
"""Least change, inside 0..1: it always survives rounding to 8 bits."""


def marked(before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
    """What a damage did to luma [T, 1, H, W]: the damaged luma and its mask (bool).

    Changes too small for an 8-bit code value (or outside 0..1) are taken back: where the mask is
    False, not a bit differs; where it is True, the 8-bit code differs as well.
    """
    mask = (after.clamp(0, 1) - before.clamp(0, 1)).abs() > _VISIBLE
    return torch.where(mask, after, before), mask
