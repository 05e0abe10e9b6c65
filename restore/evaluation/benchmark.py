"""What models are evaluated on: shots with their ground truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from restore.clip import LUMA_WEIGHTS
from restore.media.color.convert import to_clip
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.timing import Span

_KR, _KG, _KB = LUMA_WEIGHTS["bt709"]


@dataclass(frozen=True)
class BenchmarkShot:
    """One aged shot and its ground truth, both nominal 0..1.

    aged    luma [T, 1, h, w]
    truth   luma [T, 1, h * scale, w * scale]
    steady  False with gate weave or flicker: there, figures per pixel measure registration and
            exposure instead of resolution, so such shots are reported separately
    """

    name: str
    aged: Tensor
    truth: Tensor
    steady: bool


@dataclass(frozen=True)
class GrayShot:
    """One shot to be colored (a still has T = 1), and its true colors.

    gray    luma [T, 1, H, W] that is colored, plain or aged
    rgb     R'G'B' [T, 3, H, W], full range, 0..1
    """

    name: str
    gray: Tensor
    rgb: Tensor


def read_luma(path: Path) -> Tensor:
    """All frames of a film, decoded as its tags say: luma [T, 1, H, W], nominal 0..1."""
    source = probe(path)
    pictures = list(read_frames(source, source.frames, Span(0, len(source.frames))))
    return to_clip(pictures, source.format, source.color).luma


def luma_of(rgb: Tensor) -> Tensor:
    """BT.709 luma [N, 1, H, W] of R'G'B' [N, 3, H, W], 0..1."""
    return (rgb * torch.tensor([_KR, _KG, _KB]).view(1, 3, 1, 1)).sum(1, keepdim=True)


def chroma_of(rgb: Tensor) -> Tensor:
    """(Cb, Cr) [N, 2, H, W] of full-range BT.709, nominal +-0.5, of R'G'B' [N, 3, H, W], 0..1."""
    luma = luma_of(rgb)[:, 0]
    blue, red = (rgb[:, 2] - luma) / (2 * (1 - _KB)), (rgb[:, 0] - luma) / (2 * (1 - _KR))
    return torch.stack([blue, red], 1)


def colored(luma: Tensor, chroma: Tensor) -> Tensor:
    """Luma [N, 1, H, W] and chroma [N, 2, H, W] -> R'G'B' [N, 3, H, W], unclipped."""
    red = luma[:, 0] + 2 * (1 - _KR) * chroma[:, 1]
    blue = luma[:, 0] + 2 * (1 - _KB) * chroma[:, 0]
    green = (luma[:, 0] - _KR * red - _KB * blue) / _KG
    return torch.stack([red, green, blue], 1)
