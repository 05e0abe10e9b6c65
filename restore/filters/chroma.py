"""Readout of a color network: from scores over chroma bins to one chroma value per sample."""

from __future__ import annotations

import math

import torch


def read_out(
    logits: torch.Tensor,
    centres: torch.Tensor,
    temperature: float,
    saturation: float,
    doubt: float = 0.0,
) -> torch.Tensor:
    """Convert scores [N, bins, h, w] over bins at `centres` [bins, 2] to (Cb, Cr) [N, 2, h, w].

    The expectation over the sharpened distribution ("annealed mean", Zhang et al. 2016): temperature 1
    is the mean, which is stable and desaturated; temperatures near 0 select the most likely bin, which is
    saturated and unstable. The result is multiplied by `saturation`, and by `certainty` to the power of
    `doubt`: with 0 certainty has no influence; with larger values uncertain areas are desaturated. The
    result lies within the convex hull of the bins, scaled by `saturation`.
    """
    shares = (logits / temperature).softmax(dim=1)
    chroma = torch.einsum("nkhw,kc->nchw", shares, centres.to(shares)) * saturation
    return chroma * certainty(logits) ** doubt if doubt else chroma


def certainty(logits: torch.Tensor) -> torch.Tensor:
    """Certainty of a network [N, 1, h, w], 0..1: 1 - entropy / entropy of the uniform distribution."""
    logs = logits.log_softmax(dim=1)
    entropy = -(logs.exp() * logs).sum(dim=1, keepdim=True)
    return (1 - entropy / math.log(logits.shape[1])).clamp(0, 1)
