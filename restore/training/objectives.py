"""Losses: what the networks are asked to bring to zero."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from restore.training.bins import corners


def sharpness_loss(restored: Tensor, truth: Tensor, spectrum: float, gradient: float) -> Tensor:
    """L1 plus weighted L1 of the gradients and of the spectrum, on [N, 1, H, W].

    L1 of the unitary Fourier transform counts fine texture that the plain difference hides in its
    mean (frequency loss as in Cho et al. 2021, "Rethinking coarse-to-fine ... deblurring").
    """
    difference = restored - truth
    loss = difference.abs().mean()
    if gradient:
        across, down = difference.diff(dim=-1), difference.diff(dim=-2)
        loss = loss + gradient * (across.abs().mean() + down.abs().mean())
    if spectrum:
        waves = torch.view_as_real(torch.fft.rfft2(difference, norm="ortho"))
        loss = loss + spectrum * waves.abs().mean()
    return loss


def exactness_loss(restored: Tensor, truth: Tensor) -> Tensor:
    """How many e-folds the square error stands above `_EXACT`, the mean over [N, 1, H, W]; 0: no error.

    The mean of PSNR, turned round (Chen et al. 2021, "HINet", train on it alone): the error of every
    picture counts by its share, so that the worn ones do not drown the good ones.
    """
    error = (restored - truth).square().mean((1, 2, 3))
    return torch.log1p(error / _EXACT).mean()


_EXACT = 2e-5
"""Mean square error (nominal 0..1) that is as good as none: 47 dB, more than 8 bits need."""


def chroma_loss(scores: Tensor, chroma: Tensor, table: Tensor, spacing: float) -> Tensor:
    """Cross-entropy of [N, bins, h, w] against the four bins around the chroma [N, 2, h, w]."""
    flat = scores.permute(0, 2, 3, 1).reshape(-1, scores.shape[1])
    index, weight = corners(chroma.permute(0, 2, 3, 1).reshape(-1, 2), table, spacing)
    chosen = functional.log_softmax(flat, 1).gather(1, index)
    return -(chosen * weight).sum(1).mean()
