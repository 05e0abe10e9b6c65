"""Low-resolution color joined with full-resolution luma: matrices, steadiness over time, edges, gamut."""

from __future__ import annotations

import torch
from torch.nn import functional

from restore.clip import LUMA_WEIGHTS

SAME_LUMA = 0.06
"""Spread of luma differences under which two frames show the same thing at one place.

Grain averaged over a chroma sample of the net (4x4 samples of a picture of ~144 lines) stays under 0.02;
a moving edge changes by more than 0.15.
"""


def rematrix(chroma: torch.Tensor, matrix: str) -> torch.Tensor:
    """BT.709 Cb, Cr [T, 2, h, w] as another matrix' Cb, Cr for the same color at the same luma.

    With d = (R - Y, B - Y) and Y changing from one matrix to the other by a linear form of d, the map
    is linear and independent of luma.
    """
    if matrix in ("bt709", "rgb"):
        return chroma
    r9, g9, b9 = LUMA_WEIGHTS["bt709"]
    r, g, b = LUMA_WEIGHTS[matrix]
    cb, cr = chroma[:, :1], chroma[:, 1:]
    blue, red = cb * 2 * (1 - b9), cr * 2 * (1 - r9)
    green = -(r9 * red + b9 * blue) / g9
    shift = r * red + g * green + b * blue
    return torch.cat([(blue - shift) / (2 * (1 - b)), (red - shift) / (2 * (1 - r))], dim=1)


def steadied(
    chroma: torch.Tensor, luma: torch.Tensor, first: int, stop: int, radius: int
) -> torch.Tensor:
    """Chroma [T, 2, h, w] averaged over `radius` frames on both sides, where luma [T, 1, h, w] agrees.

    Returns rows `first` to `stop`. Weights fall with the distance in time (triangle) and with the
    difference in luma (Gaussian), a bilateral filter along time: what stands still keeps its color,
    what moves does not smear.
    """
    rows: list[torch.Tensor] = []
    for row in range(first, stop):
        near = slice(max(0, row - radius), min(chroma.shape[0], row + radius + 1))
        time = torch.arange(near.start, near.stop, device=chroma.device)
        fade = 1 - (time - row).abs() / (radius + 1)
        same = torch.exp(-0.5 * ((luma[near] - luma[row]) / SAME_LUMA).square())
        weights = same * fade[:, None, None, None]
        rows.append((chroma[near] * weights).sum(0) / weights.sum(0))
    return torch.stack(rows)


def guided_enlargement(
    chroma: torch.Tensor, guide: torch.Tensor, radius: int = 2, smoothness: float = 1e-3
) -> torch.Tensor:
    """Chroma [T, 2, h, w] enlarged to the guide's size [T, 1, H, W], its edges at the guide's edges.

    The fast guided filter (He and Sun 2015): chroma as a local linear function of luma, fitted at the
    low resolution over (2 * radius + 1)² samples, applied at the high one.
    """
    small = functional.interpolate(guide, size=chroma.shape[-2:], mode="area")
    size = 2 * radius + 1

    def mean(x: torch.Tensor) -> torch.Tensor:
        padded = functional.pad(x, [radius] * 4, mode="replicate")
        return functional.avg_pool2d(padded, size, stride=1)

    luma_mean, chroma_mean = mean(small), mean(chroma)
    variance = (mean(small * small) - luma_mean.square()).clamp_min(0)
    slope = (mean(small * chroma) - luma_mean * chroma_mean) / (variance + smoothness)
    offset = chroma_mean - slope * luma_mean
    slope, offset = mean(slope), mean(offset)
    target = guide.shape[-2:]
    slope = functional.interpolate(slope, size=target, mode="bilinear", align_corners=False)
    offset = functional.interpolate(offset, size=target, mode="bilinear", align_corners=False)
    return slope * guide + offset


def within_gamut(chroma: torch.Tensor, luma: torch.Tensor, matrix: str) -> torch.Tensor:
    """Chroma [T, 2, h, w] drawn towards neutral as far as red, green and blue must for 0..1.

    luma [T, 1, h, w] on the same grid stays what it is; black and white come out neutral.
    """
    r, g, b = LUMA_WEIGHTS["bt709" if matrix == "rgb" else matrix]
    blue = chroma[:, :1] * 2 * (1 - b)
    red = chroma[:, 1:] * 2 * (1 - r)
    green = -(r * red + b * blue) / g
    parts = torch.cat([red, green, blue], dim=1)
    room = luma.clamp(0, 1)
    above = parts.amax(dim=1, keepdim=True).clamp_min(1e-6)
    below = (-parts.amin(dim=1, keepdim=True)).clamp_min(1e-6)
    share = torch.minimum((1 - room) / above, room / below).clamp(max=1.0)
    return chroma * share
