"""Chroma cleaned under the film's own luma: average along the motion, local linear model, 4:1:1 stairs."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from restore.filters.flow import Flow, moved_along, optical_flow
from restore.filters.local_linear import local_linear, window_means
from restore.filters.resample import Axis, resample

SAME_LUMA = 0.04
"""Deviation of luma between two frames up to which a place is the same: noise of tape stays below it."""

_PATCH = (2, 2)
"""Rows and columns on both sides of the patches that are compared between frames."""

_WINDOW = (2, 3)
"""Rows and columns on both sides of a window of the linear model; wider along the lines, as the noise is."""

_FLAT = 2e-3
"""Variance of luma below which chroma is not bound to it."""

_HALF = 0.5
"""The noise that is left after the average over frames, as a share."""


def motion_averaged(
    chroma: Tensor, luma: Tensor, first: int, stop: int, radius: int, noise: float
) -> Tensor:
    """Chroma [T, 2, h, w] averaged over `radius` frames on both sides, along the motion of luma [T, 1, h, w].

    Returns frames `first` to `stop` (exclusive). A neighbor counts where its luma agrees, and where its
    chroma differs by no more than `noise` (its standard deviation) explains.
    """
    rows: list[Tensor] = []
    for row in range(first, stop):
        total, weights = chroma[row].clone(), torch.ones_like(luma[row])
        for other in range(max(0, row - radius), min(len(chroma), row + radius + 1)):
            if other == row:
                continue
            flow = optical_flow(luma[row, 0].cpu().numpy(), luma[other, 0].cpu().numpy())
            near_luma, near = (_along(planes[other], flow) for planes in (luma, chroma))
            luma_change = window_means((near_luma - luma[row]).square(), _PATCH)
            change = window_means((near - chroma[row]).square().mean(0, keepdim=True), _PATCH)
            more = (change - 2 * noise**2).clamp_min(0) / (4 * noise**2 + 1e-8)
            weight = torch.exp(-luma_change / (2 * SAME_LUMA**2) - more)
            total += weight * near
            weights += weight
        rows.append(total / weights)
    return torch.stack(rows)


def under_luma(chroma: Tensor, luma: Tensor, bleed: tuple[float, float], noise: float) -> Tensor:
    """Chroma [T, 2, h, w] with its edges at those of luma [T, 1, h, w] on the same grid.

    Chroma is modeled in small windows as a linear function of luma that is blurred by `bleed` (sigma across
    and along the lines, in samples); the same function of the sharp luma is the result (guided filter, He,
    Sun and Tang 2013, with a model of the blur). What the model does not explain is kept where it exceeds
    the `noise`.
    """
    soft = _blurred(luma, *bleed)
    slope, offset = local_linear(chroma, soft, _WINDOW, _FLAT)
    rest = chroma - (slope * soft + offset)
    floor = (_HALF * noise) ** 2
    signal = (window_means(rest.square(), _WINDOW) - floor).clamp_min(0)
    return slope * luma + offset + rest * signal / (signal + floor + 1e-12)


def without_stairs(chroma: Tensor, group: int, first: int) -> Tensor:
    """Chroma [T, 2, h, w] whose columns are equal in groups, made smooth; a group begins at `first`.

    The mean of each group is resampled to all columns.
    """
    width = chroma.shape[-1]
    left = -first % group
    right = -(width + left) % group
    whole = functional.pad(chroma, (left, right, 0, 0), mode="replicate")
    means = functional.avg_pool2d(whole, (1, group))
    rows = Axis(chroma.shape[-2], 1, 0.0, chroma.shape[-2])
    source = Axis(means.shape[-1], group, (group - 1) / 2 - left, width)
    return resample(means, (source, rows), (Axis(width, 1, 0.0, width), rows))


def _along(planes: Tensor, flow: Flow) -> Tensor:
    """Planes [C, h, w] moved along a flow."""
    last = planes.permute(1, 2, 0).contiguous().cpu().numpy()
    moved = torch.from_numpy(moved_along(last, flow)).to(planes)
    return moved.reshape(*planes.shape[1:], planes.shape[0]).permute(2, 0, 1)


def _blurred(planes: Tensor, across: float, along: float) -> Tensor:
    """Gaussian blur of [T, C, h, w] with the border replicated."""
    for sigma, side in ((along, -1), (across, -2)):
        reach = round(3 * sigma)
        if reach < 1:
            continue
        offsets = torch.arange(-reach, reach + 1, dtype=planes.dtype, device=planes.device)
        weights = torch.exp(-offsets.square() / (2 * sigma * sigma))
        weights = (weights / weights.sum()).tolist()
        pad = (reach, reach, 0, 0) if side == -1 else (0, 0, reach, reach)
        wide = functional.pad(planes, pad, mode="replicate")
        length = planes.shape[side]
        total = torch.zeros_like(planes)
        for place, weight in enumerate(weights):
            total = total.add(wide.narrow(side, place, length), alpha=weight)
        planes = total
    return planes
