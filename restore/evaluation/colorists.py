"""What colors a grey shot: models as they ship, and the baselines that they must beat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from restore.clip import Clip, ColorSpec
from restore.evaluation.benchmark import GreyShot, chroma_of
from restore.filters.resample import chroma_grid, luma_axis, resample
from restore.models import Readout, find
from restore.timing import Span
from restore.treatments.colorize import COLORIZE, ColorizeDecision, ColorizeSettings
from restore.treatments.treatment import Engine

FULL = ColorSpec(matrix="bt709", range="full")
"""What the grey frames and all chroma here mean."""


GREY, ONE_TINT, OWN_TINTS = "grey", "one tint for all", "own tints (oracle)"

BASELINES = (GREY, ONE_TINT, OWN_TINTS)
"""Names in the tables that no model may bear as well."""


@dataclass(frozen=True)
class Colorist:
    """One line of the table; `color` gives a shot's (Cb, Cr) [T, 2, H, W], nominal +-0.5, at its size."""

    name: str
    color: Callable[[GreyShot], Tensor]


def model(name: str, engine: Engine, readout: Readout | None = None, title: str = "") -> Colorist:
    """A color model as a run uses it: the treatment itself, at the operating point of its card or another.

    `title` stands in the table instead of the name with its version.
    """
    card = find(name)
    point = readout or card.readout
    values = point.model_dump() if point else {}
    treat = COLORIZE.load(ColorizeSettings(model=name, **values), engine)

    def color(shot: GreyShot) -> Tensor:
        clip = Clip(shot.grey, None, 0, FULL)
        colored = treat(clip, Span(0, len(clip)), ColorizeDecision("color"))
        assert colored.chroma is not None
        height, width = shot.grey.shape[-2:]
        fine = (luma_axis(width), luma_axis(height))
        return resample(colored.chroma, chroma_grid(colored), fine)

    return Colorist(title or card.full_name, color)


def baselines(shots: Sequence[GreyShot]) -> list[Colorist]:
    """Grey, the best constant tint of the whole set, and each shot's own mean chroma.

    The last one knows the truth: an oracle, shown as the far goal.
    """
    total = sum((chroma_of(shot.rgb).sum((0, 2, 3)) for shot in shots), torch.zeros(2))
    tint = total / sum(shot.grey.numel() for shot in shots)

    def flat(shot: GreyShot, chroma: Tensor) -> Tensor:
        return chroma.view(1, 2, 1, 1).expand(len(shot.grey), 2, *shot.grey.shape[-2:])

    return [
        Colorist(GREY, lambda shot: flat(shot, torch.zeros(2))),
        Colorist(ONE_TINT, lambda shot: flat(shot, tint)),
        Colorist(OWN_TINTS, lambda shot: flat(shot, chroma_of(shot.rgb).mean((0, 2, 3)))),
    ]
