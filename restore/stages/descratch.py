"""Descratch: upright scratches that stay for many frames are taken off the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, cast

from pydantic import BaseModel, ConfigDict, Field

from restore.clip import Clip
from restore.stages.stage import Decisions, Engine, Stage, Treatment
from restore.timing import Span

if TYPE_CHECKING:
    import torch


class DescratchSettings(BaseModel):
    """`strength`: how much of a scratch goes, 1 all of it.

    Decisions: `scratch 1`, `scratch 2` ...: the first frame of each, and from there on its column in each
    frame, in pixels of the luma. Without them nothing changes.
    """

    model_config = ConfigDict(frozen=True)

    strength: Annotated[float, Field(ge=0, le=1)] = 1.0


def reach(width: int) -> int:
    """Columns from a scratch's middle to where the picture is beside it, in a plane of this width."""
    return max(4, round(width / 160))


def load(settings: DescratchSettings, engine: Engine) -> Treatment:
    """The treatment; there is nothing to load."""

    def treat(clip: Clip, span: Span, decisions: Decisions) -> Clip:
        """The frames of `span` without their scratches, in luma and in chroma."""
        own = clip.part(span.start, span.stop)
        scratches = [
            cast(Sequence[float], decisions[key]) for key in decisions if key.startswith("scratch ")
        ]
        columns = [_columns(frame, scratches) for frame in range(span.start, span.stop)]
        if settings.strength == 0 or not any(columns):
            return own
        width = own.luma.shape[-1]
        chroma = None
        if own.chroma is not None:
            chroma = _without(own.chroma, columns, own.chroma.shape[-1] / width, settings.strength)
        return replace(own, luma=_without(own.luma, columns, 1, settings.strength), chroma=chroma)

    return treat


def _columns(frame: int, scratches: Sequence[Sequence[float]]) -> list[float]:
    """Where a frame is scratched."""
    at = [(scratch, frame - round(scratch[0]) + 1) for scratch in scratches]
    return [scratch[place] for scratch, place in at if 1 <= place < len(scratch)]


def _without(
    planes: torch.Tensor, columns: Sequence[Sequence[float]], scale: float, strength: float
) -> torch.Tensor:
    """Planes [T, C, H, W] without the scratches of each frame, whose columns are shrunk by `scale`."""
    from restore.filters.lines import without_line

    side = reach(planes.shape[-1])
    result = planes.clone()
    for frame, places in zip(result, columns, strict=True):
        for plane in frame:
            for place in places:
                plane += strength * (without_line(plane, round(place * scale), side) - plane)
    return result


DESCRATCH = Stage(
    name="descratch",
    settings=DescratchSettings,
    radius=lambda settings: 0,
    load=load,
    neutral=(DescratchSettings(), {}),
)
