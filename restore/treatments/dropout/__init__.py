"""Dropout: streaks where the tape lost the signal, and the rows that head switching disturbs, are filled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, with_config

from restore.clip import Clip
from restore.timing import Span
from restore.treatments.dropout.tape_loss import DropoutObserver, TapeLoss
from restore.treatments.film_facts import FilmFacts, ShotKind
from restore.treatments.measure import ALL_ROWS, BandMeasure
from restore.treatments.option import Share, repair_option
from restore.treatments.treatment import (
    STRICT,
    Description,
    Example,
    Invents,
    NoSettings,
    TreatedShot,
    Treatment,
    shots_of,
    shots_that,
    strength,
    tape_strength,
)

if TYPE_CHECKING:
    import torch


class DropoutOptions(BaseModel):
    """How much of the dropouts of a tape is filled."""

    model_config = STRICT

    dropout: Annotated[Share, repair_option("of the dropouts and the head switching of a tape")] = (
        None
    )


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class DropoutDecision:
    """Whether streaks are filled, how many rows at the bottom are, and how much of both (1: all of it)."""

    streaks: bool
    bottom: int = 0
    strength: float = 1.0


def _decide(
    shot: ShotKind, measure: TapeLoss | None, options: DropoutOptions, film: FilmFacts
) -> DropoutDecision | None:
    share = tape_strength(options.dropout, shot, film)
    if measure is None or not share:
        return None
    return DropoutDecision(measure.streaks > 0, measure.bottom, share)


def treat(clip: Clip, span: Span, decision: DropoutDecision) -> Clip:
    """The frames of `span` without streaks, and with a new bottom; chroma is filled at the bottom only."""
    own = clip.part(span.start, span.stop)
    luma = _without_streaks(clip, span) if decision.streaks else own.luma
    chroma = own.chroma
    if decision.bottom:
        luma = _with_bottom(luma, decision.bottom)
        if chroma is not None:
            share = chroma.shape[-2] / luma.shape[-2]
            chroma = _with_bottom(chroma, round(decision.bottom * share + 0.49))
    if decision.strength < 1:
        luma = own.luma + decision.strength * (luma - own.luma)
    return replace(own, luma=luma, chroma=chroma)


def _without_streaks(clip: Clip, span: Span) -> torch.Tensor:
    """The luma of `span` with its streaks filled; each frame depends on the frames next to it."""
    import torch

    from restore.treatments.dropout.fill import filled
    from restore.treatments.dropout.streaks import KNOWN, streaks

    step = 1 if clip.color.fields is None else 2
    luma = clip.part(span.start, span.stop).luma.clone()
    for number in range(span.start, span.stop):
        first = max(clip.index, number - 1)
        near = clip.part(first, min(clip.index + len(clip), number + 2)).luma
        frames = [plane.float().cpu().numpy() for plane in near[:, 0]]
        if found := streaks(frames, number - first, KNOWN):
            plane = filled(frames, number - first, found, step)
            luma[number - span.start, 0] = torch.from_numpy(plane).to(luma)
    return luma


def _with_bottom(planes: torch.Tensor, rows: int) -> torch.Tensor:
    """Planes [T, C, H, W] whose lowest rows are replaced by the mirrored rows above them."""
    from restore.filters.mirrored_borders import mirrored

    rows = min(rows, planes.shape[-2] // 2)
    return mirrored(planes, -2, 0, rows) if rows else planes


def _found(measure: TapeLoss, film: FilmFacts) -> str:
    streaks = [f"{measure.streaks:.1f} dropouts a frame"] if measure.streaks else []
    bottom = [f"head switching in the lowest {measure.bottom} rows"] if measure.bottom else []
    return ", ".join(streaks + bottom)


def _figures(measure: TapeLoss | None, film: FilmFacts) -> dict[str, float | None]:
    return {
        "dropouts": measure.streaks if measure else 0,
        "head_switching_rows": measure.bottom if measure else 0,
    }


def _notes(
    shots: Sequence[TreatedShot[TapeLoss, DropoutDecision]],
    options: DropoutOptions,
    film: FilmFacts,
) -> Iterator[str]:
    decisions = [shot.decision for shot in shots if shot.decision]
    if streaks := [one for one in decisions if one.streaks]:
        yield (
            f"{shots_that(streaks, shots, 'has', 'have')} dropouts of a tape: they are filled from the "
            "frames and rows next to them (--dropout 0 leaves them)"
        )
    if bottoms := [one for one in decisions if one.bottom]:
        rows = max(one.bottom for one in bottoms)
        yield (
            f"head switching disturbs the lowest {rows} rows in {shots_of(bottoms, shots)}: the rows above "
            "are mirrored there (--dropout 0 leaves them)"
        )


def _done(decision: DropoutDecision) -> str:
    parts = ["dropouts filled"] if decision.streaks else []
    if decision.bottom:
        parts.append(f"lowest {decision.bottom} rows filled")
    return ", ".join(parts) or "dropouts filled"


def _summary(decision: DropoutDecision) -> list[str]:
    bottom = ["rows of head switching filled"] if decision.bottom else []
    return ["dropouts filled", *bottom] if decision.streaks or not bottom else bottom


def _torn() -> Clip:
    """A ramp with a bright streak in one frame."""
    import torch

    from restore.clip import ColorSpec

    luma = torch.linspace(0.2, 0.5, 160).expand(5, 1, 48, 160).contiguous()
    luma[2, 0, 20, 40:100] = 1.0
    return Clip(luma, torch.zeros(5, 2, 24, 80), 100, ColorSpec("bt601", "limited"))


DROPOUT = Treatment(
    name="dropout",
    title="dropouts",
    order=51,
    options=DropoutOptions,
    settings=NoSettings,
    decision=DropoutDecision,
    requested=lambda options, film: strength(options.dropout, film) > 0,
    decide=_decide,
    settle=lambda options, film, card: NoSettings(),
    radius=lambda settings: 1,
    load=lambda settings, engine: treat,
    describe=Description(
        done=_done,
        whole=lambda settings, film: "dropouts filled",
        found=_found,
        figures=_figures,
        notes=_notes,
        invents=Invents(
            "detail",
            lambda settings, decision: True,
            "where the tape lost the signal, the luma is filled from the neighboring frames and rows. "
            "Rows at the bottom that head switching disturbs show the mirrored rows above them. "
            "What the film showed there is not known.",
        ),
        summary=_summary,
    ),
    example=Example(NoSettings(), lambda clip: DropoutDecision(streaks=True), _torn),
    measure=BandMeasure(TapeLoss, ALL_ROWS, lambda count: DropoutObserver()),
)
