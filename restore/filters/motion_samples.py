"""Planes sampled where a motion leads."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def sampled_along(planes: Tensor, motion: Tensor) -> Tensor:
    """Planes [N, C, h, w] sampled where the motion [N, 2, h, w] (x, y) in samples leads, bilinear.

    Borders are replicated.
    """
    height, width = planes.shape[-2:]
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    x = (columns + motion[:, 0]) * 2 / max(1, width - 1) - 1
    y = (rows + motion[:, 1]) * 2 / max(1, height - 1) - 1
    grid = torch.stack([x, y], -1)
    return functional.grid_sample(planes, grid, padding_mode="border", align_corners=True)
