"""Metrics: pure functions of a result and its truth, luma first, then color."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

CODES = 255.0
"""Code values in one nominal unit: chroma errors are reported in 8-bit code values."""

_WINDOW, _SIGMA = 11, 1.5
_D65 = (0.95047, 1.0, 1.08883)
_RGB_TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)


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


def rms(error: Tensor) -> float:
    """Root of the mean square over all samples."""
    return math.sqrt(float(error.double().square().mean()))


def chroma_rmse(result: Tensor, truth: Tensor) -> float:
    """RMSE of (Cb, Cr) [N, 2, h, w], nominal +-0.5, in 8-bit code values."""
    return CODES * rms(result - truth)


def lab_rmse(result: Tensor, truth: Tensor) -> float:
    """RMSE of CIELAB a and b between two R'G'B' pictures [N, 3, H, W], 0..1 sRGB."""
    return rms(lab(result)[:, 1:] - lab(truth)[:, 1:])


def lab(rgb: Tensor) -> Tensor:
    """SRGB R'G'B' [N, 3, H, W], 0..1 -> CIELAB L (0..100), a, b (IEC 61966-2-1, D65)."""
    coded = rgb.clamp(0, 1)
    light = torch.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    xyz = torch.einsum("ij,njhw->nihw", torch.tensor(_RGB_TO_XYZ).to(light), light)
    part = xyz / torch.tensor(_D65).to(light).view(1, 3, 1, 1)
    low = (6 / 29) ** 3
    curve = torch.where(
        part > low, part.clamp(min=low) ** (1 / 3), part * (29 / 6) ** 2 / 3 + 4 / 29
    )
    x, y, z = curve.unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def colorfulness(rgb: Tensor) -> float:
    """How colorful R'G'B' [N, 3, H, W], 0..1, looks (Hasler and Suesstrunk 2003), grey = 0."""
    red, green, blue = (CODES * rgb.double()).unbind(1)
    across, along = red - green, (red + green) / 2 - blue
    spread = math.hypot(float(across.std(correction=0)), float(along.std(correction=0)))
    offset = math.hypot(float(across.mean()), float(along.mean()))
    return spread + 0.3 * offset
