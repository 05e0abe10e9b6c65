"""`python -m restore.training.readout color`: the table from which a color model's readout is chosen."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from restore.evaluation.metrics import chroma_rmse, colorfulness
from restore.models import Readout, find, load
from restore.training.degrade.amounts import Spread
from restore.training.judge_color import film_grey, predicted
from restore.training.pairs import seeded
from restore.training.photos import chroma_of, colored, read_photos
from restore.training.settings import read_settings

TEMPERATURES = (0.4, 0.5, 0.6, 0.7, 0.85, 1.0)
SATURATIONS = (1.0, 1.15, 1.3, 1.5, 1.75, 2.0)


@dataclass(frozen=True)
class OperatingPoint:
    """What one readout gives on the validation photographs."""

    temperature: float
    saturation: float
    below_grey: float
    """share by which the chroma's RMSE lies under grey's"""
    colorfulness: float
    """mean over the photographs of the result's colorfulness by the truth's"""


def operating_points(
    net: nn.Module, stills: Sequence[Tensor], spread: Spread | None, size: int
) -> Iterator[OperatingPoint]:
    """Every temperature with every saturation, on pictures [1, 3, H, W] as plain or film-like grey."""
    truths = [chroma_of(rgb) for rgb in stills]
    greys = [film_grey(rgb, spread, seeded(at, 9)) for at, rgb in enumerate(stills)]
    lumas = [film_grey(rgb, None, seeded(0)) for rgb in stills]
    own = [max(1.0, colorfulness(rgb)) for rgb in stills]
    zero = torch.zeros(())
    grey_error = chroma_rmse(_flat(truths), zero)
    for temperature in TEMPERATURES:
        readout = Readout(temperature=temperature, saturation=1.0, size=size)
        found = [
            _enlarged(predicted(net, grey, readout), truth)
            for grey, truth in zip(greys, truths, strict=True)
        ]
        for factor in SATURATIONS:
            error = chroma_rmse(factor * _flat(found), _flat(truths))
            shares = [
                colorfulness(colored(luma, factor * chroma).clamp(0, 1)) / whole
                for luma, chroma, whole in zip(lumas, found, own, strict=True)
            ]
            below, share = 1 - error / grey_error, sum(shares) / len(shares)
            yield OperatingPoint(temperature, factor, below, share)


def main(arguments: list[str] | None = None) -> None:
    """Write the table for plain and for film-like grey to standard output."""
    parser = argparse.ArgumentParser(prog="python -m restore.training.readout", description=__doc__)
    parser.add_argument("model", help="name or folder of a color model")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--photos", type=int, default=200, help="how many validation photographs")
    given = parser.parse_args(arguments)
    card = find(given.model)
    if card.readout is None:
        parser.error(f"{card.full_name} is not a color model")
    held_out = read_photos(given.data / "photos", validation=True)[:: max(1, 640 // given.photos)]
    stills = [photo.rgb[None].float() / 255 for photo in held_out]
    film_like = read_settings(card.folder / "train.toml").ageing
    net = load(card)
    for name, spread in (("plain", None), ("film-like", film_like)):
        tqdm.write(f"{name} grey, {len(stills)} photographs")
        for point in operating_points(net, stills, spread, card.readout.size):
            tqdm.write(
                f"temperature {point.temperature:.2f}  saturation {point.saturation:.2f}  "
                f"{100 * point.below_grey:5.1f} % below grey  "
                f"colorfulness {point.colorfulness:.2f}"
            )


def _enlarged(chroma: Tensor, like: Tensor) -> Tensor:
    return functional.interpolate(chroma, like.shape[-2:], mode="bilinear", align_corners=False)


def _flat(pictures: Sequence[Tensor]) -> Tensor:
    return torch.cat([picture.flatten() for picture in pictures])


if __name__ == "__main__":
    main()
