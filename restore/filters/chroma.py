"""Readout of a color network: from scores over chroma bins to one chroma for every place."""

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
    """Scores [N, bins, h, w] over bins at `centres` [bins, 2] -> (Cb, Cr) [N, 2, h, w].

    The expectation over the sharpened distribution ("annealed mean", Zhang et al. 2016):
    temperature 1 is the mean, which is safe and pale; towards 0 the likeliest bin, which is vivid
    and jumps. The result is multiplied by `saturation`, and by `certainty` to the power of `doubt`:
    with 0 the net's doubt does not count, above it what the net does not know stays pale. It stays
    within the bins' hull times `saturation`.
    """
    shares = (logits / temperature).softmax(dim=1)
    chroma = torch.einsum("nkhw,kc->nchw", shares, centres.to(shares)) * saturation
    return chroma * certainty(logits) ** doubt if doubt else chroma


def certainty(logits: torch.Tensor) -> torch.Tensor:
    """How sure a net is, [N, 1, h, w], 0..1: 1 - entropy of its distribution / the even one's."""
    logs = logits.log_softmax(dim=1)
    entropy = -(logs.exp() * logs).sum(dim=1, keepdim=True)
    return (1 - entropy / math.log(logits.shape[1])).clamp(0, 1)
