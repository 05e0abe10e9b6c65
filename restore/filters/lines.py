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

_EDGE = 0.03
"""A line ends where it is less than this share of its deepest column."""


def without_line(plane: Tensor, column: int, side: int) -> Tensor:
    """A plane [H, W], nominal, without the line around `column`, which ends within `side` columns of it.

    What the line adds to (or takes from) the picture is the product of how deep it is in each row and of
    its profile across; this is taken away, so what else the columns show stays (additive model: Kokaram,
    Motion Picture Restoration, 1998). A line too close to the picture's side is left.
    """
    height, width = plane.shape
    left, right = column - side - 1, column + side + 2
    if left < 0 or right > width:
        return plane
    part = plane[:, left:right]
    away = part - _across(part)
    profile = _profile(away)
    if not bool(profile.any()):
        return plane
    depth = _steadied((away * profile).sum(1), max(1, round(height * _STEADY)))
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


def _profile(away: Tensor) -> Tensor:
    """What a line adds in each column, [columns], as a unit vector with its sign; zeros for no line."""
    bands = torch.stack([band.mean(0) for band in away.tensor_split(_BANDS) if len(band)])
    profile = bands.median(0).values
    middle = len(profile) // 2
    near = profile[middle - 1 : middle + 2]
    sign = torch.sign(near.sum())
    high = (sign * profile).clamp(min=0)
    peak = middle - 1 + int((sign * near).argmax())
    if high[peak] < _LEAST:
        return torch.zeros_like(high)
    inside = high > _EDGE * high[peak]
    before, behind = inside[: peak + 1].flip(0).cumprod(0).flip(0), inside[peak:].cumprod(0)
    high = high * torch.cat([before[:-1], behind])
    return sign * high / high.norm()


def _steadied(depth: Tensor, reach: int) -> Tensor:
    """A line's depth [H] row by row, as the rows around say it: never of the other sign."""
    rows = functional.pad(depth.view(1, 1, -1), (2 * reach, 2 * reach), mode="replicate")[0, 0]
    middle = rows.unfold(0, 2 * reach + 1, 1).median(-1).values
    ramp = 1 - torch.arange(-reach, reach + 1).abs().to(depth) / (reach + 1)
    mean = functional.conv1d(middle.view(1, 1, -1), (ramp / ramp.sum()).view(1, 1, -1))[0, 0]
    return mean.clamp(min=0)
