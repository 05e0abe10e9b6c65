"""Planes averaged over time along the motion of the picture."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional

from restore.filters.flow import flow_at_size, optical_flow
from restore.filters.local_linear import window_means
from restore.filters.motion_samples import sampled_along

SAME_LUMA = 0.06
"""Standard deviation of luma differences up to which two samples show the same object.

Grain averaged over a chroma sample of the color network (4x4 samples of a frame of about 192 lines) stays
below 0.02; a moving edge changes luma by more than 0.15.
"""

SAME_PLACE = 0.5
"""Standard deviation, in samples, of the distance by which motion there and back misses the start."""


FLAT = 0.02
"""Standard deviation of luma within 5x5 samples up to which an area is flat: that of strong grain."""


def averaged_along_motion(
    planes: Tensor, luma: Tensor, first: int, stop: int, radius: int
) -> Tensor:
    """Planes [T, C, h, w] averaged over `radius` frames on both sides along the motion of luma [T, 1, H, W].

    Returns frames `first` to `stop` (exclusive). Weights decrease with the distance in time (triangle), with
    the difference in luma, and where the motion from frame to frame and back does not return to its start:
    what is covered or uncovered has no part in it. In flat areas, where motion is not visible, only luma
    decides. Motion over several frames is the chain of the motion from each frame to the next (DIS,
    `filters/flow.py`).
    """
    size = (planes.shape[-2], planes.shape[-1])
    small = functional.interpolate(luma, size=size, mode="area")
    later = _steps(luma, size)
    earlier = _steps(luma.flip(0), size).flip(0)
    flat = torch.exp(-0.5 * (_deviation(small) / FLAT).square())
    total, weights = planes[first:stop].clone(), torch.ones_like(small[first:stop])
    for step, back, direction in ((later, earlier, 1), (earlier, later, -1)):
        sure = torch.maximum(_returns(step, back, direction), flat)
        for weight, moved in _chain(
            planes, small, step, sure, range(first, stop), radius, direction
        ):
            total += weight * moved
            weights += weight
    return total / weights


def _steps(luma: Tensor, size: tuple[int, int]) -> Tensor:
    """The motion from each frame to the next one, in samples of `size`: [T, 2, h, w], the last 0."""
    frames = luma[:, 0].clamp(0, 1).numpy()
    flows = [flow_at_size(optical_flow(a, b), *size) for a, b in pairwise(frames)]
    found = [torch.from_numpy(flow).permute(2, 0, 1) for flow in flows]
    return torch.stack([*found, torch.zeros(2, *size)])


def _returns(step: Tensor, back: Tensor, direction: int) -> Tensor:
    """How far the motion to the next frame and back returns to its start, 0..1: [T, 1, h, w]."""
    miss = step + sampled_along(back.roll(-direction, 0), step)
    return torch.exp(-0.5 * (miss / SAME_PLACE).square().sum(1, keepdim=True))


def _deviation(luma: Tensor) -> Tensor:
    """The standard deviation of luma [T, 1, h, w] within 5x5 samples."""
    mean, square = (window_means(plane, (2, 2)) for plane in (luma, luma.square()))
    return (square - mean.square()).clamp(min=0).sqrt()


def _chain(
    planes: Tensor,
    small: Tensor,
    step: Tensor,
    sure: Tensor,
    rows: range,
    radius: int,
    direction: int,
) -> Iterator[tuple[Tensor, Tensor]]:
    """For each distance in time: weights [n, 1, h, w], and the planes of that frame moved to `rows`."""
    here = torch.tensor(rows)
    motion = torch.zeros(len(rows), 2, *planes.shape[-2:])
    trust = torch.ones(len(rows), 1, *planes.shape[-2:])
    for distance in range(1, radius + 1):
        there = here + direction * distance
        inside = (there >= 0) & (there < len(planes))
        before = (there - direction).clamp(0, len(planes) - 1)
        trust = trust * sampled_along(sure[before], motion) * inside.view(-1, 1, 1, 1)
        motion = motion + sampled_along(step[before], motion)
        seen = there.clamp(0, len(planes) - 1)
        moved = sampled_along(torch.cat([planes[seen], small[seen]], 1), motion)
        same = torch.exp(-0.5 * ((moved[:, -1:] - small[here]) / SAME_LUMA).square())
        yield trust * same * (1 - distance / (radius + 1)), moved[:, :-1]
