"""Pictures moved by whole and parts of a pixel."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

_LOBES = 3


def moved(picture: Tensor, path: Sequence[tuple[float, float]]) -> Tensor:
    """Every frame of [T, C, H, W] moved (down, right), in pixels, as the path says; the border is replicated.

    Whole pixels move bit for bit, parts of a pixel by a windowed sinc (three lobes).
    """
    if not any(down or right for down, right in path):
        return picture
    frames = [
        _moved(_moved(frame, down, -2), right, -1)
        for frame, (down, right) in zip(picture, path, strict=True)
    ]
    return torch.stack(frames)


def _moved(frame: Tensor, shift: float, side: int) -> Tensor:
    """Out at x is in at x - shift."""
    length = frame.shape[side]
    whole = math.floor(-shift)
    part = -shift - whole
    places = torch.arange(length, device=frame.device) + whole
    if part == 0:
        return frame.index_select(side, places.clamp(0, length - 1))
    taps = range(1 - _LOBES, _LOBES + 1)
    weights = [_sinc(tap - part) * _sinc((tap - part) / _LOBES) for tap in taps]
    total = sum(weights)
    result = torch.zeros_like(frame)
    for tap, weight in zip(taps, weights, strict=True):
        source = frame.index_select(side, (places + tap).clamp(0, length - 1))
        result = result + weight / total * source
    return result


def _sinc(place: float) -> float:
    return 1.0 if place == 0 else math.sin(math.pi * place) / (math.pi * place)
