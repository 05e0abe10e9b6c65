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
    """Vertical lines through [T, 1, H, W] that wander slowly from frame to frame.

    `strength`: their greatest change in 0..1 units; `width`: the widest one's profile in pixels
    (half width at 1/e); `breaks` 0..1: the share of their length that is missing, new in every
    frame. `shot` (the shot's own) places them, from frame number `first` on; `generator` breaks
    them; both on the CPU. Returns the luma and the mask.
    """
    if count == 0 or strength == 0:
        return luma, torch.zeros_like(luma, dtype=torch.bool)
    frames, _, height, columns = luma.shape
    luck = torch.rand(4, count, generator=shot)
    sway = walk(first + frames, (0.97,) * count, shot)[first:] * 0.008 * columns
    place = (luck[0] * columns + sway).unsqueeze(-1)
    breadth = (width * (0.3 + 0.7 * luck[1])).unsqueeze(-1)
    sign = torch.where(luck[2] < 0.4, -1.0, 1.0)
    depth = strength * sign * (0.3 + 0.7 * luck[3])
    profile = torch.exp(-(((torch.arange(columns) - place) / breadth) ** 2)) * depth.unsqueeze(-1)
    whole = _whole(frames, count, height, breaks, generator)
    lines = torch.einsum("tnh,tnw->thw", whole, profile).unsqueeze(1)
    return marked(luma, luma + lines.to(luma))


def _whole(frames: int, count: int, height: int, breaks: float, generator: Generator) -> Tensor:
    """How much of each line is there in each row: [T, count, H], 0..1."""
    if breaks == 0:
        return torch.ones(frames, count, height)
    shape = (frames, 1, count, height)
    fibre = field(shape, torch.empty(0), generator, 0, height / 12)
    return ((fibre[:, 0] - quantile(breaks)) * 3 + 0.5).clamp(0, 1)
