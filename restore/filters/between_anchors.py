"""Chroma of every frame between anchors: frames of a shot, a few apart, whose colors are known."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

from restore.filters.flow import Plane, flow_at_size, optical_flow
from restore.filters.motion_samples import sampled_along

SURE = 0.7
"""Standard deviation, in samples, of the distance by which motion there and back misses the start."""

_DOUBT = 0.02
"""Weight of an anchor whose motion is not certain: if none is, both count by their distance in time."""

Neighbors = Callable[[int], tuple[int, int]]
"""The frames with an anchor at or before, and at or after a frame."""


def chroma_between(
    anchors: dict[int, Tensor], luma: Tensor, frames: range, neighbors: Neighbors
) -> Tensor:
    """Chroma [n, 2, h, w] of `frames`, which count from the first frame of luma [T, 1, H, W].

    `anchors` [2, h, w] are those of the frames that `neighbors` names. Each frame gets the anchors before
    and after it, moved along the motion (DIS, `filters/flow.py`), by their distance in time; where the
    motion there and back does not agree, the other one counts.
    """
    if not len(frames):
        return torch.zeros(0, 2, 1, 1)
    first, stop = neighbors(frames.start)[0], neighbors(frames.stop - 1)[1] + 1
    some = next(iter(anchors.values()))
    size = (int(some.shape[-2]), int(some.shape[-1]))
    pictures = [plane.numpy() for plane in luma[first:stop, 0].clamp(0, 1)]
    later = [_motion(one, two, size) for one, two in pairwise(pictures)]
    earlier = [_motion(two, one, size) for one, two in pairwise(pictures)]
    rows: list[Tensor] = []
    for frame in frames:
        before, after = neighbors(frame)
        if before == frame or after == frame:
            rows.append(anchors[frame][None])
            continue
        back = _moved(anchors[before], earlier, later, range(frame - first, before - first, -1))
        ahead = _moved(anchors[after], later, earlier, range(frame - first, after - first))
        share = (frame - before) / (after - before)
        weights = ((1 - share) * (back[1] + _DOUBT), share * (ahead[1] + _DOUBT))
        total = weights[0] * back[0] + weights[1] * ahead[0]
        rows.append(total / (weights[0] + weights[1]))
    return torch.cat(rows)


def _motion(one: Plane, two: Plane, size: tuple[int, int]) -> Tensor:
    """The motion from a frame to another one, in samples of `size`: [1, 2, h, w]."""
    flow = flow_at_size(optical_flow(one, two), *size)
    return torch.from_numpy(flow).permute(2, 0, 1)[None]


def _moved(
    anchor: Tensor, steps: list[Tensor], back: list[Tensor], path: range
) -> tuple[Tensor, Tensor]:
    """An anchor [2, h, w] moved to the first frame of `path`, and how certain the motion is, 0..1.

    Path: the frames from there to the one before the anchor, in the order of the way.
    """
    motion = torch.zeros_like(steps[0])
    trust = torch.ones_like(motion[:, :1])
    for frame in path:
        pair = frame if path.step > 0 else frame - 1
        step = sampled_along(steps[pair], motion)
        miss = step + sampled_along(back[pair], motion + step)
        trust = trust * torch.exp(-0.5 * (miss / SURE).square().sum(1, keepdim=True))
        motion = motion + step
    return sampled_along(anchor[None], motion), trust
