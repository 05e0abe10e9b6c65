"""Conversion of clips to R'G'B' for contact sheets, previews and metrics."""

from __future__ import annotations

import torch

from restore.clip import LUMA_WEIGHTS, Clip
from restore.filters.resample import resample_chroma


def to_rgb(clip: Clip) -> torch.Tensor:
    """Convert a clip to non-linear R'G'B' [T, 3, H, W] float32, clipped to 0..1.

    Chroma is resampled to luma's grid according to its siting, then converted with the clip's own matrix
    (BT.601, BT.709 or BT.2020 as in H.273); gray clips give three equal planes.
    """
    luma = clip.luma
    if clip.chroma is None:
        return luma.clamp(0, 1).expand(-1, 3, -1, -1)
    height, width = luma.shape[-2:]
    chroma = resample_chroma(clip, (width, height), 0, 0)
    r, g, b = LUMA_WEIGHTS["bt709" if clip.color.matrix == "rgb" else clip.color.matrix]
    red = luma + chroma[:, 1:] * 2 * (1 - r)
    blue = luma + chroma[:, :1] * 2 * (1 - b)
    green = (luma - r * red - b * blue) / g
    return torch.cat([red, green, blue], dim=1).clamp(0, 1)
