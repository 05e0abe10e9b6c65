"""Colors that PixColor draws: one sample of a still, the best of several, and how much samples differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import torch
from torch import Tensor
from torch.nn import functional

from restore.evaluation.benchmark import GrayShot, chroma_of, colored, luma_of
from restore.evaluation.coloring import ColorScore, color_scores
from restore.evaluation.colorizers import Colorizer
from restore.evaluation.colormetrics import ciede2000, histogram_intersection, lab
from restore.evaluation.metrics import ms_ssim
from restore.evaluation.tables import Column, Row, Table, color_rows
from restore.filters.joincolor import guided_enlargement, within_gamut
from restore.models.color_sampler import CELL, LONG_SIDE, TEMPERATURE, TOP_P, PixColorSampler

SAMPLES = 6
"""Colorings that are drawn of each still."""

ONE, BEST = "one sample", f"best of {SAMPLES} (oracle)"

DRAWN_COLUMNS = (
    Column("count", "n"),
    Column("name", "colors"),
    Column("rmse", "chroma RMSE", ".2f"),
    Column("rmse_reduction", "RMSE reduction", ".1%"),
    Column("ciede2000", "CIEDE2000", ".2f"),
    Column("colorfulness", "colorfulness", ".2f"),
    Column("histogram", "histograms", ".3f"),
    Column("set_histogram", "histograms of the set", ".3f"),
    Column("ms_ssim", "MS-SSIM of two samples", ".3f"),
    Column("difference", "CIEDE2000 of two samples", ".2f"),
)


@dataclass(frozen=True)
class DrawnColors:
    """The colors of one still by everything that is compared.

    `ms_ssim` and `difference` (CIEDE2000) are means over all pairs of samples; `chroma` is small, by
    colorizer, for the histograms of the whole set, `true_chroma` that of the still.
    """

    scores: tuple[ColorScore, ...]
    ms_ssim: float
    difference: float
    chroma: Mapping[str, Tensor]
    true_chroma: Tensor


def network_picture(shot: GrayShot) -> tuple[Tensor, Tensor]:
    """A still's gray [1, 1, h, w] and R'G'B' at the sampler's size: whole cells, `LONG_SIDE` wide or high."""
    height, width = shot.gray.shape[-2:]
    shrink = LONG_SIDE / max(height, width)
    size = [max(1, round(side * shrink / CELL)) * CELL for side in (height, width)]

    def scaled(picture: Tensor) -> Tensor:
        found = functional.interpolate(
            picture, size, mode="bilinear", align_corners=False, antialias=True
        )
        return found.clamp(0, 1)

    return scaled(shot.gray), scaled(shot.rgb)


def sampled_chroma(shot: GrayShot, sampler: PixColorSampler, seeds: Sequence[int]) -> list[Tensor]:
    """Colorings of a still [1, 2, H, W], refined and joined with its luma, one for each seed."""
    gray, _ = network_picture(shot)
    gray = gray.expand(len(seeds), -1, -1, -1)
    coarse, _ = sampler.draw(gray, seeds, TEMPERATURE, TOP_P)
    fine = sampler.refined(gray, coarse).float()
    guide = shot.gray.expand(len(seeds), -1, -1, -1)
    whole = within_gamut(guided_enlargement(fine, guide), guide, "bt709")
    return list(whole.split(1))


def drawn_colors(
    shot: GrayShot, others: Sequence[Colorizer], samples: Sequence[Tensor]
) -> DrawnColors:
    """The scores of a still by the other colorizers, the first sample [1, 2, H, W], and the best of them."""
    found = {each.name: each.color(shot) for each in others}
    drawn = {str(number): chroma for number, chroma in enumerate(samples)}
    every = [Colorizer(name, _given(chroma)) for name, chroma in (found | drawn).items()]
    scores = list(color_scores([shot], every))
    own, rest = scores[len(found) :], scores[: len(found)]
    best = min(range(len(own)), key=lambda number: own[number].chroma_sums.rmse)
    rest += [replace(own[0], colorizer=ONE), replace(own[best], colorizer=BEST)]
    chroma = found | {ONE: samples[0], BEST: samples[best]}
    alike, difference = sample_differences(luma_of(shot.rgb), samples)
    return DrawnColors(
        scores=tuple(rest),
        ms_ssim=alike,
        difference=difference,
        chroma={name: _small(one) for name, one in chroma.items()},
        true_chroma=_small(chroma_of(shot.rgb)),
    )


def _given(chroma: Tensor) -> Callable[[GrayShot], Tensor]:
    return lambda shot: chroma


def _small(chroma: Tensor) -> Tensor:
    """Chroma [1, 2, n, 1] of a quarter of the size: enough for a histogram."""
    return functional.avg_pool2d(chroma, 4).flatten(2)[..., None]


def sample_differences(luma: Tensor, samples: Sequence[Tensor]) -> tuple[float, float]:
    """The mean MS-SSIM of R'G'B', and the mean CIEDE2000, over all pairs of samples with the true luma."""
    pictures = [colored(luma, chroma).clamp(0, 1) for chroma in samples]
    labs = [lab(picture) for picture in pictures]
    pairs = list(combinations(range(len(samples)), 2))
    alike = [ms_ssim(pictures[a], pictures[b]) for a, b in pairs]
    differences = [float(ciede2000(labs[a], labs[b]).mean()) for a, b in pairs]
    return sum(alike) / len(pairs), sum(differences) / len(pairs)


def drawn_table(title: str, name: str, found: Sequence[DrawnColors]) -> Table:
    """One row for each way to color; how much samples differ in the row of one sample of `name`."""
    true = torch.cat([each.true_chroma for each in found], 2)
    rows: list[Row] = []
    for row in color_rows("", [score for each in found for score in each.scores]):
        who = str(row["name"])
        chroma = torch.cat([each.chroma[who] for each in found], 2)
        more: dict[str, float] = {"set_histogram": histogram_intersection(chroma, true)}
        if who == ONE:
            more["ms_ssim"] = sum(each.ms_ssim for each in found) / len(found)
            more["difference"] = sum(each.difference for each in found) / len(found)
        shown = f"{name}, {who}" if who in (ONE, BEST) else who
        rows.append({**row, **more, "name": shown})
    return Table(title, DRAWN_COLUMNS, tuple(rows))
