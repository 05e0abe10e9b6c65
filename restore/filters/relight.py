"""Brightness correction: a gain and an offset for each frame."""

from __future__ import annotations

from torch import Tensor

_BLACK = 0.1
"""Luma below which the correction fades out: black (bars, leader) stays black."""


def relit(luma: Tensor, gain: Tensor, offset: Tensor) -> Tensor:
    """Apply gain * luma + offset (both [T]) to luma [T, 1, H, W] in nominal units; black stays black."""
    gain, offset = (each.to(luma).view(-1, 1, 1, 1) for each in (gain, offset))
    return luma + ((gain - 1) * luma + offset) * (luma / _BLACK).clamp(0, 1)
