"""Shrinking: from the sharp picture to the size at which the old film was stored."""

from typing import Literal

from torch import Tensor
from torch.nn import functional

Kernel = Literal["area", "bilinear", "bicubic", "bicubic-aliased"]


def shrink(luma: Tensor, scale: int, kernel: Kernel) -> Tensor:
    """[T, 1, H, W] -> [T, 1, H/scale, W/scale]; H, W multiples of `scale`, siting is kept.

    `bicubic-aliased` does not widen its kernel, as careless scalers did.
    """
    if scale == 1:
        return luma
    size = (luma.shape[-2] // scale, luma.shape[-1] // scale)
    if kernel == "area":
        return functional.avg_pool2d(luma, scale)
    mode = "bilinear" if kernel == "bilinear" else "bicubic"
    antialias = kernel != "bicubic-aliased"
    return functional.interpolate(luma, size, mode=mode, align_corners=False, antialias=antialias)
