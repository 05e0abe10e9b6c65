"""Wires, poles and seams drawn into sharp frames: lines of the scene, which are no scratches.

A scratch is an upright line that stays while the picture changes; a wire before a camera that stands
still looks much like it. Films to train on have few such lines, and a network that hardly sees any
takes every one away. These are in the truth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import cv2
import numpy as np
import torch
from torch import Generator, Tensor

from restore.ageing.random_streams import Luck

_MOST = 4
"""Lines in a shot, at most."""

_UPRIGHT_SHARE, _LEAN = 0.7, 0.05
"""How many stand upright like scratches, and how far those lean (deviation, radians); others lie anyhow."""

_HALF_WIDTH = (1.0, 8.0)
"""Sharp pixels: about those of scratches on a picture of a quarter of the size, but the finest."""

_EDGE = (0.5, 2.0)
"""Pixels in which the edge of a line rises."""

_BEND = 0.3
"""How far the strongest bend leads a line away over the picture's height, as a share of it."""


_SURE = 0.2
"""Share of the correlation in its peak from which a shift is believed."""


@dataclass(frozen=True)
class Line:
    """One line of the scene, in sharp pixels, as the middle frame shows it.

    row, column  a point on it, from which it goes on both ways, or one way if it `ends` there
    angle        radians from upright
    bend         its curvature: columns away for each squared pixel along it
    half, edge   half its width, and the pixels in which its edges rise
    cover        how opaque it is, 0..1
    shade        its brightness, 0..1; `fall` and `roundness` change it along the line and across it
    """

    row: float
    column: float
    ends: bool
    angle: float
    bend: float
    half: float
    edge: float
    cover: float
    shade: float
    fall: float
    roundness: float


def wired(frames: Tensor, path: Tensor, generator: Generator) -> Tensor:
    """Frames [T, 3, H, W], 0..1, with one to four lines that hang in the scene and move with it.

    `path`: how far each frame has moved, as `camera_path` gives it.
    """
    for _ in range(int(torch.randint(1, _MOST + 1, (), generator=generator))):
        frames = drawn(frames, path, any_line(*frames.shape[-2:], generator))
    return frames


def any_line(height: int, width: int, generator: Generator) -> Line:
    """A line somewhere in a picture of that size."""
    luck = Luck(generator)
    upright = luck.happens(_UPRIGHT_SHARE)
    lean = _LEAN * float(torch.randn((), generator=generator))
    return Line(
        row=luck.within((0, height)),
        column=luck.within((0, width)),
        ends=luck.happens(0.5),
        angle=lean if upright else luck.within((0, math.pi)),
        bend=_BEND * luck.within((-1, 1)) ** 3 / height,
        half=luck.ratio(_HALF_WIDTH),
        edge=luck.within(_EDGE),
        cover=luck.within((0.4, 1)),
        shade=luck.within((0, 1)),
        fall=luck.within((-0.3, 0.3)) / height,
        roundness=luck.within((-0.15, 0.15)),
    )


def drawn(frames: Tensor, path: Tensor, line: Line) -> Tensor:
    """Frames [T, 3, H, W], 0..1, with the line in them; `path` as `camera_path` gives it."""
    height, width = frames.shape[-2:]
    rows = torch.arange(height).view(1, -1, 1) - line.row - path[:, 0].view(-1, 1, 1)
    columns = torch.arange(width).view(1, 1, -1) - line.column - path[:, 1].view(-1, 1, 1)
    along = rows * math.cos(line.angle) + columns * math.sin(line.angle)
    across = columns * math.cos(line.angle) - rows * math.sin(line.angle) - line.bend * along**2
    cover = line.cover * ((line.half - across.abs()) / line.edge + 0.5).clamp(0, 1)
    if line.ends:
        cover = cover * (along > 0)
    shade = line.shade + line.fall * along + line.roundness * (across / line.half).clamp(-1, 1)
    return frames + cover.unsqueeze(1) * (shade.clamp(0, 1).unsqueeze(1) - frames)


def camera_path(frames: Tensor) -> Tensor:
    """How far each frame [T, 3, H, W] has moved since the middle one: pixels [T, (down, right)].

    Shifts of the whole picture from frame to frame, by phase correlation (Kuglin and Hines 1975);
    where it finds none, the camera stood still.
    """
    lumas = frames.mean(1).numpy().astype(np.float32)
    window = cv2.createHanningWindow((lumas.shape[2], lumas.shape[1]), cv2.CV_32F)
    steps = [(0.0, 0.0)]
    for one, two in pairwise(lumas):
        found = cast(object, cv2.phaseCorrelate(one, two, window))
        (right, down), sureness = cast(tuple[tuple[float, float], float], found)
        steps.append((down, right) if sureness > _SURE else (0.0, 0.0))
    path = torch.tensor(steps, dtype=torch.float32).cumsum(0)
    return path - path[len(path) // 2]
