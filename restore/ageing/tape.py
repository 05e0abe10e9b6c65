"""Video tape: streaky noise along the lines, dropouts, head-switching noise, lines that are displaced."""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional

from restore.ageing.damage_mask import marked
from restore.ageing.noise_fields import field
from restore.ageing.random_streams import noise, walk

_STREAK = 2.5
"""Sigma of the noise along a line, in pixels."""


_SLOW = 6
"""Sigma in lines of the smooth part of the displacement of lines."""


def line_noise(luma: Tensor, strength: float, generator: Generator) -> Tensor:
    """Noise on [T, 1, H, W] of deviation `strength`: correlated along lines, independent between lines.

    A tenth of the variance is an offset of whole lines.
    """
    if strength == 0:
        return luma
    frames, _, height, _ = luma.shape
    streaks = field(luma.shape, luma, generator, 0, _STREAK)
    lines = noise((frames, 1, height, 1), luma, generator)
    return luma + strength * (0.9**0.5 * streaks + 0.1**0.5 * lines)


def dropouts(luma: Tensor, share: float, generator: Generator) -> tuple[Tensor, Tensor]:
    """Dropouts: pieces of lines of [T, 1, H, W] become bright or dark streaks.

    `share` 0..1: of the lines that have one. `generator` on the CPU. Returns luma and mask.
    """
    if share == 0:
        return luma, torch.zeros_like(luma, dtype=torch.bool)
    frames, _, height, width = luma.shape
    happens, start, length, tone = torch.rand(4, frames, 1, height, 1, generator=generator)
    columns = torch.arange(width)
    begin = start * 1.2 * width - 0.1 * width
    reach = (0.02 + 0.25 * length**2) * width
    inside = (columns >= begin) & (columns < begin + reach) & (happens < share)
    tail = 1 - 0.7 * ((columns - begin) / reach).clamp(0, 1)
    value = torch.where(tone < 0.7, 0.8 + 0.4 * tone, 0.1 * tone)
    cover = (inside * tail).to(luma)
    return marked(luma, luma + cover * (value.to(luma) - luma))


def head_switching(
    luma: Tensor, lines: int, first: int, generator: Generator, shot: Generator
) -> tuple[Tensor, Tensor]:
    """Head switching: the lowest `lines` of [T, 1, H, W] are displaced horizontally and noisy.

    `shot` (the shot's own generator) draws how far, from frame number `first` on; `generator` the noise.
    Returns luma and mask.
    """
    frames, _, height, width = luma.shape
    lines = min(lines, height)
    if lines == 0:
        return luma, torch.zeros_like(luma, dtype=torch.bool)
    drift = walk(first + frames, (0.8,), shot)[first:].view(frames, 1, 1)
    displacement = torch.linspace(0.02, 0.1, lines).view(1, lines, 1) * (1 + 0.3 * drift) * width
    places = (torch.arange(width) - displacement.round().long()) % width
    bottom = luma[..., height - lines :, :]
    displaced = bottom.gather(-1, places.unsqueeze(1).to(luma.device))
    displaced = line_noise(0.8 * displaced + 0.1, 0.12, generator)
    return marked(luma, torch.cat([luma[..., : height - lines, :], displaced], -2))


def line_offsets(
    frames: int, height: int, deviation: float, smooth: float, generator: Generator
) -> Tensor:
    """Time-base error: how far each line is displaced to the right, [frames, height] in pixels.

    `smooth` 0..1 is the share of the variance that changes slowly from line to line; the rest is new in
    every line. `generator` on the CPU.
    """
    fresh = torch.randn(frames, height, generator=generator)
    slow = _slow(frames, height, generator)
    return deviation * (math.sqrt(smooth) * slow + math.sqrt(1 - smooth) * fresh)


def _slow(frames: int, height: int, generator: Generator) -> Tensor:
    """Noise of deviation 1 along the lines, smooth over about `_SLOW` lines: [frames, height]."""
    wide = torch.randn(frames, 1, height + 6 * _SLOW, generator=generator)
    weights = torch.exp(-0.5 * (torch.arange(-3 * _SLOW, 3 * _SLOW + 1) / _SLOW) ** 2)
    return functional.conv1d(wide, (weights / weights.norm()).view(1, 1, -1))[:, 0]
