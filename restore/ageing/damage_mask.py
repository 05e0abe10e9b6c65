"""Masks of local damages: a pixel is set exactly where the damage changed it."""

import torch
from torch import Tensor

_VISIBLE = 1.01 / 255
"""Smallest change within 0..1 that always survives rounding to 8 bits."""


def marked(before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
    """The damaged luma [T, 1, H, W] and the mask (bool) of what the damage changed.

    Changes too small for an 8-bit code value (or outside 0..1) are undone: where the mask is False,
    the values are identical; where it is True, the 8-bit code value differs as well.
    """
    mask = (after.clamp(0, 1) - before.clamp(0, 1)).abs() > _VISIBLE
    return torch.where(mask, after, before), mask
