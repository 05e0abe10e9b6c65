"""Losses: differences between output and ground truth that training minimizes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from restore.training.chroma_bins import corners


def l1_loss(output: Tensor, truth: Tensor, fourier: float, gradient: float) -> Tensor:
    """L1 plus weighted L1 of the gradients and of the Fourier spectrum, on [N, 1, H, W].

    L1 of the unitary Fourier transform counts fine texture, which has little weight in the plain
    difference (frequency loss as in Cho et al. 2021, "Rethinking coarse-to-fine ... deblurring").
    """
    difference = output - truth
    loss = difference.abs().mean()
    if gradient:
        across, down = difference.diff(dim=-1), difference.diff(dim=-2)
        loss = loss + gradient * (across.abs().mean() + down.abs().mean())
    if fourier:
        spectrum = torch.view_as_real(torch.fft.rfft2(difference, norm="ortho"))
        loss = loss + fourier * spectrum.abs().mean()
    return loss


def log_mse_loss(output: Tensor, truth: Tensor) -> Tensor:
    """log(1 + mean square error / `_NEGLIGIBLE`), the mean over [N, 1, H, W]; 0: no error.

    PSNR up to sign and scale (Chen et al. 2021, "HINet", train on it alone): the relative error of
    every picture counts, so that the heavily damaged ones do not dominate.
    """
    error = (output - truth).square().mean((1, 2, 3))
    return torch.log1p(error / _NEGLIGIBLE).mean()


_NEGLIGIBLE = 2e-5
"""Mean square error (nominal 0..1) that is negligible: 47 dB, more than 8 bits need."""


def chroma_loss(scores: Tensor, chroma: Tensor, table: Tensor, spacing: float) -> Tensor:
    """Cross-entropy of [N, bins, h, w] with the four bins around the chroma [N, 2, h, w]."""
    flat = scores.permute(0, 2, 3, 1).reshape(-1, scores.shape[1])
    index, weight = corners(chroma.permute(0, 2, 3, 1).reshape(-1, 2), table, spacing)
    chosen = functional.log_softmax(flat, 1).gather(1, index)
    return -(chosen * weight).sum(1).mean()


def mean_color_error(scores: Tensor, chroma: Tensor, bins: Tensor, spacing: float) -> Tensor:
    """Mean square error of the expected chroma of scores [N, bins, h, w], in units of the squared spacing."""
    expected = torch.einsum("nkhw,kc->nchw", scores.softmax(1), bins)
    return ((expected - chroma) / spacing).square().mean()
