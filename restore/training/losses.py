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


def chroma_loss(scores: Tensor, chroma: Tensor, table: Tensor, spacing: float) -> Tensor:
    """Cross-entropy of [N, bins, h, w] against the four bins around the chroma [N, 2, h, w]."""
    flat = scores.permute(0, 2, 3, 1).reshape(-1, scores.shape[1])
    index, weight = corners(chroma.permute(0, 2, 3, 1).reshape(-1, 2), table, spacing)
    chosen = functional.log_softmax(flat, 1).gather(1, index)
    return -(chosen * weight).sum(1).mean()
