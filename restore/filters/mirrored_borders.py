"""Borders of planes that are replaced by the mirrored picture next to them."""

from __future__ import annotations

import torch
from torch import Tensor


def mirrored(planes: Tensor, side: int, before: int, behind: int) -> Tensor:
    """Planes [T, C, H, W] whose first `before` and last `behind` rows (side -2) or columns (-1) are mirrored.

    They show the picture next to them; what lies beyond the other border is that border.
    """
    length = planes.shape[side]
    first, stop = before, length - behind
    places = torch.arange(length, device=planes.device)
    back = torch.where(places < first, 2 * first - 1 - places, places)
    back = torch.where(places >= stop, 2 * stop - 1 - places, back)
    return planes.index_select(side, back.clamp(first, stop - 1))
