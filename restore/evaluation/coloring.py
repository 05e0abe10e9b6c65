"""Colorists on grey shots: their colors under the true luma, compared with the true colors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from restore.evaluation.benchmark import GreyShot, chroma_of, colored, luma_of
from restore.evaluation.colorists import Colorist
from restore.evaluation.colormetrics import (
    ciede2000,
    colorfulness,
    histogram_intersection,
    lab,
)
from restore.evaluation.flicker import chroma_flicker, motion
from restore.evaluation.metrics import CODES


@dataclass(frozen=True)
class Products:
    """What RMSE and correlation of a whole set are put together from: sums over chroma samples.

    `count` samples of each plane; `result` and `truth` are the sums of their squares, `both` of their
    products, over both planes; the sums themselves plane by plane (Cb, Cr).
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
    def grey_rmse(self) -> float:
        """What no color at all would get, in 8-bit code values."""
        return CODES * math.sqrt(self.truth / (2 * self.count))

    @property
    def below_grey(self) -> float | None:
        """The share by which the error lies below that of no color; None where the truth has no color."""
        return 1 - self.rmse / self.grey_rmse if self.truth > self._rounding else None

    @property
    def correlation(self) -> float:
        """Of both planes, each about its own mean over the set, -1..1; 0 where one is constant."""
        ours = self.result - sum(one * one for one in self.result_sums) / self.count
        true = self.truth - sum(one * one for one in self.truth_sums) / self.count
        pairs = zip(self.result_sums, self.truth_sums, strict=True)
        both = self.both - sum(one * other for one, other in pairs) / self.count
        return both / math.sqrt(ours * true) if min(ours, true) > self._rounding else 0.0

    @property
    def _rounding(self) -> float:
        """The squares that rounding leaves of a constant."""
        return 1e-9 * self.count


@dataclass(frozen=True)
class ColorScore:
    """One colorist on one shot, under the true luma: its error is color and nothing else.

    ciede2000 is the mean over the pixels, histogram the share of chroma histograms in common (32
    bins), colorfulness the result's by the truth's, flicker in code values (the truth's own beside it;
    0 for stills). `shown` is the middle frame R'G'B' [3, H, W], 8 bits, for the sheet.
    """

    colorist: str
    shot: str
    products: Products
    ciede2000: float
    histogram: float
    colorfulness: float
    flicker: float
    true_flicker: float
    shown: Tensor


def score_shots(shots: Sequence[GreyShot], colorists: Sequence[Colorist]) -> Iterator[ColorScore]:
    """Every colorist on every shot."""
    for shot in shots:
        truth, luma = chroma_of(shot.rgb), luma_of(shot.rgb)
        true_lab, steps = lab(shot.rgb), motion(luma)
        true_flicker = chroma_flicker(truth, steps)
        own = max(1.0, colorfulness(shot.rgb))
        for colorist in colorists:
            found = colorist.color(shot)
            rgb = colored(luma, found).clamp(0, 1)
            yield ColorScore(
                colorist=colorist.name,
                shot=shot.name,
                products=products(found, truth),
                ciede2000=float(ciede2000(lab(rgb), true_lab).mean()),
                histogram=histogram_intersection(found, truth),
                colorfulness=colorfulness(rgb) / own,
                flicker=chroma_flicker(found, steps),
                true_flicker=true_flicker,
                shown=rgb[len(rgb) // 2].mul(255).round().to(torch.uint8),
            )


def products(result: Tensor, truth: Tensor) -> Products:
    """The sums over two chroma tensors [N, 2, H, W]."""
    a, b = result.double(), truth.double()

    def planes(x: Tensor) -> tuple[float, float]:
        return float(x[:, 0].sum()), float(x[:, 1].sum())

    return Products(
        count=a[:, 0].numel(),
        result=float(a.square().sum()),
        truth=float(b.square().sum()),
        both=float((a * b).sum()),
        result_sums=planes(a),
        truth_sums=planes(b),
    )


def pooled(parts: Sequence[Products]) -> Products:
    """As if all samples lay in one tensor."""

    def planes(sums: Sequence[tuple[float, float]]) -> tuple[float, float]:
        return sum(one for one, _ in sums), sum(other for _, other in sums)

    return Products(
        sum(part.count for part in parts),
        sum(part.result for part in parts),
        sum(part.truth for part in parts),
        sum(part.both for part in parts),
        planes([part.result_sums for part in parts]),
        planes([part.truth_sums for part in parts]),
    )
