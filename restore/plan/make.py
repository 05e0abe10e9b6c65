"""Decides a film's plan: a pure function of the survey, the recipe and the models' cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from restore.framemap import FrameMap
from restore.media.container.timecode import result_rate
from restore.plan.field_map import field_map
from restore.plan.film_measures import picture_facts, with_film_measures
from restore.plan.mapped import result_places, result_shots
from restore.plan.notes import notes
from restore.plan.output import output_format
from restore.plan.plan import FRAME_CODE, Plan, ShotPlan, deinterlaces, inventions
from restore.plan.requirements import Options, facts_with, film_facts
from restore.plan.shot_options import options_of_shots
from restore.plan.shots import pack_segments, shot_plan
from restore.recipe import Recipe
from restore.store import digest_bytes
from restore.survey.findings import Survey
from restore.treatments import catalog
from restore.treatments.borders import BordersOptions
from restore.treatments.deinterlace import DeinterlaceOptions, field_handling
from restore.treatments.film_facts import FilmFacts
from restore.treatments.typed_values import options_of
from restore.treatments.upscale import UpscaleOptions, result_size

if TYPE_CHECKING:
    from restore.media.source import Source
    from restore.models import Card

SEGMENT_FRAMES = 96
"""The most frames of a segment: what a kill -9 can lose; four seconds at 24 frames a second."""


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

    `cards` holds the models that the recipe needs (see `models_needed`) by treatment, `engine` the device and
    precision chosen for `auto`, `suffix` the result's container, `source_sha256` the hash of the source (not
    needed for a plan that is only shown: its key has no meaning then), `frame_map` the source frames of every
    result frame (None: those of `map_of_fields`, by what the survey found in the film's fields). Raises
    UsageError for unsuitable sizes and models, and for `[[shot]]` tables that select no shot.
    """
    film = film_facts(source)
    options = options_of_shots(recipe, survey, source.frames)
    if frame_map is None:
        frame_map = map_of_fields(survey, recipe, options, film)
    found = with_film_measures(result_shots(survey.shots, frame_map))
    places = result_places(survey.shots, frame_map)
    film = picture_facts(film, found, recipe.of(BordersOptions))
    shots = tuple(
        shot_plan(shot, options[place], facts_with(film, options[place], recipe.auto))
        for shot, place in zip(found, places, strict=True)
    )
    chain = _chain(shots, recipe.treatments, film, cards)
    colored = "color" in inventions(chain, shots)
    size = result_size(recipe.of(UpscaleOptions), film)
    output = output_format(source, recipe, size, colored=colored, rows=film.height)
    if deinterlaces(chain):
        output = replace(output, color=replace(output.color, fields=None))
    rate = result_rate(source, survey.frames, frame_map).limit_denominator(10_000)
    plan = Plan(
        code=FRAME_CODE,
        film=digest_bytes(f"{survey.digest} {source_sha256}".encode()),
        frame_map=frame_map,
        shots=shots,
        segments=pack_segments([shot.span for shot in shots], SEGMENT_FRAMES),
        treatments=chain,
        weights=tuple((c.full_name, c.sha256) for name, c in cards.items() if name in chain),
        output=replace(output, rate=rate),
        suffix=suffix,
        device=engine[0],
        precision=engine[1],
        notes=(),
    )
    return replace(plan, notes=notes(source, survey, recipe, plan, found))


def map_of_fields(
    survey: Survey, recipe: Recipe, options: Sequence[Options], film: FilmFacts
) -> FrameMap:
    """The map by what each shot's options do with its fields."""
    handling = [
        field_handling(options_of(each, DeinterlaceOptions), facts_with(film, each, recipe.auto))
        for each in options
    ]
    return field_map(survey, handling, film.fields, recipe.speed)


def _chain(
    shots: Sequence[ShotPlan], options: Options, film: FilmFacts, cards: Mapping[str, Card]
) -> dict[str, Any]:
    """The settings of the treatments that any shot needs, in the catalog's order."""
    settings = {
        name: treatment.settle(options[name], film, cards.get(name))
        for name, treatment in catalog.TREATMENTS.items()
        if any(name in shot.decisions and treatment.acts(shot.decisions[name]) for shot in shots)
    }
    return {name: one for name, one in settings.items() if one is not None}
