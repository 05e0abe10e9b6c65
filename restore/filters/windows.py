"""Frames with their neighbors: the window of luma that a temporal network restores each frame from."""

from __future__ import annotations

import torch


def frame_windows(luma: torch.Tensor, first: int, stop: int, radius: int) -> torch.Tensor:
    """Luma [T, 1, H, W] -> [stop - first, 2 * radius + 1, H, W], one window for each frame asked for.

    Rows `first` to `stop` (exclusive) are restored; where the clip ends (at a cut, at the film's ends)
    its last frame stands in for the missing ones.
    """
    last = luma.shape[0] - 1
    reach = torch.arange(-radius, radius + 1)
    rows = (torch.arange(first, stop)[:, None] + reach[None]).clamp(0, last)
    return luma[rows.to(luma.device), 0]
