"""Scaling down: from the sharp picture to the size at which the old film was stored."""

from typing import Literal

from torch import Tensor
from torch.nn import functional

from restore.filters.resample import luma_axis, resample

Kernel = Literal["area", "bilinear", "bicubic", "lanczos", "bilinear-aliased", "bicubic-aliased"]


def shrink(luma: Tensor, scale: int, kernel: Kernel) -> Tensor:
    """[T, C, H, W] -> [T, C, H/scale, W/scale]; H, W multiples of `scale`, siting is kept.

    The aliased ones do not widen their kernel, like scalers without a low-pass filter.
    """
    if scale == 1:
        return luma
    return resize(luma, (luma.shape[-2] // scale, luma.shape[-1] // scale), kernel)


def resize(luma: Tensor, size: tuple[int, int], kernel: Kernel) -> Tensor:
    """[T, C, H, W] to any size (height, width), larger or smaller; siting is kept."""
    height, width = luma.shape[-2:]
    if size == (height, width):
        return luma
    if kernel == "lanczos":
        axes = (luma_axis(width), luma_axis(height))
        return resample(luma, axes, (luma_axis(size[1]), luma_axis(size[0]))).contiguous()
    smaller = size[0] <= height and size[1] <= width
    if kernel == "area" and smaller:
        return functional.interpolate(luma, size, mode="area")
    mode = "bicubic" if kernel.startswith("bicubic") else "bilinear"
    antialias = smaller and not kernel.endswith("aliased")
    return functional.interpolate(luma, size, mode=mode, align_corners=False, antialias=antialias)
