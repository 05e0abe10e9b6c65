"""Patterns of the color subcarrier: what alternates between frames where nothing moves is removed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from restore.filters.local_linear import window_means

STILL = 0.01
"""Deviation of smoothed luma between two frames up to which nothing moves."""

_LIKE_NOISE = 0.75
"""1.5 / 2: both neighbors of a frame differ in noise by 2 variances, the frame from their mean by 1.5."""

_PATCH = (2, 4)
"""Rows and columns on both sides of the patches in which frames are compared."""


def subcarrier_band(luma: Tensor, period: float) -> Tensor:
    """The part of luma [T, 1, H, W] whose horizontal period is near `period` samples."""
    reach = max(1, round(2 * period))
    places = torch.arange(-reach, reach + 1, dtype=luma.dtype, device=luma.device)
    window = torch.exp(-0.5 * (places / period).square())
    wave = torch.cos(2 * math.pi * places / period)
    kernel = window * (wave - (window * wave).sum() / window.sum())
    kernel = kernel / (kernel * wave).sum()
    wide = functional.pad(luma, (reach, reach, 0, 0), mode="replicate")
    return functional.conv2d(wide, kernel.view(1, 1, 1, -1))


def smooth_luma(luma: Tensor, period: float) -> Tensor:
    """Luma [T, 1, H, W] without what a subcarrier of `period` samples adds: its mean."""
    return window_means(luma, (2, max(1, round(period))))


def without_alternation(
    parts: Tensor, still: Tensor, first: int, stop: int, distance: int
) -> Tensor:
    """What alternates in `parts` [T, C, h, w] with `distance` frames from one phase to the opposite one.

    Returns that for frames `first` to `stop` (exclusive). `still` [T, 1, h, w] is luma without the pattern:
    where it changes, nothing is returned. What changes in other ways, such as grain, does not count.
    """
    rows: list[Tensor] = []
    for row in range(first, stop):
        others = [each for each in (row - distance, row + distance) if 0 <= each < len(parts)]
        rows.append(_alternation(parts, still, row, others) if others else parts[row] * 0)
    return torch.stack(rows)


def _alternation(parts: Tensor, still: Tensor, row: int, others: Sequence[int]) -> Tensor:
    near = parts[list(others)].mean(0)
    change = parts[row] - near
    moved = torch.stack([(still[each] - still[row]).square() for each in others]).amax(0)
    weight = torch.exp(-window_means(moved, _PATCH) / (2 * STILL**2))
    if len(others) == 2:
        differs = window_means(
            (parts[others[0]] - parts[others[1]]).square().mean(0, keepdim=True), _PATCH
        )
        size = window_means(change.square().mean(0, keepdim=True), _PATCH)
        weight = weight * (1 - _LIKE_NOISE * differs / (size + 1e-9)).clamp_min(0)
    return weight * change / 2
