"""Descratch: vertical scratches that stay for many frames are removed from the picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import BaseModel, with_config

from restore.clip import Clip
from restore.timing import Span
from restore.treatments.descratch.scratch import BANDS, Scratch, Scratches, reach
from restore.treatments.film_facts import FilmFacts, ShotKind
from restore.treatments.measure import BandMeasure, Observer
from restore.treatments.option import Share, repair_option
from restore.treatments.treatment import (
    STRICT,
    Description,
    Example,
    NoSettings,
    TreatedShot,
    Treatment,
    shots_of,
    strength,
)


class DescratchOptions(BaseModel):
    """How much of the vertical scratches is removed."""

    model_config = STRICT

    descratch: Annotated[Share, repair_option("of the vertical scratches")] = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class DescratchDecision:
    """The scratches of a shot, in frames of the film, and how much of them is removed (1: all of it)."""

    scratches: tuple[Scratch, ...]
    strength: float = 1.0


def _start(count: int) -> Observer[Scratches]:
    from restore.treatments.descratch.detect import ScratchObserver

    return ScratchObserver(count)


def _decide(
    shot: ShotKind, measure: Scratches | None, options: DescratchOptions, film: FilmFacts
) -> DescratchDecision | None:
    share = strength(options.descratch, film)
    if measure is None or not share:
        return None
    first = shot.span.start
    lines = tuple(replace(line, first=first + line.first) for line in measure.lines)
    return DescratchDecision(lines, share)


def treat(clip: Clip, span: Span, decision: DescratchDecision) -> Clip:
    """The frames of `span` without their scratches; chroma stays, which most scratches do not touch."""
    import torch

    from restore.filters.lines import without_line

    own = clip.part(span.start, span.stop)
    luma = own.luma.clone()
    for scratch in decision.scratches:
        typical = torch.tensor(scratch.profile).to(luma)
        for frame, column in enumerate(scratch.columns, scratch.first):
            if frame in span:
                plane = luma[frame - span.start, 0]
                plane += decision.strength * (without_line(plane, column, typical) - plane)
    return replace(own, luma=luma)


def at(measure: Scratches, places: Sequence[int]) -> Scratches | None:
    """The scratches of frames that consist of the frames with these indices in the shot."""
    found: list[Scratch] = []
    for scratch in measure.lines:
        inside = range(scratch.first, scratch.first + len(scratch.columns))
        seen = [(number, place) for number, place in enumerate(places) if place in inside]
        if seen:
            columns = tuple(scratch.columns[place - scratch.first] for _, place in seen)
            found.append(replace(scratch, first=seen[0][0], columns=columns))
    return Scratches(tuple(found)) if found else None


def _found(measure: Scratches, film: FilmFacts) -> str:
    count = len(measure.lines)
    return f"{count} vertical scratch{'' if count == 1 else 'es'}"


def _figures(measure: Scratches | None, film: FilmFacts) -> dict[str, float | None]:
    return {"scratches": len(measure.lines) if measure else 0}


def _notes(
    shots: Sequence[TreatedShot[Scratches, DescratchDecision]],
    options: DescratchOptions,
    film: FilmFacts,
) -> Iterator[str]:
    if treated := [shot for shot in shots if shot.decision]:
        yield (
            f"vertical scratches run through {shots_of(treated, shots)}: they are removed "
            "(--descratch 0 leaves them)"
        )


def _example(clip: Clip) -> DescratchDecision:
    """A light scratch that sways about the middle of the picture."""
    width = int(clip.luma.shape[-1])
    side = reach(width)
    columns = tuple(width // 2 + frame % 3 for frame in range(len(clip)))
    profile = tuple(0.2 * (1 - abs(by) / side) for by in range(-side, side + 1))
    return DescratchDecision((Scratch(clip.index, columns, profile),))


def _scratched() -> Clip:
    """A gray ramp with the scratch of `_example` in it."""
    import torch

    from restore.clip import ColorSpec

    luma = torch.linspace(0.3, 0.6, 64).expand(12, 1, 48, 64).contiguous()
    plain = Clip(luma, torch.zeros(12, 2, 24, 32), 100, ColorSpec("bt601", "limited"))
    (scratch,) = _example(plain).scratches
    for frame, column in enumerate(scratch.columns):
        side = len(scratch.profile) // 2
        luma[frame, 0, :, column - side : column + side + 1] += torch.tensor(scratch.profile)
    return plain


DESCRATCH = Treatment(
    name="descratch",
    title="vertical scratches",
    order=20,
    options=DescratchOptions,
    settings=NoSettings,
    decision=DescratchDecision,
    requested=lambda options, film: strength(options.descratch, film) > 0,
    decide=_decide,
    settle=lambda options, film, card: NoSettings(),
    radius=lambda settings: 0,
    load=lambda settings, engine: treat,
    describe=Description(
        done=lambda decision: "scratches removed",
        whole=lambda settings, film: "scratches removed",
        found=_found,
        figures=_figures,
        notes=_notes,
    ),
    example=Example(NoSettings(), _example, _scratched),
    measure=BandMeasure(Scratches, BANDS, _start, at),
)
