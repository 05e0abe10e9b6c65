"""Decides a film's plan: a pure function of the survey, the recipe and the models' cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from restore.errors import UsageError
from restore.framemap import FrameMap, IdentityMap
from restore.media.container.timecode import result_rate
from restore.plan.mapped import result_shots
from restore.plan.notes import notes
from restore.plan.output import output_format
from restore.plan.plan import FRAME_CODE, Plan, ShotPlan, Step
from restore.plan.shots import pack_segments, shot_plan
from restore.plan.size import Geometry, geometry
from restore.plan.wanted import Strengths, strengths
from restore.recipe import Recipe
from restore.store import digest_bytes
from restore.survey.findings import Survey

if TYPE_CHECKING:
    from restore.media.source import Source
    from restore.models import Card

SEGMENT_FRAMES = 96
"""The most frames of a segment: what a kill -9 can cost, and four seconds of film at 24 fps."""


def make_plan(
    source: Source,
    survey: Survey,
    recipe: Recipe,
    cards: Mapping[str, Card],
    engine: tuple[str, str],
    suffix: str,
    source_sha256: str = "",
    frame_map: FrameMap | None = None,
) -> Plan:
    """The plan of a film.

    `cards` holds the models the recipe needs (see `models_needed`) by task, `engine` the device and
    precision that `auto` was resolved to, `suffix` the result's container, `source_sha256` the file's
    hash (a plan that is only looked at may do without: its key means nothing then), `frame_map` the source
    frames of every result frame (None: the same frames at the same times). Raises UsageError for sizes and
    models that do not fit together.
    """
    frame_map = IdentityMap(len(survey.frames)) if frame_map is None else frame_map
    found = result_shots(survey.shots, frame_map)
    size = geometry(source.width, source.height, source.sar, recipe, source.rotation)
    held = strengths(source, recipe)
    shots = tuple(shot_plan(shot, recipe, held) for shot in found)
    colored = any(shot.decisions.get("colorize", {}).get("mode") == "color" for shot in shots)
    rate = result_rate(source, survey.frames, frame_map).limit_denominator(10_000)
    output = replace(output_format(source, recipe, size, colored=colored), rate=rate)
    return Plan(
        code=FRAME_CODE,
        film=digest_bytes(f"{survey.digest} {source_sha256}".encode()),
        frame_map=frame_map,
        shots=shots,
        segments=pack_segments([shot.span for shot in shots], SEGMENT_FRAMES),
        steps=(*_mending(shots, held), *_steps(recipe, size, source, cards, colored=colored)),
        weights=tuple((card.full_name, card.sha256) for card in cards.values()),
        output=output,
        suffix=suffix,
        device=engine[0],
        precision=engine[1],
        notes=notes(source, survey, recipe, output, frame_map, colored=colored),
    )


def _mending(shots: Sequence[ShotPlan], held: Strengths) -> tuple[Step, ...]:
    """The stages that take off scratches and bring back light and place, where any shot needs them."""
    stages = {"descratch": {"strength": held.descratch}, "deflicker": {}, "stabilize": {}}
    needed = {stage for shot in shots for stage in shot.decisions}
    return tuple(Step(stage, settings) for stage, settings in stages.items() if stage in needed)


def _steps(
    recipe: Recipe, size: Geometry, source: Source, cards: Mapping[str, Card], *, colored: bool
) -> tuple[Step, ...]:
    """The chain of stages, in the catalog's order; stages that would change nothing are left out."""
    steps: list[Step] = []
    if colored and (card := cards.get("colorize")) is not None:
        readout = card.readout.model_dump() if card.readout else {}
        steps.append(Step("colorize", {"model": _reference(recipe.color_model, card), **readout}))
    if (card := cards.get("upscale")) is not None:
        _check_upscaler(card, size)
        model = _reference(recipe.model, card)
        net = {"model": model, "factor": card.scale, "radius": card.frames // 2}
        clean = 1.0 if recipe.clean is None else recipe.clean
        sides = {"width": size.width, "height": size.height}
        steps.append(Step("upscale", {**net, **sides, "clean": clean}))
    elif (size.width, size.height) != (source.width, source.height):
        sides = {"width": size.width, "height": size.height}
        steps.append(Step("upscale", {"model": None, "factor": 1, **sides}))
    return tuple(steps)


def _reference(words: str | None, card: Card) -> str:
    """What finds the card again: its full name, or the folder or checkpoint that the user gave."""
    return words if words and Path(words) == card.place else card.full_name


def _check_upscaler(card: Card, size: Geometry) -> None:
    """A net may reach further than needed (its result is resampled), but not less far."""
    if card.task != "upscale" or card.scale < size.factor:
        raise UsageError(
            f"The model {card.full_name} does not enlarge {size.factor} times.",
            f"It is made for: {card.task} x{card.scale}.",
            "restore models list shows what there is.",
        )
