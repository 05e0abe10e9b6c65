"""Translation of frames and of single rows by whole pixels and fractions of a pixel."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

_LOBES = 3


def moved(picture: Tensor, path: Sequence[tuple[float, float]]) -> Tensor:
    """Translate each frame of [T, C, H, W] by its entry (down, right) of `path`, in pixels.

    Edges are replicated. Whole pixels are moved exactly, fractions by a windowed sinc (three lobes).
    """
    if not any(down or right for down, right in path):
        return picture
    frames = [
        _moved(_moved(frame, down, -2), right, -1)
        for frame, (down, right) in zip(picture, path, strict=True)
    ]
    return torch.stack(frames)


def rows_moved(picture: Tensor, right: Tensor) -> Tensor:
    """Translate each row of [T, C, H, W] to the right by its entry of `right` [T, H], in pixels.

    Edges are replicated. Whole pixels are moved exactly, fractions by the same windowed sinc as in `moved`.
    """
    if not bool(right.any()):
        return picture
    back = -right.to(picture)[:, None, :, None]
    whole = back.floor()
    part = back - whole
    width = picture.shape[-1]
    places = torch.arange(width, device=picture.device) + whole.long()
    taps = range(1 - _LOBES, _LOBES + 1)
    # in double precision: vector units round the ends of a tensor differently
    away = [tap - part.double() for tap in taps]
    weights = [torch.sinc(each) * torch.sinc(each / _LOBES) for each in away]
    total = sum(weights, torch.zeros_like(weights[0]))
    result = torch.zeros_like(picture)
    for tap, weight in zip(taps, weights, strict=True):
        source = (places + tap).clamp(0, width - 1).expand(picture.shape)
        result = result + (weight / total).to(picture) * picture.gather(-1, source)
    exact = picture.gather(-1, places.clamp(0, width - 1).expand(picture.shape))
    return torch.where(part == 0, exact, result)


def _moved(frame: Tensor, shift: float, side: int) -> Tensor:
    """Translate along one axis: the output at x is the input at x - shift."""
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
