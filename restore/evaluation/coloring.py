"""Scores of colorizers on gray shots: their chroma with the true luma, compared with the true colors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from restore.evaluation.benchmark import GrayShot, chroma_of, colored, luma_of
from restore.evaluation.colorizers import Colorizer
from restore.evaluation.colormetrics import (
    ciede2000,
    colorfulness,
    histogram_intersection,
    lab,
)
from restore.evaluation.flicker import chroma_flicker, motion
from restore.evaluation.metrics import CODES


@dataclass(frozen=True)
class ChromaSums:
    """Sums over chroma samples, from which RMSE and correlation of a whole set are computed.

    `count` samples of each plane; `result` and `truth` are the sums of squares, `both` the sum of
    products, over both planes; the sums themselves are per plane (Cb, Cr).
    """

    count: int
    result: float
    truth: float
    both: float
    result_sums: tuple[float, float]
    truth_sums: tuple[float, float]

    @property
    def rmse(self) -> float:
        """In 8-bit code values."""
        error = self.result + self.truth - 2 * self.both
        return CODES * math.sqrt(max(0.0, error) / (2 * self.count))

    @property
    def gray_rmse(self) -> float:
        """The RMSE of a gray result, in 8-bit code values."""
        return CODES * math.sqrt(self.truth / (2 * self.count))

    @property
    def rmse_reduction(self) -> float | None:
        """1 - RMSE / RMSE of a gray result; None where the ground truth has no color."""
        return 1 - self.rmse / self.gray_rmse if self.truth > self._rounding else None

    @property
    def correlation(self) -> float:
        """Correlation over both planes, each minus its mean over the set, -1..1; 0 where one is constant."""
        ours = self.result - sum(one * one for one in self.result_sums) / self.count
        true = self.truth - sum(one * one for one in self.truth_sums) / self.count
        pairs = zip(self.result_sums, self.truth_sums, strict=True)
        both = self.both - sum(one * other for one, other in pairs) / self.count
        return both / math.sqrt(ours * true) if min(ours, true) > self._rounding else 0.0

    @property
    def _rounding(self) -> float:
        """Sum of squares that rounding may leave of a constant."""
        return 1e-9 * self.count


@dataclass(frozen=True)
class ColorScore:
    """The scores of one colorizer on one shot, with the true luma, so that all error is in the color.

    ciede2000 is the mean over the pixels, histogram the intersection of the chroma histograms (32
    bins), colorfulness that of the result divided by that of the ground truth, flicker in code values
    (0 for stills). `shown` is the middle frame R'G'B' [3, H, W], 8 bits, for the contact sheet.
    """

    colorizer: str
    shot: str
    chroma_sums: ChromaSums
    ciede2000: float
    histogram: float
    colorfulness: float
    flicker: float
    true_flicker: float
    shown: Tensor


def color_scores(
    shots: Sequence[GrayShot], colorizers: Sequence[Colorizer]
) -> Iterator[ColorScore]:
    """The scores of every colorizer on every shot."""
    for shot in shots:
        truth, luma = chroma_of(shot.rgb), luma_of(shot.rgb)
        true_lab, steps = lab(shot.rgb), motion(luma)
        true_flicker = chroma_flicker(truth, steps)
        true_colorfulness = max(1.0, colorfulness(shot.rgb))
        for colorizer in colorizers:
            found = colorizer.color(shot)
            rgb = colored(luma, found).clamp(0, 1)
            yield ColorScore(
                colorizer=colorizer.name,
                shot=shot.name,
                chroma_sums=chroma_sums(found, truth),
                ciede2000=float(ciede2000(lab(rgb), true_lab).mean()),
                histogram=histogram_intersection(found, truth),
                colorfulness=colorfulness(rgb) / true_colorfulness,
                flicker=chroma_flicker(found, steps),
                true_flicker=true_flicker,
                shown=rgb[len(rgb) // 2].mul(255).round().to(torch.uint8),
            )


def chroma_sums(result: Tensor, truth: Tensor) -> ChromaSums:
    """The sums over two chroma tensors [N, 2, H, W]."""
    a, b = result.double(), truth.double()

    def planes(x: Tensor) -> tuple[float, float]:
        return float(x[:, 0].sum()), float(x[:, 1].sum())

    return ChromaSums(
        count=a[:, 0].numel(),
        result=float(a.square().sum()),
        truth=float(b.square().sum()),
        both=float((a * b).sum()),
        result_sums=planes(a),
        truth_sums=planes(b),
    )


def pooled(parts: Sequence[ChromaSums]) -> ChromaSums:
    """The sums over all samples of these sets."""

    def planes(sums: Sequence[tuple[float, float]]) -> tuple[float, float]:
        return sum(one for one, _ in sums), sum(other for _, other in sums)

    return ChromaSums(
        sum(part.count for part in parts),
        sum(part.result for part in parts),
        sum(part.truth for part in parts),
        sum(part.both for part in parts),
        planes([part.result_sums for part in parts]),
        planes([part.truth_sums for part in parts]),
    )
