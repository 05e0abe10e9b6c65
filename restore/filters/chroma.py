"""Readout of a color network: from scores over chroma bins to one chroma for every place."""

from __future__ import annotations

import torch


def read_out(
    logits: torch.Tensor, centres: torch.Tensor, temperature: float, saturation: float
) -> torch.Tensor:
    """Scores [N, bins, h, w] over bins at `centres` [bins, 2] -> (Cb, Cr) [N, 2, h, w].

    The expectation over the sharpened distribution ("annealed mean", Zhang et al. 2016):
    temperature 1 is the mean, which is safe and pale; towards 0 the likeliest bin, which is vivid
    and jumps. The result is multiplied by `saturation`; it stays within the bins' hull times that
    factor.
    """
    shares = (logits / temperature).softmax(dim=1)
    chroma = torch.einsum("nkhw,kc->nchw", shares, centres.to(shares))
    return chroma * saturation
