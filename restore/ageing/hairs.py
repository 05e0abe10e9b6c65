"""Hairs and fibers: thin curved lines, on one frame or stuck in the gate."""

import math

import torch
from torch import Generator, Tensor

from restore.ageing.damage_mask import marked
from restore.ageing.optics import blur

_LEAST, _MOST = 0.08, 0.45
"""Lengths, as shares of the picture's height."""
_THICKNESS = 0.55
"""Sigma in pixels of a hair's profile."""
_DEPTH = 0.85
"""How opaque a hair is."""


def hairs(
    luma: Tensor, mean: float, stuck: int, generator: Generator, shot: Generator
) -> tuple[Tensor, Tensor]:
    """Hairs on [T, 1, H, W]: on average `mean` new ones per frame, and `stuck` ones in the gate.

    `generator` draws the new ones, `shot` (the shot's own) those in the gate; both on the CPU.
    Hairs in the gate are dark, others dark or bright. Returns the luma and the mask.
    """
    if mean == 0 and stuck == 0:
        return luma, torch.zeros_like(luma, dtype=torch.bool)
    frames, _, height, width = luma.shape
    counts = torch.poisson(torch.full((frames,), float(mean)), generator=generator).long()
    which = torch.repeat_interleave(torch.arange(frames), counts)
    is_bright = torch.rand(len(which), generator=generator) < 0.35
    places = _curves(len(which), height, width, generator)
    bright = _lines(luma, which[is_bright], places[is_bright])
    dark = _lines(luma, which[~is_bright], places[~is_bright])
    gate = _lines(luma[:1], torch.zeros(stuck, dtype=torch.long), _stuck(stuck, luma, shot))
    after = luma * (1 - _DEPTH * torch.maximum(dark, gate))
    return marked(luma, after + _DEPTH * bright * (1 - after))


def _curves(count: int, height: int, width: int, generator: Generator) -> Tensor:
    """Points along `count` curves that start at random places: [count, points, (row, column)]."""
    start = torch.rand(count, 1, 2, generator=generator) * torch.tensor([height, width])
    heading = torch.rand(count, 1, generator=generator) * 2 * math.pi
    return start + _path(count, height, heading, generator)


def _stuck(count: int, luma: Tensor, generator: Generator) -> Tensor:
    """Curves that grow into the picture from its upper or lower edge."""
    height, width = luma.shape[-2:]
    lower = (torch.rand(count, 1, generator=generator) < 0.5).float()
    column = torch.rand(count, 1, generator=generator) * width
    start = torch.stack([lower * (height - 1), column], -1)
    lean = torch.rand(count, 1, generator=generator) * 2 - 1
    return start + _path(count, height, math.pi / 2 + math.pi * lower + lean, generator)


def _path(count: int, height: int, heading: Tensor, generator: Generator) -> Tensor:
    """Offsets along a curve in steps of half a pixel; curvature changes smoothly, the end is repeated."""
    points = max(2, math.ceil(2 * _MOST * height))
    part = _LEAST + (_MOST - _LEAST) * torch.rand(count, 1, generator=generator) ** 2
    bends = torch.randn(count, 3, generator=generator) * 2
    along = torch.linspace(0, 1, points)
    turns = bends[:, :1] * along + bends[:, 1:2] * along**2 + bends[:, 2:] * along**3
    heading = heading + turns
    moving = (torch.arange(points) < 2 * part * height).float() / 2
    steps = torch.stack([torch.sin(heading), torch.cos(heading)], -1)
    return (steps * moving.unsqueeze(-1)).cumsum(1)


def _lines(luma: Tensor, frames: Tensor, places: Tensor) -> Tensor:
    """Coverage 0..1 [T, 1, H, W] of curves [N, points, 2] on their frames [N]."""
    cover = torch.zeros_like(luma)
    height, width = luma.shape[-2:]
    rows, columns = places.round().long().unbind(-1)
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    at = frames[:, None].expand_as(rows)[inside].to(luma.device)
    cover[at, 0, rows[inside].to(luma.device), columns[inside].to(luma.device)] = 1
    # blurred, the middle of a line one pixel wide is erf(0.5 / (sqrt(2) * sigma)), about
    peak = math.erf(0.5 / (math.sqrt(2) * _THICKNESS))
    return (blur(cover, _THICKNESS) / peak).clamp(max=1)
