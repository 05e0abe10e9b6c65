"""What colors a gray shot: models as they ship, and baselines for comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from restore.clip import Clip, ColorSpec
from restore.evaluation.benchmark import GrayShot, chroma_of
from restore.filters.resample import chroma_grid, luma_axis, resample
from restore.models import Readout, find
from restore.timing import Span
from restore.treatments.colorize import COLORIZE, ColorizeDecision, ColorizeSettings
from restore.treatments.treatment import Engine

FULL = ColorSpec(matrix="bt709", range="full")
"""Color description of the gray frames and of all chroma in this room."""


GRAY, ONE_TINT, OWN_TINTS = "gray", "one tint for all", "own tints (oracle)"

BASELINES = (GRAY, ONE_TINT, OWN_TINTS)
"""Names of the baselines in the tables."""


@dataclass(frozen=True)
class Colorizer:
    """One row of the table; `color` gives a shot's (Cb, Cr) [T, 2, H, W], nominal +-0.5, at its size."""

    name: str
    color: Callable[[GrayShot], Tensor]


def model(name: str, engine: Engine, readout: Readout | None = None, title: str = "") -> Colorizer:
    """A color model as a run uses it: the treatment itself, with the readout of its card or another one.

    `title` is its name in the table (default: name and version).
    """
    card = find(name)
    point = readout or card.readout
    values = point.model_dump() if point else {}
    treat = COLORIZE.load(ColorizeSettings(model=name, **values), engine)

    def color(shot: GrayShot) -> Tensor:
        clip = Clip(shot.gray, None, 0, FULL)
        colored = treat(clip, Span(0, len(clip)), ColorizeDecision("color"))
        assert colored.chroma is not None
        height, width = shot.gray.shape[-2:]
        fine = (luma_axis(width), luma_axis(height))
        return resample(colored.chroma, chroma_grid(colored), fine)

    return Colorizer(title or card.full_name, color)


def baselines(shots: Sequence[GrayShot]) -> list[Colorizer]:
    """Gray, the best constant tint of the whole set, and each shot's own mean chroma.

    The last one uses the ground truth: an oracle, as an upper reference.
    """
    total = sum((chroma_of(shot.rgb).sum((0, 2, 3)) for shot in shots), torch.zeros(2))
    tint = total / sum(shot.gray.numel() for shot in shots)

    def flat(shot: GrayShot, chroma: Tensor) -> Tensor:
        return chroma.view(1, 2, 1, 1).expand(len(shot.gray), 2, *shot.gray.shape[-2:])

    return [
        Colorizer(GRAY, lambda shot: flat(shot, torch.zeros(2))),
        Colorizer(ONE_TINT, lambda shot: flat(shot, tint)),
        Colorizer(OWN_TINTS, lambda shot: flat(shot, chroma_of(shot.rgb).mean((0, 2, 3)))),
    ]
