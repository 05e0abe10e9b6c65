"""Descratch: upright scratches that stay for many frames are taken off the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, cast

from pydantic import BaseModel, ConfigDict, Field

from restore.clip import Clip
from restore.timing import Span
from restore.treatments.treatment import Decisions, Engine, Treat, Treatment


class DescratchSettings(BaseModel):
    """`strength`: how much of a scratch goes, 1 all of it.

    Decisions: `scratch 1`, `scratch 2` ...: the first frame of each, and from there on its column in each
    frame, in pixels; `profile 1`, `profile 2` ...: what each typically adds to the luma of its column (in
    the middle) and of those beside it. Without them nothing changes.
    """

    model_config = ConfigDict(frozen=True)

    strength: Annotated[float, Field(ge=0, le=1)] = 1.0


def reach(width: int) -> int:
    """Columns from a scratch's middle to where the picture is beside it, in a plane of this width."""
    return max(4, round(width / 160))


def load(settings: DescratchSettings, engine: Engine) -> Treat:
    """The treatment; there is nothing to load."""

    def treat(clip: Clip, span: Span, decisions: Decisions) -> Clip:
        """The frames of `span` without their scratches; chroma stays, which most scratches do not touch."""
        import torch

        from restore.filters.lines import without_line

        own = clip.part(span.start, span.stop)
        if not decisions:
            return own
        luma = own.luma.clone()
        for places, profile in _scratches(decisions):
            first, columns = round(places[0]), [round(column) for column in places[1:]]
            typical = torch.tensor(profile).to(luma)
            for frame, column in enumerate(columns, first):
                if frame in span:
                    plane = luma[frame - span.start, 0]
                    plane += settings.strength * (without_line(plane, column, typical) - plane)
        return replace(own, luma=luma)

    return treat


def _scratches(decisions: Decisions) -> list[tuple[Sequence[float], Sequence[float]]]:
    """Each scratch's places and profile."""
    numbers = [key.removeprefix("scratch ") for key in decisions if key.startswith("scratch ")]
    return [
        (
            cast(Sequence[float], decisions[f"scratch {number}"]),
            cast(Sequence[float], decisions[f"profile {number}"]),
        )
        for number in numbers
    ]


DESCRATCH = Treatment(
    name="descratch",
    settings=DescratchSettings,
    radius=lambda settings: 0,
    load=load,
    neutral=(DescratchSettings(), {}),
)
