"""Tiny pictures enlarged from 8x8 to 32x32, scored against the truth: the paper's figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from restore.evaluation.metrics import CODES, ms_ssim, psnr, ssim
from restore.evaluation.photographs import Photo
from restore.evaluation.tables import Column, Row
from restore.jobs.enhance_still import GUIDANCE, TAU
from restore.models.tiny_sampler import TinySampler
from restore.nets.prsr import LARGE, PixelRegression, reduced

NEAREST, BICUBIC = "nearest", "bicubic"

TAUS = (1.0, 1.1, 1.2)
"""Factors on the logits that samples are drawn with, as in the paper."""

TINY_COLUMNS = (
    Column("count", "n"),
    Column("name", "picture"),
    Column("psnr", "PSNR dB", ".2f"),
    Column("ssim", "SSIM", ".3f"),
    Column("ms_ssim", "MS-SSIM", ".3f"),
    Column("consistency", "consistency", ".1f"),
)


@dataclass(frozen=True)
class Enlarger:
    """A way to enlarge pictures R'G'B' [N, 3, 8, 8], 0..1, to [N, 3, 32, 32]."""

    name: str
    enlarge: Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class TinyScore:
    """The figures of one picture, by one way to enlarge it.

    `consistency` is the mean square error between the result, reduced to 8x8 again, and the input, in 8-bit
    code values.
    """

    shot: str
    name: str
    psnr: float
    ssim: float
    ms_ssim: float
    consistency: float


def tiny_truth(photo: Photo) -> Tensor:
    """The largest square in the middle of a photograph as [1, 3, 32, 32], 0..1."""
    height, width = photo.rgb.shape[-2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = photo.rgb[None, :, top : top + side, left : left + side].float() / 255
    return functional.interpolate(square, size=(LARGE, LARGE), mode="area")


def simple_enlargers() -> list[Enlarger]:
    """The paper's two baselines without a network."""
    size = (LARGE, LARGE)
    return [
        Enlarger(NEAREST, lambda small: functional.interpolate(small, size, mode="nearest")),
        Enlarger(
            BICUBIC,
            lambda small: functional.interpolate(
                small, size, mode="bicubic", align_corners=False
            ).clamp(0, 1),
        ),
    ]


def regression_enlarger(name: str, net: PixelRegression) -> Enlarger:
    """A network trained with L2: one picture, the mean of all."""

    def enlarge(small: Tensor) -> Tensor:
        with torch.inference_mode():
            return net.enlarged(small).clamp(0, 1)

    return Enlarger(name, enlarge)


def sampling_enlargers(name: str, sampler: TinySampler) -> list[Enlarger]:
    """One sample of each picture, at each factor on the logits; picture n has the seed n."""

    def at(tau: float, guidance: float) -> Callable[[Tensor], Tensor]:
        return lambda small: sampler.draw(small, range(len(small)), tau, guidance)[0]

    found = [Enlarger(f"{name}, one sample, tau {tau}", at(tau, 1)) for tau in TAUS]
    title = f"{name}, one sample, guidance {GUIDANCE:g}"
    return [*found, Enlarger(title, at(TAU, GUIDANCE))]


def tiny_scores(names: Sequence[str], truth: Tensor, found: Tensor, name: str) -> list[TinyScore]:
    """The figures of pictures `found` [N, 3, 32, 32] with these names."""
    scores: list[TinyScore] = []
    for number, shot in enumerate(names):
        own, true = (each[number : number + 1] for each in (found, truth))
        planes, true_planes = (each.movedim(1, 0) for each in (own, true))
        error = (reduced(own) - reduced(true)).double().mul(CODES).square().mean()
        scores.append(
            TinyScore(
                shot,
                name,
                psnr(own, true),
                ssim(planes, true_planes),
                ms_ssim(own, true),
                float(error),
            )
        )
    return scores


def tiny_row(scores: Sequence[TinyScore]) -> Row:
    """The means over all pictures of one way to enlarge them."""
    count = len(scores)
    return {
        "count": count,
        "name": scores[0].name,
        "psnr": sum(score.psnr for score in scores) / count,
        "ssim": sum(score.ssim for score in scores) / count,
        "ms_ssim": sum(score.ms_ssim for score in scores) / count,
        "consistency": sum(score.consistency for score in scores) / count,
    }
