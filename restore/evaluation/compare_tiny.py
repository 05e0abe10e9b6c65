"""Evaluation of models for tiny regions, on held-out photographs: bits, the paper's table, contact sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from restore.evaluation import aged_shots
from restore.evaluation.color_bits import bits_per_value
from restore.evaluation.comparison import EvaluationResult, Progress, no_images
from restore.evaluation.contact_sheet import SheetCell, contact_sheet
from restore.evaluation.photographs import Photo
from restore.evaluation.tables import Column, Row, Table
from restore.evaluation.tiny_pictures import (
    TINY_COLUMNS,
    Enlarger,
    TinyScore,
    regression_enlarger,
    sampling_enlargers,
    simple_enlargers,
    tiny_row,
    tiny_scores,
    tiny_truth,
)
from restore.models import Card, load
from restore.models.tiny_sampler import TinySampler
from restore.nets.prsr import LEVELS, PixelRecursive, PixelRegression, reduced

BITS_COLUMNS = (
    Column("count", "n"),
    Column("name", "distribution"),
    Column("bits", "bits per value", ".3f"),
)

_SHEET_ROWS, _PICTURE = 16, (128, 128)


def compare_tiny(
    cards: Sequence[tuple[str, Card]], data: Path, count: int | None, progress: Progress
) -> EvaluationResult:
    """What models of the task "prsr" make of `count` held-out photographs (None: all), next to baselines.

    `cards` have the names for the tables. The networks run on the CPU. Raises UsageError if there are no
    photographs.
    """
    photos = [Photo(name, rgb[0]) for name, rgb in aged_shots.photographs(data, count)]
    if not photos:
        raise no_images(data)
    truth = torch.cat([tiny_truth(photo) for photo in photos])
    small, names = reduced(truth), [photo.name for photo in photos]
    enlargers = simple_enlargers()
    bits: list[Row] = [_bits("uniform", len(photos), math.log2(LEVELS))]
    for name, card in cards:
        net = load(card)
        if isinstance(net, PixelRegression):
            enlargers.append(regression_enlarger(name, net))
        elif isinstance(net, PixelRecursive):
            progress(f"{name}, bits per value")
            sampler = TinySampler(net)
            bits += _bits_rows(name, sampler, small, truth)
            enlargers += sampling_enlargers(name, sampler)
    scores: list[TinyScore] = []
    found: dict[str, Tensor] = {}
    for enlarger in enlargers:
        progress(f"{enlarger.name}, {len(photos)} photographs")
        found[enlarger.name] = enlarger.enlarge(small)
        scores += tiny_scores(names, truth, found[enlarger.name], enlarger.name)
    title = f"{len(photos)} photographs, 8x8 enlarged to 32x32"
    tables = (
        Table(f"The true values of {len(photos)} photographs of 32x32", BITS_COLUMNS, tuple(bits)),
        Table(title, TINY_COLUMNS, _rows(enlargers, scores)),
    )
    plain = tuple({"set": title, **asdict(score)} for score in scores)
    return EvaluationResult(tables, plain, _sheet(names, small, found, truth))


def _rows(enlargers: Sequence[Enlarger], scores: Sequence[TinyScore]) -> tuple[Row, ...]:
    return tuple(
        tiny_row([score for score in scores if score.name == enlarger.name])
        for enlarger in enlargers
    )


def _bits(name: str, count: int, bits: float) -> Row:
    return {"count": count, "name": name, "bits": bits}


def _bits_rows(name: str, sampler: TinySampler, small: Tensor, truth: Tensor) -> list[Row]:
    """What a value of the true pictures costs, by the conditioning network alone and by the model."""
    both, alone = sampler.likelihoods(small, truth)
    count, values = len(truth), truth.numel()
    return [
        _bits(f"{name}, conditioning network", count, bits_per_value(float(alone.sum()), values)),
        _bits(name, count, bits_per_value(float(both.sum()), values)),
    ]


def _sheet(
    names: Sequence[str], small: Tensor, found: dict[str, Tensor], truth: Tensor
) -> npt.NDArray[np.uint8]:
    """A row for some photographs: the input, every result, the truth."""
    chosen = range(0, len(names), math.ceil(len(names) / _SHEET_ROWS))
    return contact_sheet(
        [
            [
                SheetCell(names[at], _shown(small[at])),
                *(SheetCell(_short(name), _shown(each[at])) for name, each in found.items()),
                SheetCell("truth", _shown(truth[at])),
            ]
            for at in chosen
        ],
        _PICTURE,
        whole=True,
    )


def _short(name: str) -> str:
    """What fits above a picture of the sheet: a sample's factor, or the first letters."""
    return name.rpartition(", ")[2][:16]


def _shown(picture: Tensor) -> Tensor:
    """R'G'B' [3, h, w], 0..1 as squares of pixels, 8 bits."""
    larger = functional.interpolate(picture[None], size=_PICTURE, mode="nearest")[0]
    return larger.mul(255).round().clamp(0, 255).to(torch.uint8)
