"""Damage by a worn projector over time: flicker and gate weave."""

import math

import torch
from torch import Generator, Tensor

from restore.ageing.random_streams import walk

_SLOW = 0.93
"""Correlation of the slow components from frame to frame: a decay time of 14 frames."""


def exposure(
    shape: torch.Size, fast: float, drift: float, slope: float, first: int, generator: Generator
) -> Tensor | None:
    """The light on every frame of a film [T, C, H, W]: factors [T, 1, H, W] or [T, 1, 1, 1].

    `fast`: relative deviation that is new in every frame; `drift`: that drifts; `slope`: between
    the middle and the edge. None where nothing flickers. The generator is the shot's own; the result
    is for the frames from number `first` on.
    """
    if fast == 0 and drift == 0 and slope == 0:
        return None
    frames, _, height, width = shape
    places = walk(first + frames, (_SLOW,) * 3 + (0.0,) * 3, generator)[first:]
    slow, quick = places.split(3, 1)
    light = 1 + fast * quick[:, 0] + drift * slow[:, 0]
    if slope == 0:
        return light.clamp(min=0).view(-1, 1, 1, 1)
    tilt = slope * (slow + quick)[:, 1:] / 2
    rows = torch.linspace(-1, 1, height).view(-1, 1)
    columns = torch.linspace(-1, 1, width)
    plane = tilt[:, :1, None] * rows + tilt[:, 1:, None] * columns
    return (light.view(-1, 1, 1) + plane).clamp(min=0)[:, None]


def flicker(picture: Tensor, light: Tensor | None) -> Tensor:
    """[T, C, H, W] under the light of `exposure`."""
    return picture if light is None else picture * light.to(picture)


def weave_path(
    frames: int, reach: float, jump: float, first: int, generator: Generator
) -> list[tuple[float, float]]:
    """The displacement of each frame, down and right.

    `reach`: standard deviation (horizontally a third less: the film is guided there); `jump` 0..1: the
    share of the variance that is new in every frame. The generator is the shot's own: frames from
    number `first` on.
    """
    if reach == 0:
        return [(0.0, 0.0)] * frames
    places = walk(first + frames, (_SLOW,) * 2 + (0.0,) * 2, generator)[first:]
    slow, quick = places.split(2, 1)
    place = reach * (math.sqrt(1 - jump) * slow + math.sqrt(jump) * quick)
    return [(down, right * 2 / 3) for down, right in place.tolist()]
