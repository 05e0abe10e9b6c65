"""Metrics of luma: pure functions of a result and its truth."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

CODES = 255.0
"""Code values in one nominal unit: differences are reported in 8-bit code values."""

_WINDOW, _SIGMA = 11, 1.5


def psnr(result: Tensor, truth: Tensor) -> float:
    """Peak signal-to-noise ratio in dB over all samples, peak 1; infinite for equal tensors."""
    error = float((result - truth).double().square().mean())
    return math.inf if error == 0 else -10 * math.log10(error)


def ssim(result: Tensor, truth: Tensor) -> float:
    """Mean structural similarity of luma [T, 1, H, W], peak 1 (Wang et al. 2004, valid windows)."""
    offsets = torch.arange(_WINDOW, dtype=torch.float64) - _WINDOW // 2
    line = torch.exp(-(offsets**2) / (2 * _SIGMA**2))
    line = line / line.sum()

    def local(x: Tensor) -> Tensor:
        across = functional.conv2d(x, line.view(1, 1, 1, -1))
        return functional.conv2d(across, line.view(1, 1, -1, 1))

    a, b = result.double(), truth.double()
    mean_a, mean_b = local(a), local(b)
    var_a, var_b = local(a * a) - mean_a**2, local(b * b) - mean_b**2
    both = local(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    likeness = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    return float((likeness / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))).mean())


def temporal_error(result: Tensor, truth: Tensor) -> float:
    """How wrongly luma [T, 1, H, W] changes from frame to frame: 0 is steady as the truth, in code values.

    RMS of the difference between the result's frame differences and the truth's (dtSSD, Erofeev et al.
    2015): a constant error costs nothing here, shimmer and boiling grain do.
    """
    return CODES * rms(result.diff(dim=0) - truth.diff(dim=0))


def consistency(result: Tensor, aged: Tensor, scale: int) -> float:
    """PSNR in dB of luma [T, 1, H * scale, W * scale], averaged down, against the input [T, 1, H, W].

    What is invented on top of the film shows here; so does cleaning: a result without the input's grain
    cannot come nearer to it than the truth does.
    """
    return psnr(functional.avg_pool2d(result, scale), aged)


def rms(error: Tensor) -> float:
    """Root of the mean square over all samples."""
    return math.sqrt(float(error.double().square().mean()))
