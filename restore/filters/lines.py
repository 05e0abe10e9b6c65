"""Removal of vertical lines that add to a frame; the picture under them is kept."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

_BANDS = 24
"""Number of horizontal bands; a line's profile is their median, so that objects crossing it do not count."""

_STEADY = 1 / 40
"""Share of the height over which the amplitude of a line is roughly constant."""

_LEAST = 0.5 / 255
"""A line adds at least half a code value to its strongest column."""

_MOST = 2.0
"""Largest amplitude of a line, as a multiple of its typical amplitude."""


def without_line(plane: Tensor, column: int, typical: Tensor) -> Tensor:
    """Remove the line around `column` from a plane [H, W] in nominal units.

    `typical` [2 * side + 1] is the values that the line usually adds to its column (in the middle) and to the
    columns next to it, all of one sign. Only that sign is removed, and not much more than `typical`. Additive
    model (Kokaram, Motion Picture Restoration, 1998): the line adds the product of its amplitude in each row
    and its horizontal profile. This product is subtracted; everything else in the columns is kept. A line too
    close to the left or right edge is not removed.
    """
    side = len(typical) // 2
    left, right = column - side - 1, column + side + 2
    if left < 0 or right > plane.shape[1]:
        return plane
    part = plane[:, left:right]
    away = part - _across(part)
    profile = _profile(away, typical)
    size = profile.norm()
    if not bool(size > 0):
        return plane
    most = _MOST * float(typical.norm() / size)
    depth = ((away * profile).sum(1) / size.square()).clamp(0, most)
    depth = _steadied(depth, max(1, round(len(plane) * _STEADY)))
    result = plane.clone()
    result[:, left:right] = part - depth.unsqueeze(1) * profile
    return result


def _across(part: Tensor) -> Tensor:
    """Estimate the picture under a line from the three columns on either side: [H, columns]."""
    weight = torch.linspace(0, 1, part.shape[1] - 2).to(part)
    weight = functional.pad(weight, (1, 1))
    weight[-1] = 1
    before, behind = part[:, :3].mean(1, keepdim=True), part[:, -3:].mean(1, keepdim=True)
    return before + (behind - before) * weight


def _profile(away: Tensor, typical: Tensor) -> Tensor:
    """Measure what a line adds to each column in this frame [columns], limited by its typical profile.

    It may be shifted by one column and have up to `_MOST` times the typical amplitude.
    """
    bands = torch.stack([band.mean(0) for band in away.tensor_split(_BANDS) if len(band)])
    seen = bands.median(0).values
    sign = torch.sign(typical.sum())
    usual = functional.pad((sign * typical).clamp(min=0), (1, 1))
    around = functional.max_pool1d(usual.view(1, 1, -1), 3, 1, 1).flatten()
    profile = (sign * seen).clamp(min=0).minimum(_MOST * around)
    if profile.max() < _LEAST:
        return torch.zeros_like(profile)
    return sign * profile


def _steadied(depth: Tensor, reach: int) -> Tensor:
    """Smooth the amplitude [H] of a line over the neighboring rows: median, then a triangular mean."""
    rows = functional.pad(depth.view(1, 1, -1), (2 * reach, 2 * reach), mode="replicate")[0, 0]
    middle = rows.unfold(0, 2 * reach + 1, 1).median(-1).values
    ramp = 1 - torch.arange(-reach, reach + 1).abs().to(depth) / (reach + 1)
    return functional.conv1d(middle.view(1, 1, -1), (ramp / ramp.sum()).view(1, 1, -1))[0, 0]
