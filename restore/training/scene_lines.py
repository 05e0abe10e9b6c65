"""Wires, poles and seams drawn into clean frames: lines of the scene, which are not scratches.

A scratch is a vertical line that stays while the picture changes; a wire in front of a static camera looks
much like it. Training films have few such lines, and a network that hardly sees any removes all of them.
The drawn lines are in the ground truth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Generator, Tensor

from restore.ageing.random_streams import RandomDraws
from restore.filters.phase import phase_shift

_MAX_LINES = 4
"""Lines in a shot."""

_VERTICAL_SHARE, _TILT = 0.7, 0.05
"""Share of nearly vertical lines, and the deviation of their angle (radians); others have any angle."""

_HALF_WIDTH = (1.0, 8.0)
"""Sharp pixels: about the widths of scratches at a quarter of the size, without the finest."""

_EDGE = (0.5, 2.0)
"""Pixels over which the edge of a line rises."""

_CURVATURE = 0.3
"""How far the strongest curvature moves a line over the picture's height, as a share of it."""

_MIN_RESPONSE = 0.2
"""Smallest response of the phase correlation (share in its peak) for which a shift is accepted."""


@dataclass(frozen=True)
class SceneLine:
    """One line of the scene, in sharp pixels, at its position in the middle frame.

    row, column  a point on it; it extends in both directions, or in one if it `ends` there
    angle        radians from the vertical
    curvature    columns per squared pixel along it
    half, edge   half its width, and the pixels over which its edges rise
    opacity      0..1
    shade        its brightness, 0..1; `slope` and `roundness` change it along and across the line
    """

    row: float
    column: float
    ends: bool
    angle: float
    curvature: float
    half: float
    edge: float
    opacity: float
    shade: float
    slope: float
    roundness: float


def with_scene_lines(frames: Tensor, path: Tensor, generator: Generator) -> Tensor:
    """Frames [T, 3, H, W], 0..1, with one to four lines that are fixed in the scene.

    `path`: the displacement of each frame, as `camera_path` gives it.
    """
    for _ in range(int(torch.randint(1, _MAX_LINES + 1, (), generator=generator))):
        frames = with_line(frames, path, random_line(*frames.shape[-2:], generator))
    return frames


def random_line(height: int, width: int, generator: Generator) -> SceneLine:
    """A line at a random position in a picture of that size."""
    draws = RandomDraws(generator)
    vertical = draws.happens(_VERTICAL_SHARE)
    tilt = _TILT * float(torch.randn((), generator=generator))
    return SceneLine(
        row=draws.uniform((0, height)),
        column=draws.uniform((0, width)),
        ends=draws.happens(0.5),
        angle=tilt if vertical else draws.uniform((0, math.pi)),
        curvature=_CURVATURE * draws.uniform((-1, 1)) ** 3 / height,
        half=draws.log_uniform(_HALF_WIDTH),
        edge=draws.uniform(_EDGE),
        opacity=draws.uniform((0.4, 1)),
        shade=draws.uniform((0, 1)),
        slope=draws.uniform((-0.3, 0.3)) / height,
        roundness=draws.uniform((-0.15, 0.15)),
    )


def with_line(frames: Tensor, path: Tensor, line: SceneLine) -> Tensor:
    """Frames [T, 3, H, W], 0..1, with the line drawn into them; `path` as `camera_path` gives it."""
    height, width = frames.shape[-2:]
    rows = torch.arange(height).view(1, -1, 1) - line.row - path[:, 0].view(-1, 1, 1)
    columns = torch.arange(width).view(1, 1, -1) - line.column - path[:, 1].view(-1, 1, 1)
    along = rows * math.cos(line.angle) + columns * math.sin(line.angle)
    across = columns * math.cos(line.angle) - rows * math.sin(line.angle)
    across = across - line.curvature * along**2
    cover = line.opacity * ((line.half - across.abs()) / line.edge + 0.5).clamp(0, 1)
    if line.ends:
        cover = cover * (along > 0)
    shade = line.shade + line.slope * along + line.roundness * (across / line.half).clamp(-1, 1)
    return frames + cover.unsqueeze(1) * (shade.clamp(0, 1).unsqueeze(1) - frames)


def camera_path(frames: Tensor) -> Tensor:
    """The displacement of each frame [T, 3, H, W] from the middle one: pixels [T, (down, right)].

    Found by phase correlation of successive frames (Kuglin and Hines 1975); where it gives no clear
    shift, the camera is taken to be static.
    """
    lumas = frames.mean(1).numpy().astype(np.float32)
    steps = [(0.0, 0.0)]
    for one, two in pairwise(lumas):
        (right, down), response = phase_shift(one, two)
        steps.append((down, right) if response > _MIN_RESPONSE else (0.0, 0.0))
    path = torch.tensor(steps, dtype=torch.float32).cumsum(0)
    return path - path[len(path) // 2]
