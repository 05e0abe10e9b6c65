"""Borders: what is not picture at the sides of the frame is cropped, or filled from the picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, with_config

from restore.clip import Clip
from restore.timing import Span
from restore.treatments.borders.insets import NARROW, DarkDepths, Insets, even, of_film
from restore.treatments.film_facts import FilmFacts, ShotKind
from restore.treatments.measure import ALL_ROWS, BandMeasure, Observer
from restore.treatments.option import SIZE, Option
from restore.treatments.treatment import (
    STRICT,
    Description,
    Example,
    Invents,
    NoSettings,
    TreatedShot,
    Treatment,
)

if TYPE_CHECKING:
    import torch


class BordersOptions(BaseModel):
    """What is done with borders that are not picture."""

    model_config = STRICT

    borders: Annotated[
        Literal["keep", "crop", "fill"],
        Option(
            "Keep black and disturbed borders, crop them, or fill narrow ones.",
            SIZE,
            "keep|crop|fill",
            choices=("keep", "crop", "fill"),
            more="One rectangle for the whole film ([borders](run.md#borders)).",
        ),
    ] = "keep"


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class BordersDecision:
    """What is done with the borders: rows at the top and bottom, columns at the left and right."""

    action: Literal["crop", "fill"]
    top: int
    bottom: int
    left: int
    right: int

    @property
    def insets(self) -> Insets:
        """The borders as a value."""
        return Insets(self.top, self.bottom, self.left, self.right)


def _start(count: int) -> Observer[DarkDepths]:
    from restore.treatments.borders.dark_rows import BorderObserver

    return BorderObserver(count)


def _decide(
    shot: ShotKind, measure: DarkDepths | None, options: BordersOptions, film: FilmFacts
) -> BordersDecision | None:
    if measure is None or options.borders == "keep" or not (insets := measure.insets()):
        return None
    if options.borders == "crop":
        insets = even(insets, measure.width, measure.height, 4 if film.interlaced else 2)
    return BordersDecision(options.borders, insets.top, insets.bottom, insets.left, insets.right)


def treat(clip: Clip, span: Span, decision: BordersDecision) -> Clip:
    """The frames of `span` without their borders, or with new ones."""
    own = clip.part(span.start, span.stop)
    height, width = own.luma.shape[-2:]
    change = _cropped if decision.action == "crop" else _filled
    chroma = own.chroma
    if chroma is not None:
        shares = chroma.shape[-2] / height, chroma.shape[-1] / width
        chroma = change(chroma, _scaled(decision.insets, *shares, crop=decision.action == "crop"))
    return replace(own, luma=change(own.luma, decision.insets), chroma=chroma)


def _scaled(insets: Insets, down: float, right: float, *, crop: bool) -> Insets:
    """The insets of a chroma plane: exact ones to crop, else all rows and columns that a border touches."""
    more = 0.0 if crop else 0.499
    rows = (round(each * down + more * (down < 1)) for each in (insets.top, insets.bottom))
    columns = (round(each * right + more * (right < 1)) for each in (insets.left, insets.right))
    return Insets(*rows, *columns)


def _cropped(planes: torch.Tensor, insets: Insets) -> torch.Tensor:
    """The picture alone, of planes [T, C, H, W]."""
    height, width = planes.shape[-2:]
    rows = slice(insets.top, height - insets.bottom)
    return planes[..., rows, insets.left : width - insets.right].contiguous()


def _filled(planes: torch.Tensor, insets: Insets) -> torch.Tensor:
    """Narrow borders show the mirrored picture; wide ones are black."""
    result = planes
    for side, before, behind in ((-2, insets.top, insets.bottom), (-1, insets.left, insets.right)):
        result = _side_filled(result, side, before, behind)
    return result


def _side_filled(planes: torch.Tensor, side: int, before: int, behind: int) -> torch.Tensor:
    """The same along one side of the planes."""
    import torch

    from restore.filters.mirrored_borders import mirrored

    length = planes.shape[side]
    first, stop = before, length - behind
    if stop - first < max(before, behind) + 1 or not (before or behind):
        return planes
    places = torch.arange(length, device=planes.device)
    narrow = NARROW * length + 1
    black = ((places < first) & (before > narrow)) | ((places >= stop) & (behind > narrow))
    shape = [1] * planes.ndim
    shape[side] = length
    filled = mirrored(planes, side, before, behind)
    return torch.where(black.view(shape), torch.zeros_like(planes), filled)


def _text(insets: Insets) -> str:
    rows = f"{insets.top} rows at the top, {insets.bottom} at the bottom"
    return f"{rows}, {insets.left} columns at the left, {insets.right} at the right"


def _found(measure: DarkDepths, film: FilmFacts) -> str:
    insets = measure.insets()
    return f"borders: {_text(insets)}" if insets else ""


def _figures(measure: DarkDepths | None, film: FilmFacts) -> dict[str, float | None]:
    insets = measure.insets() if measure else Insets()
    sides = ("top", "bottom", "left", "right")
    return {f"border_{side}": getattr(insets, side) for side in sides}


def _notes(
    shots: Sequence[TreatedShot[DarkDepths, BordersDecision]],
    options: BordersOptions,
    film: FilmFacts,
) -> Iterator[str]:
    decided = next((shot.decision for shot in shots if shot.decision), None)
    if decided is not None:
        done = "cropped" if decided.action == "crop" else "filled"
        yield f"the borders are {done}: {_text(decided.insets)} (--borders keep leaves them)"
    elif options.borders != "keep":
        yield "no borders were found: nothing is cropped or filled"


BORDERS = Treatment(
    name="borders",
    title="borders",
    order=70,
    options=BordersOptions,
    settings=NoSettings,
    decision=BordersDecision,
    requested=lambda options, film: options.borders != "keep",
    decide=_decide,
    settle=lambda options, film, card: NoSettings(),
    radius=lambda settings: 0,
    load=lambda settings, engine: treat,
    describe=Description(
        done=lambda decision: "borders cropped" if decision.action == "crop" else "borders filled",
        whole=lambda settings, film: "borders changed",
        found=_found,
        figures=_figures,
        notes=_notes,
        invents=Invents(
            "detail",
            lambda settings, decision: decision.action == "fill",
            "narrow borders that are not picture show the mirrored picture next to them.",
        ),
    ),
    example=Example(NoSettings(), lambda clip: BordersDecision("fill", 1, 1, 1, 1)),
    measure=BandMeasure(DarkDepths, ALL_ROWS, _start),
    of_film=of_film,
)
