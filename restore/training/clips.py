"""Clean color clips for training and judging: files decoded to R'G'B' frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from restore.clip import LUMA_WEIGHTS
from restore.errors import SourceError
from restore.filters.resample import chroma_axes, luma_axis, resample
from restore.media.decode import Picture, read_frames
from restore.media.probe import Source, probe
from restore.timing import Span


def read_clip(path: Path) -> Tensor:
    """All frames of an 8-bit YUV clip as R'G'B' [T, 3, H, W], uint8, full range."""
    source = probe(path)
    if source.format.family != "yuv" or source.format.depth != 8:
        raise SourceError(f"Training clips are 8-bit YUV, not {source.format.name}.", str(path))
    pictures = read_frames(source, source.frames, Span(0, len(source.frames)))
    return torch.stack([_rgb(picture, source) for picture in pictures])


def _rgb(picture: Picture, source: Source) -> Tensor:
    luma, blue, red = (torch.from_numpy(p.astype(np.float32)) for p in picture.planes)
    full = source.color.range == "full"
    black, white, reach = (0.0, 255.0, 255.0) if full else (16.0, 235.0, 224.0)
    pixels = source.format
    axes = chroma_axes(source.width, source.height, pixels.sub_w, pixels.sub_h, source.color.siting)
    fine = (luma_axis(source.width), luma_axis(source.height))
    chroma = resample((torch.stack([blue, red]) - 128) / reach, axes, fine)
    return to_rgb((luma - black) / (white - black), chroma, source.color.matrix)


def to_rgb(luma: Tensor, chroma: Tensor, matrix: str) -> Tensor:
    """Luma [H, W], 0..1, and (Cb, Cr) [2, H, W], nominal +-0.5 -> R'G'B' [3, H, W], uint8."""
    r, g, b = LUMA_WEIGHTS[matrix]
    red = luma + 2 * (1 - r) * chroma[1]
    blue = luma + 2 * (1 - b) * chroma[0]
    green = (luma - r * red - b * blue) / g
    codes = torch.stack([red, green, blue]).mul(255).round()
    return codes.clamp(0, 255).to(torch.uint8)
