"""Low-resolution chroma combined with full-resolution luma: matrix, edges, gamut."""

from __future__ import annotations

import torch
from torch.nn import functional

from restore.clip import LUMA_WEIGHTS
from restore.filters.local_linear import local_linear


def rematrix(chroma: torch.Tensor, matrix: str) -> torch.Tensor:
    """Convert BT.709 Cb, Cr [T, 2, h, w] to those of another matrix: the same color at the same luma.

    Y of the two matrices differs by a linear form of (R - Y, B - Y), so the conversion is linear and
    independent of luma.
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


def guided_enlargement(
    chroma: torch.Tensor, guide: torch.Tensor, radius: int = 2, smoothness: float = 1e-3
) -> torch.Tensor:
    """Upsample chroma [T, 2, h, w] to the size of the guide [T, 1, H, W], with edges at the guide's edges.

    The fast guided filter (He and Sun 2015): chroma as a local linear function of luma, fitted at low
    resolution over (2 * radius + 1)² samples and applied at high resolution.
    """
    small = functional.interpolate(guide, size=chroma.shape[-2:], mode="area")
    slope, offset = local_linear(chroma, small, (radius, radius), smoothness)
    target = guide.shape[-2:]
    slope = functional.interpolate(slope, size=target, mode="bilinear", align_corners=False)
    offset = functional.interpolate(offset, size=target, mode="bilinear", align_corners=False)
    return slope * guide + offset


def within_gamut(chroma: torch.Tensor, luma: torch.Tensor, matrix: str) -> torch.Tensor:
    """Desaturate chroma [T, 2, h, w] as far as needed for red, green and blue within 0..1.

    Luma [T, 1, h, w] on the same grid is not changed; black and white become neutral.
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
