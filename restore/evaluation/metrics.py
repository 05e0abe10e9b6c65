"""Metrics of luma: pure functions of a result and its ground truth."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

CODES = 255.0
"""8-bit code values per nominal unit: differences are reported in code values."""

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
    covariance = local(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    similarity = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    return float((similarity / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))).mean())


def temporal_error(result: Tensor, truth: Tensor) -> float:
    """Error of the frame-to-frame changes of luma [T, 1, H, W], in code values.

    RMS of the difference between the frame differences of result and ground truth (dtSSD, Erofeev et
    al. 2015): a constant error does not count, shimmer and boiling grain do.
    """
    return CODES * rms(result.diff(dim=0) - truth.diff(dim=0))


def consistency(result: Tensor, aged: Tensor, scale: int) -> float:
    """PSNR in dB between luma [T, 1, H * scale, W * scale], scaled down, and the input [T, 1, H, W].

    Invented content lowers it; so does cleaning: a result without the input's grain is not closer to
    the input than the ground truth is.
    """
    return psnr(functional.avg_pool2d(result, scale), aged)


def rms(error: Tensor) -> float:
    """Root mean square over all samples."""
    return math.sqrt(float(error.double().square().mean()))
