"""Patterns of the color subcarrier: what alternates between frames where nothing moves is removed."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

STILL = 0.01
"""Deviation of smoothed luma between two frames up to which nothing moves."""

_LIKE_NOISE = 0.75
"""1.5 / 2: both neighbors of a frame differ in noise by 2 variances, the frame from their mean by 1.5."""

_PATCH = (2, 4)
"""Rows and columns on both sides of the patches in which frames are compared."""


def smooth_luma(luma: Tensor, period: float) -> Tensor:
    """Luma [T, 1, H, W] without what a subcarrier of `period` samples adds: its mean."""
    across = max(1, round(period))
    return torch.cat([_means(frame, 2, across) for frame in luma.split(1)])


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
    weight = torch.exp(-_means(moved, *_PATCH) / (2 * STILL**2))
    if len(others) == 2:
        differs = _means(
            (parts[others[0]] - parts[others[1]]).square().mean(0, keepdim=True), *_PATCH
        )
        size = _means(change.square().mean(0, keepdim=True), *_PATCH)
        weight = weight * (1 - _LIKE_NOISE * differs / (size + 1e-9)).clamp_min(0)
    return weight * change / 2


def _means(planes: Tensor, down: int, across: int) -> Tensor:
    """Means of the samples up to `down` rows and `across` columns away; the border is replicated.

    As sums of shifted planes: a third of the time of pooling.
    """
    rows = functional.pad(planes, (across, across, down, down), mode="replicate")
    for side, reach in ((-2, down), (-1, across)):
        length = rows.shape[side] - 2 * reach
        total = rows.narrow(side, 0, length).clone()
        for place in range(1, 2 * reach + 1):
            total += rows.narrow(side, place, length)
        rows = total
    return rows / ((2 * down + 1) * (2 * across + 1))
