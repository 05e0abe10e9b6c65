"""Borders: what is not picture at the sides of the frame is cropped, or filled from the picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, with_config

from restore.clip import Clip
from restore.timing import Span
from restore.treatments.borders.insets import DarkDepths, Insets, even, of_film
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
    """What is done with the borders: rows at the top and bottom, columns at the left and right.

    `mirrored`: whether any of them is narrow, so that it shows the mirrored picture if it is filled.
    """

    action: Literal["crop", "fill"]
    top: int
    bottom: int
    left: int
    right: int
    mirrored: bool = True

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
    sides = insets.top, insets.bottom, insets.left, insets.right
    wide = insets.wide(measure.width, measure.height)
    mirrored = any(side and not box for side, box in zip(sides, wide, strict=True))
    return BordersDecision(options.borders, *sides, mirrored)


def treat(clip: Clip, span: Span, decision: BordersDecision) -> Clip:
    """The frames of `span` without their borders, or with new ones."""
    own = clip.part(span.start, span.stop)
    height, width = own.luma.shape[-2:]
    insets, chroma = decision.insets, own.chroma
    crop, black = decision.action == "crop", insets.wide(width, height)

    def changed(planes: torch.Tensor, insets: Insets) -> torch.Tensor:
        return _cropped(planes, insets) if crop else _filled(planes, insets, black)

    if chroma is not None:
        shares = chroma.shape[-2] / height, chroma.shape[-1] / width
        chroma = changed(chroma, _scaled(insets, *shares, crop=crop))
    return replace(own, luma=changed(own.luma, insets), chroma=chroma)


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


def _filled(planes: torch.Tensor, insets: Insets, black: Sequence[bool]) -> torch.Tensor:
    """Narrow borders show the mirrored picture; `black` ones (top, bottom, left, right) are boxes."""
    result = _side_filled(planes, -2, (insets.top, insets.bottom), black[:2])
    return _side_filled(result, -1, (insets.left, insets.right), black[2:])


def _side_filled(
    planes: torch.Tensor, side: int, borders: tuple[int, int], black: Sequence[bool]
) -> torch.Tensor:
    """The same along one side of the planes."""
    import torch

    from restore.filters.mirrored_borders import mirrored

    length = planes.shape[side]
    first, stop = borders[0], length - borders[1]
    if stop - first < max(borders) + 1 or not any(borders):
        return planes
    places = torch.arange(length, device=planes.device)
    boxes = ((places < first) & black[0]) | ((places >= stop) & black[1])
    shape = [1] * planes.ndim
    shape[side] = length
    filled = mirrored(planes, side, *borders)
    return torch.where(boxes.view(shape), torch.zeros_like(planes), filled)


def _text(insets: Insets) -> str:
    rows = [(insets.top, "row", "top"), (insets.bottom, "row", "bottom")]
    columns = [(insets.left, "column", "left"), (insets.right, "column", "right")]
    return ", ".join(
        f"{count} {line}{'s' * (count > 1)} at the {side}"
        for count, line, side in (*rows, *columns)
        if count
    )


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
            lambda settings, decision: decision.action == "fill" and decision.mirrored,
            "narrow borders that are not picture show the mirrored picture next to them.",
        ),
    ),
    example=Example(NoSettings(), lambda clip: BordersDecision("fill", 1, 1, 1, 1)),
    measure=BandMeasure(DarkDepths, ALL_ROWS, _start),
    of_film=of_film,
)
