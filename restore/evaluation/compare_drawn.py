"""Evaluation of a model that draws colors, on held-out photographs: bits, colors, variety, contact sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from restore.ageing.draw import AgeingRanges
from restore.evaluation import aged_shots, color_bits, colorizers
from restore.evaluation.benchmark import GrayShot, chroma_of, colored, luma_of
from restore.evaluation.color_bits import bits_per_value
from restore.evaluation.colorizers import Colorizer
from restore.evaluation.comparison import (
    TITLES,
    AgeingKind,
    EvaluationResult,
    Progress,
    no_images,
    plain_gray,
)
from restore.evaluation.contact_sheet import SheetCell, contact_sheet
from restore.evaluation.drawn_colors import (
    SAMPLES,
    DrawnColors,
    drawn_colors,
    drawn_table,
    network_picture,
    sampled_chroma,
)
from restore.evaluation.tables import Column, Row, Table
from restore.models import Card
from restore.models.color_sampler import CELL, PixColorSampler, load_color_sampler
from restore.nets.pixcolor import LEVELS, to_levels
from restore.treatments.treatment import Engine

BITS_COLUMNS = (
    Column("shots", "images"),
    Column("count", "n"),
    Column("name", "distribution"),
    Column("bits", "bits per value", ".3f"),
)

_SHEET_ROWS, _PICTURE = 12, (224, 168)


def compare_drawn(
    card: Card,
    data: Path,
    kinds: Sequence[AgeingKind],
    count: int | None,
    engine: Engine,
    progress: Progress,
) -> EvaluationResult:
    """What the model's distribution says of the true colors, and what it draws, from plain gray.

    Compared with its color model on `count` validation photographs (None: all). If `kinds` has our own
    ageing, the bits are also those of aged gray. Raises UsageError if there are no photographs. The sampler
    runs on the CPU.
    """
    sampler = load_color_sampler(card)
    photos = list(aged_shots.photographs(data, count))
    if not photos:
        raise no_images(data)
    shots = [plain_gray(*photo) for photo in photos]
    sets = {"plain gray": shots}
    if "own" in kinds:
        ranges = AgeingRanges()
        sets[TITLES["own"]] = [
            aged_shots.film_gray(*photo, ranges, at) for at, photo in enumerate(photos)
        ]
    name = card.full_name
    bits: list[Row] = []
    for title, grays in sets.items():
        progress(f"{name}, bits per value, {title}")
        bits += bits_rows(title, grays, name, sampler)
    cost = Table(f"{name}, the true colors of {len(photos)} photographs", BITS_COLUMNS, tuple(bits))
    gray = Colorizer(colorizers.GRAY, lambda shot: torch.zeros(1, 2, *shot.gray.shape[-2:]))
    forward = colorizers.model(str(card.conditioning), engine)
    found: list[DrawnColors] = []
    cells: list[list[SheetCell]] = []
    for number, shot in enumerate(shots):
        progress(f"{name}, {number + 1} of {len(shots)} photographs")
        samples = sampled_chroma(shot, sampler, range(SAMPLES))
        found.append(drawn_colors(shot, [gray, forward], samples))
        if number % max(1, len(shots) // _SHEET_ROWS) == 0 and len(cells) < _SHEET_ROWS:
            cells.append(_cells(shot, forward.color(shot), samples))
    title = f"{name}, colors of {len(shots)} photographs, plain gray, with the true luma"
    scores = [
        {"set": title, **{key: value for key, value in asdict(score).items() if key != "shown"}}
        for each in found
        for score in each.scores
    ]
    sheet = contact_sheet(cells, _PICTURE, whole=True)
    return EvaluationResult((cost, drawn_table(title, name, found)), tuple(scores), sheet)


def bits_rows(
    title: str, shots: Sequence[GrayShot], name: str, sampler: PixColorSampler
) -> list[Row]:
    """What a value of the true colors of these stills costs under each distribution."""
    centres = sampler.color.centres.float().cpu()
    spacing = color_bits.spacing_of(centres)
    levels: list[Tensor] = []
    forward, drawn = 0.0, 0.0
    for gray, rgb in map(network_picture, shots):
        true = functional.avg_pool2d(chroma_of(rgb), CELL)
        levels.append(to_levels(true)[0])
        scores = sampler.scores(gray)[0].float()
        forward += color_bits.feed_forward_likelihood(scores, centres, spacing, levels[-1])
        drawn += float(sampler.likelihood(gray, true))
    values = sum(each.numel() for each in levels)
    once, placed = (
        sum(color_bits.histogram_likelihoods(levels, positions))
        for positions in (1, color_bits.POSITIONS)
    )
    found = [
        ("uniform", math.log2(LEVELS)),
        ("histogram", bits_per_value(once, values)),
        ("histogram of each position", bits_per_value(placed, values)),
        ("feed-forward network", bits_per_value(forward, values)),
        (name, bits_per_value(drawn, values)),
    ]
    count = len(shots)
    return [{"shots": title, "count": count, "name": who, "bits": bits} for who, bits in found]


def _cells(shot: GrayShot, forward: Tensor, samples: Sequence[Tensor]) -> list[SheetCell]:
    """A row of the contact sheet: gray, the feed-forward network's colors, the samples, the truth."""
    luma = luma_of(shot.rgb)
    shown = [("feed-forward", forward), *((f"seed {n}", one) for n, one in enumerate(samples))]
    return [
        SheetCell(shot.name, _eight_bit(shot.gray[0, 0])),
        *(SheetCell(who, _eight_bit(colored(luma, chroma)[0])) for who, chroma in shown),
        SheetCell("truth", _eight_bit(shot.rgb[0])),
    ]


def _eight_bit(picture: Tensor) -> Tensor:
    return picture.mul(255).round().clamp(0, 255).to(torch.uint8)
