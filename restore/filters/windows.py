"""Temporal windows: each frame with its neighbors, the input of temporal networks."""

from __future__ import annotations

import torch


def frame_windows(luma: torch.Tensor, first: int, stop: int, radius: int) -> torch.Tensor:
    """Convert luma [T, 1, H, W] to windows [stop - first, 2 * radius + 1, H, W], one per requested frame.

    The requested frames are `first` to `stop` (exclusive). Beyond the ends of the clip (a cut, the ends of
    the film) its first or last frame is repeated.
    """
    last = luma.shape[0] - 1
    reach = torch.arange(-radius, radius + 1)
    rows = (torch.arange(first, stop)[:, None] + reach[None]).clamp(0, last)
    return luma[rows.to(luma.device), 0]
