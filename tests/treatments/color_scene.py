"""Drawn scenes in color with chroma that lies exactly under luma, and the tape that they come from."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from restore.ageing.amounts import Ageing
from restore.ageing.random_streams import seeded
from restore.ageing.shot import age
from restore.ageing.tape_chroma import halved
from restore.clip import Clip, ColorSpec

SIDE = 13
"""Side of a patch: odd, so that its edges lie between all columns."""

SPEC = ColorSpec("bt709", "limited", siting="center")


def patches(
    frames: int = 5, height: int = 192, width: int = 256, speed: float = 0.0, seed: int = 5
) -> Tensor:
    """R'G'B' [T, 3, H, W]: many patches of random colors, with soft edges; `speed` in pixels a frame."""
    wide = width + int(speed * frames) + 1
    draw = torch.Generator().manual_seed(seed)
    colors = torch.rand(3, height // SIDE + 1, wide // SIDE + 1, generator=draw) * 0.6 + 0.2
    large = torch.repeat_interleave(torch.repeat_interleave(colors, SIDE, -1), SIDE, -2)[:, :height]
    soft = torch.nn.functional.avg_pool2d(large[None], 3, 1, 1, count_include_pad=False)[0]
    rows = [soft[..., int(speed * t) : int(speed * t) + width] for t in range(frames)]
    return torch.stack(rows)


def taped(rgb: Tensor, amounts: Ageing, seed: int = 1) -> Clip:
    """The frames as a tape in 4:2:0 gives them."""
    made = age(rgb, amounts.model_copy(update={"color": True}), 1, seeded("tape", seed))
    assert made.chroma is not None
    return Clip(made.aged, halved(made.chroma), 100, SPEC)


def clean(rgb: Tensor) -> Clip:
    """The frames without damage."""
    return taped(rgb, Ageing())


def interlaced(clip: Clip) -> Clip:
    """The same frames, described as two fields each."""
    return replace(clip, color=replace(clip.color, fields="tff"))
