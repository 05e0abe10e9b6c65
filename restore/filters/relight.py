"""Frames brought to another light, by a gain and an offset each."""

from __future__ import annotations

from torch import Tensor

_BLACK = 0.1
"""Luma below which the change fades out: what is black (bars, leader) stays black."""


def relit(luma: Tensor, gain: Tensor, offset: Tensor) -> Tensor:
    """Luma [T, 1, H, W], nominal, of each frame as gain * luma + offset (both [T]); black stays black."""
    gain, offset = (each.to(luma).view(-1, 1, 1, 1) for each in (gain, offset))
    return luma + ((gain - 1) * luma + offset) * (luma / _BLACK).clamp(0, 1)
