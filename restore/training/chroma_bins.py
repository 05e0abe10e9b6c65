"""Chroma bins: the cells of a (Cb, Cr) grid that photographs use, and the bins around a chroma."""

from __future__ import annotations

import torch
from torch import Tensor


def used_bins(chroma: Tensor, spacing: float, min_share: float) -> Tensor:
    """Centers [bins, 2] of the cells that hold at least `min_share` of the samples [n, 2]."""
    reach = _reach(spacing)
    side = 2 * reach + 1
    blue, red = ((chroma / spacing).round().to(torch.int64) + reach).unbind(1)
    counts = torch.bincount(blue * side + red, minlength=side * side)
    used = (counts >= max(1, min_share * chroma.shape[0])).nonzero().flatten()
    return (torch.stack([used // side, used % side], 1) - reach).float() * spacing


def on_grid(centres: Tensor, spacing: float) -> Tensor:
    """The nearest cell centers [bins, 2]: undoes the rounding of weights to fp16."""
    return (centres / spacing).round() * spacing


def corner_table(centres: Tensor, spacing: float) -> Tensor:
    """The nearest bin of every grid point of -0.5..0.5: indices [side, side], by (Cb, Cr) cell."""
    reach = _reach(spacing)
    steps = torch.arange(-reach, reach + 1).float() * spacing
    points = torch.cartesian_prod(steps, steps)
    side = 2 * reach + 1
    return torch.cdist(points, centres.cpu().float()).argmin(1).view(side, side)


def corners(chroma: Tensor, table: Tensor, spacing: float) -> tuple[Tensor, Tensor]:
    """The four bins around each chroma [n, 2] and their bilinear weights, both [n, 4].

    Where all four cells are bins, the weighted mean of their centers is the chroma itself, so that
    the expectation over a perfect prediction has no rounding error.
    """
    reach = _reach(spacing)
    place = (chroma / spacing).clamp(-reach, reach - 1e-4) + reach
    low = place.floor().to(torch.int64)
    part = place - low
    blue, red = low.unbind(1)
    index = torch.stack([table[blue + i, red + j] for i in (0, 1) for j in (0, 1)], 1)
    shares = torch.stack([1 - part, part])
    weight = torch.stack([shares[i, :, 0] * shares[j, :, 1] for i in (0, 1) for j in (0, 1)], 1)
    return index, weight


def _reach(spacing: float) -> int:
    return int(0.5 / spacing) + 1
