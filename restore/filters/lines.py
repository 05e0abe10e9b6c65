"""Upright lines that lie over a picture taken off it, and what is under them left."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

_BANDS = 24
"""Rows of bands whose median says what a line looks like: what crosses it is in the minority of them."""

_STEADY = 1 / 40
"""Share of the height over which a line is about as deep."""

_LEAST = 0.5 / 255
"""What adds less than half a code value to its deepest column is no line."""

_MOST = 2.0
"""How many times as deep as it typically is a line may be."""


def without_line(plane: Tensor, column: int, typical: Tensor) -> Tensor:
    """A plane [H, W], nominal, without the line around `column`.

    `typical` [2 * side + 1] is what the line usually adds to that column (in the middle) and to those beside
    it, all of one sign: nothing of the other is taken off, and of this one not much more, whatever else
    stands there.
    What the line adds to (or takes from) the picture is the product of how deep it is in each row and of
    its profile across; this is taken away, so what else the columns show stays (additive model: Kokaram,
    Motion Picture Restoration, 1998). A line too close to the picture's side is left.
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
    """The picture under a line, from the three columns on either side: [H, columns]."""
    weight = torch.linspace(0, 1, part.shape[1] - 2).to(part)
    weight = functional.pad(weight, (1, 1))
    weight[-1] = 1
    before, behind = part[:, :3].mean(1, keepdim=True), part[:, -3:].mean(1, keepdim=True)
    return before + (behind - before) * weight


def _profile(away: Tensor, typical: Tensor) -> Tensor:
    """What a line adds to each column in this frame, [columns], as its typical profile lets it be.

    That may lie a column aside, and be twice as deep or half.
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
    """A line's depth [H] row by row, as the rows around say it."""
    rows = functional.pad(depth.view(1, 1, -1), (2 * reach, 2 * reach), mode="replicate")[0, 0]
    middle = rows.unfold(0, 2 * reach + 1, 1).median(-1).values
    ramp = 1 - torch.arange(-reach, reach + 1).abs().to(depth) / (reach + 1)
    return functional.conv1d(middle.view(1, 1, -1), (ramp / ramp.sum()).view(1, 1, -1))[0, 0]
