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
    luminance, contrast = _similarities(result.double(), truth.double())
    return float((luminance * contrast).mean())


_SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Weights of the scales of MS-SSIM, from the finest one."""


def ms_ssim(result: Tensor, truth: Tensor) -> float:
    """Multi-scale structural similarity of planes [N, C, H, W], peak 1 (Wang et al. 2003).

    The mean over pictures and planes. Each scale is half of the one before. Pictures with less than 176
    pixels on a side have fewer scales: those with room for a window, their weights scaled to a sum of 1.
    """
    a, b = (side.double().flatten(0, 1)[:, None] for side in (result, truth))
    room = 1 + int(math.log2(max(1.0, min(a.shape[-2:]) / _WINDOW)))
    scales = _SCALES[:room]
    product = torch.ones(len(a), dtype=torch.float64)
    for number, weight in enumerate(scales):
        luminance, contrast = _similarities(a, b)
        last = number == len(scales) - 1
        similarity = (luminance * contrast if last else contrast).flatten(1).mean(1)
        product = product * similarity.clamp(min=0) ** (weight / sum(scales))
        a, b = functional.avg_pool2d(a, 2), functional.avg_pool2d(b, 2)
    return float(product.mean())


def _similarities(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Similarity of the means, and of contrast and structure, in every window of [N, 1, H, W]."""
    offsets = torch.arange(_WINDOW, dtype=torch.float64) - _WINDOW // 2
    line = torch.exp(-(offsets**2) / (2 * _SIGMA**2))
    line = line / line.sum()

    def local(x: Tensor) -> Tensor:
        across = functional.conv2d(x, line.view(1, 1, 1, -1))
        return functional.conv2d(across, line.view(1, 1, -1, 1))

    mean_a, mean_b = local(a), local(b)
    var_a, var_b = local(a * a) - mean_a**2, local(b * b) - mean_b**2
    covariance = local(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    luminance = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    return luminance, (2 * covariance + c2) / (var_a + var_b + c2)


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
