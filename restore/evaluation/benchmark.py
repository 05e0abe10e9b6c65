"""What is judged: shots with the truth that a perfect restoration would give back."""

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
    """One shot, aged, and its truth; nominal 0..1 both.

    aged    luma [T, 1, h, w]
    truth   luma [T, 1, h * scale, w * scale]
    steady  False where the gate weaves or the light flickers: there a figure per pixel measures
            registration and exposure, not resolution, so such shots are reported apart
    """

    name: str
    aged: Tensor
    truth: Tensor
    steady: bool


@dataclass(frozen=True)
class GreyShot:
    """One shot (or a still: T = 1) to be colored, and its true colors.

    grey    luma [T, 1, H, W] as the colorist sees it, plain or aged
    rgb     R'G'B' [T, 3, H, W], full range, 0..1
    """

    name: str
    grey: Tensor
    rgb: Tensor


def read_luma(path: Path) -> Tensor:
    """All frames of a film, read by its tags: luma [T, 1, H, W], nominal 0..1."""
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
