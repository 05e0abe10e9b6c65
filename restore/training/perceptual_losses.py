"""Perceptual losses: visual information fidelity, wavelet detail, structural similarity.

A network that only minimizes differences gives the mean of all likely pictures, which is soft. These
losses ask for the contrast and detail of the ground truth, and do not reward more than that.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

MIN_SIDE = 48
"""Smallest height and width of pictures that can be compared: smaller ones have no fourth octave."""

_OCTAVES = 4

_CODES = 255.0
"""The measures are defined for 8-bit code values."""

_EYE_NOISE = 2.0
"""Variance of the noise of the visual system, in squared code values (Sheikh and Bovik 2006)."""

_FLOOR = 1e-3
"""Squared code values: keeps quotients in flat areas finite."""


def vif_loss(output: Tensor, truth: Tensor) -> Tensor:
    """1 - visual information fidelity, the mean over [N, 1, H, W] (nominal 0..1); 0: nothing is lost.

    VIF in the pixel domain (Sheikh and Bovik 2006, "Image information and visual quality"): the visual
    information about the ground truth in the output, divided by that in the ground truth itself. The
    gain is limited to one: more contrast is not rewarded. Sides of 48 samples or more.
    """
    pair = torch.cat([truth, output], 1) * _CODES
    pair = pair - pair[:, :1].mean((2, 3), keepdim=True)  # small numbers have exact variances
    lost = pair.new_zeros(pair.shape[0])
    for octave in range(_OCTAVES):
        taps = 2 ** (_OCTAVES - octave) + 1
        if octave:
            pair = _smoothed(pair, taps, taps / 5)[..., ::2, ::2]
        _, (true, found, common) = _local_moments(pair, taps, taps / 5)
        gain = (common / (true + _FLOOR)).clamp(0, 1)
        noise = (found - 2 * gain * common + gain**2 * true).clamp(min=_FLOOR)
        in_output = torch.log1p(gain**2 * true / (noise + _EYE_NOISE)).sum((1, 2))
        in_truth = torch.log1p(true / _EYE_NOISE).sum((1, 2))
        lost = lost + 1 - (in_output + 1) / (in_truth + 1)
    return lost.mean() / _OCTAVES


def ssim_loss(output: Tensor, truth: Tensor) -> Tensor:
    """1 - structural similarity, the mean over [N, 1, H, W] (nominal 0..1); 0: equal pictures.

    SSIM (Wang et al. 2004, "Image quality assessment: from error visibility to structural similarity")
    as a loss added to L1, as in Zhao et al. 2017, "Loss functions for image restoration": a difference
    is weighted by the local contrast, so that flat areas count too. Sides of 48 samples or more.
    """
    pair = torch.cat([truth, output], 1) * _CODES
    (mean_one, mean_two), (one, two, common) = _local_moments(pair, 11, 1.5)
    light = (2 * mean_one * mean_two + _LIGHT) / (mean_one**2 + mean_two**2 + _LIGHT)
    return 1 - (light * (2 * common + _CONTRAST) / (one + two + _CONTRAST)).mean()


_LIGHT, _CONTRAST = (0.01 * _CODES) ** 2, (0.03 * _CODES) ** 2
"""SSIM's constants."""


def detail_loss(output: Tensor, truth: Tensor) -> Tensor:
    """The share of the ground truth's detail that is missing, the mean over [N, 1, H, W]; 0: none.

    A wavelet coefficient counts up to the sign and size that it has in the ground truth (after the
    detail losses of Li et al. 2011, "Image quality assessment by separately evaluating detail losses
    and additive impairments"; pooled by cubes, so strong detail weighs most). Sides of 48 samples or
    more.
    """
    pair = torch.cat([truth, output], 1) * _CODES
    restored, wanted_sum = (pair.new_zeros(pair.shape[0]) for _ in range(2))
    for weights in _BAND_WEIGHTS:
        (rows_low, rows_high), (low, high) = (_wavelet(side, pair) for side in pair.shape[-2:])
        smooth, steep = pair @ low, pair @ high
        bands = (rows_low.T @ steep, rows_high.T @ smooth, rows_high.T @ steep)
        for band, weight in zip(bands, weights, strict=True):
            wanted, found = (band * weight).unbind(1)
            common = torch.minimum((found * wanted.sign()).clamp(min=0), wanted.abs())
            restored = restored + _pooled(common)
            wanted_sum = wanted_sum + _pooled(wanted.abs())
        pair = rows_low.T @ smooth
    return (1 - restored / wanted_sum).mean()


_BAND_WEIGHTS = ((0.5, 0.5, 0.2), (1.0, 1.0, 0.6), (1.3, 1.3, 1.0), (1.3, 1.3, 1.1))
"""Visibility of detail: for each octave, finest first, horizontal, vertical and diagonal.

The decreasing sensitivity of the eye to fine and to oblique detail, in round numbers.
"""

_FLAT = 2.0
"""Detail in code values below which a picture counts as flat."""


def _pooled(detail: Tensor) -> Tensor:
    """The cubic mean over [N, h, w], with an offset so that flat pictures do not count."""
    return ((detail**3).mean((1, 2)) + _FLAT**3).pow(1 / 3)


def _local_moments(
    pair: Tensor, taps: int, sigma: float
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]:
    """Local means, and local variances and covariance, of the two planes [N, 2, H, W] in a window."""
    one, two = pair.unbind(1)
    moments = torch.stack([one, two, one * one, two * two, one * two], 1)
    mean_one, mean_two, square_one, square_two, product = _smoothed(moments, taps, sigma).unbind(1)
    first = (square_one - mean_one**2).clamp(min=0)
    second = (square_two - mean_two**2).clamp(min=0)
    return (mean_one, mean_two), (first, second, product - mean_one * mean_two)


def _smoothed(planes: Tensor, taps: int, sigma: float) -> Tensor:
    """[N, C, H, W] filtered with a Gaussian window, where the window fits.

    As products with banded matrices: for few planes many times faster than a convolution.
    """
    down, across = (_band(side, taps, sigma, planes) for side in planes.shape[-2:])
    return down.T @ (planes @ across)


def _band(side: int, taps: int, sigma: float, like: Tensor) -> Tensor:
    """The Gaussian window as a banded matrix [side, side - taps + 1]."""
    at = torch.arange(taps, dtype=like.dtype, device=like.device) - taps // 2
    window = torch.exp(-(at**2) / (2 * sigma**2))
    return _shifted(window / window.sum(), side, 1)


def _wavelet(side: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Low and high pass of the Daubechies wavelet with two vanishing moments, [side, side // 2 - 1]."""
    root = math.sqrt(3.0)
    taps = [(1 + root), (3 + root), (3 - root), (1 - root)]
    low = like.new_tensor(taps) / (4 * math.sqrt(2.0))
    high = low.flip(0) * low.new_tensor([1.0, -1.0, 1.0, -1.0])
    return _shifted(low, side, 2), _shifted(high, side, 2)


def _shifted(window: Tensor, side: int, step: int) -> Tensor:
    """A matrix [side, count] whose columns are the window, each `step` rows lower than the last."""
    taps = window.numel()
    count = (side - taps) // step + 1
    rows = torch.arange(count, device=window.device) * step
    matrix = window.new_zeros(count, side)
    return matrix.scatter(
        1, rows[:, None] + torch.arange(taps, device=window.device), window.expand(count, -1)
    ).T
