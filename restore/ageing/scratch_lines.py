"""Scratches: vertical lines that stay for many frames, dark or bright, whole or broken."""

import torch
from torch import Generator, Tensor

from restore.ageing.damage_mask import marked
from restore.ageing.noise_fields import field, quantile
from restore.ageing.random_streams import walk


def scratches(
    luma: Tensor,
    count: int,
    strength: float,
    width: float,
    breaks: float,
    first: int,
    generator: Generator,
    shot: Generator,
) -> tuple[Tensor, Tensor]:
    """Vertical lines through [T, 1, H, W] that drift slowly from frame to frame.

    `strength`: the maximum change in 0..1 units; `width`: the largest half width at 1/e, in pixels;
    `breaks` 0..1: the share of their length that is missing, new in every frame. `shot` (the shot's
    own generator) places them, from frame number `first` on; `generator` draws the breaks; both on
    the CPU. Returns the luma and the mask.
    """
    if count == 0 or strength == 0:
        return luma, torch.zeros_like(luma, dtype=torch.bool)
    frames, _, height, columns = luma.shape
    draws = torch.rand(4, count, generator=shot)
    drift = walk(first + frames, (0.97,) * count, shot)[first:] * 0.008 * columns
    place = (draws[0] * columns + drift).unsqueeze(-1)
    breadth = (width * (0.3 + 0.7 * draws[1])).unsqueeze(-1)
    sign = torch.where(draws[2] < 0.4, -1.0, 1.0)
    depth = strength * sign * (0.3 + 0.7 * draws[3])
    profile = torch.exp(-(((torch.arange(columns) - place) / breadth) ** 2)) * depth.unsqueeze(-1)
    presence = _presence(frames, count, height, breaks, generator)
    lines = torch.einsum("tnh,tnw->thw", presence, profile).unsqueeze(1)
    return marked(luma, luma + lines.to(luma))


def _presence(frames: int, count: int, height: int, breaks: float, generator: Generator) -> Tensor:
    """The presence of each line in each row: [T, count, H], 0..1."""
    if breaks == 0:
        return torch.ones(frames, count, height)
    shape = (frames, 1, count, height)
    noise = field(shape, torch.empty(0), generator, 0, height / 12)
    return ((noise[:, 0] - quantile(breaks)) * 3 + 0.5).clamp(0, 1)
