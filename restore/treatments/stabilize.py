"""Stabilize: frames that weave in the gate are brought back to their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from pydantic import BaseModel, ConfigDict

from restore.clip import Clip
from restore.timing import Span
from restore.treatments.treatment import Decisions, Engine, Treat, Treatment, curve

if TYPE_CHECKING:
    import torch


class StabilizeSettings(BaseModel):
    """Nothing to set: how far each frame lies from its place is decided for its shot.

    Decisions: `first`, the shot's first frame; `down` and `right`, one a frame from there on, as shares
    of the picture's height and width; `bars`, black at the top, bottom, left and right that stands still,
    as shares of the same. Without them nothing changes.
    """

    model_config = ConfigDict(frozen=True)


def load(settings: StabilizeSettings, engine: Engine) -> Treat:
    """The treatment; there is nothing to load."""
    return treat


def treat(clip: Clip, span: Span, decisions: Decisions) -> Clip:
    """The frames of `span` at their place; what comes in at the border repeats the border."""
    own = clip.part(span.start, span.stop)
    if "down" not in decisions:
        return own
    path = list(zip(*(curve(decisions, key, span) for key in ("down", "right")), strict=True))
    bars = cast(Sequence[float], decisions["bars"])
    chroma = None if own.chroma is None else _placed(own.chroma, path, bars)
    return replace(own, luma=_placed(own.luma, path, bars), chroma=chroma)


def _placed(
    planes: torch.Tensor, path: Sequence[tuple[float, float]], bars: Sequence[float]
) -> torch.Tensor:
    """Planes [T, C, H, W] with what is between the bars moved back by the path."""
    from restore.filters.shift import moved

    height, width = planes.shape[-2:]
    top, bottom = round(bars[0] * height), height - round(bars[1] * height)
    left, right = round(bars[2] * width), width - round(bars[3] * width)
    back = [(-down * height, -aside * width) for down, aside in path]
    result = planes.clone()
    result[..., top:bottom, left:right] = moved(planes[..., top:bottom, left:right], back)
    return result


STABILIZE = Treatment(
    name="stabilize",
    settings=StabilizeSettings,
    radius=lambda settings: 0,
    load=load,
    neutral=(StabilizeSettings(), {}),
)
