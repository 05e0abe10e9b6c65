"""What a recipe requires for one film: options of each treatment, models, measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import BaseModel

from restore.recipe import Recipe
from restore.treatments import catalog
from restore.treatments.borders.insets import Insets
from restore.treatments.film_facts import FilmFacts
from restore.treatments.upscale import UpscaleOptions
from restore.treatments.upscale import result_size as upscaled_size
from restore.treatments.upscale.size import Geometry

if TYPE_CHECKING:
    from restore.media.source import Source

ANY_FILM = FilmFacts(641, 479)
"""Stands for all films: every requested size is another one."""

Options = Mapping[str, BaseModel]
"""The options of every treatment, by its name."""


def film_facts(source: Source) -> FilmFacts:
    """The facts of a film that treatments need."""
    return FilmFacts(
        width=source.width,
        height=source.height,
        sar=source.sar,
        rotation=source.rotation,
        fields=source.color.fields,
    )


def result_size(source: Source, recipe: Recipe, crop: Insets | None = None) -> Geometry:
    """The size of the result without the borders `crop`; UsageError if no codec supports it."""
    film = film_facts(source)
    if crop is not None:
        width, height = crop.size(film.width, film.height)
        film = replace(film, width=width, height=height)
    return upscaled_size(recipe.of(UpscaleOptions), film)


def facts_with(film: FilmFacts, options: Options, auto: bool) -> FilmFacts:
    """The film's facts for a shot with these options: does a network compute its luma, does its size change.

    With the recipe's `auto` everything is repaired as if a network computed its luma.
    """
    asked = [(each, options[name]) for name, each in catalog.TREATMENTS.items()]
    return replace(
        film,
        recomputed=auto or any(each.recomputes(own, film) for each, own in asked),
        resized=any(each.resizes(own, film) for each, own in asked),
    )


def models_needed(source: Source, recipe: Recipe) -> dict[str, str]:
    """The models that the recipe needs, by treatment: a name, a folder or a checkpoint."""
    film, needed = film_facts(source), dict[str, str]()
    for name, treatment in catalog.TREATMENTS.items():
        network = treatment.network
        if network is not None:
            named = (
                network.named(options[name], facts_with(film, options, recipe.auto))
                for options in recipe.variants
            )
            if (model := next((each for each in named if each is not None), None)) is not None:
                needed[name] = model
    return needed


def models_possible(recipe: Recipe) -> tuple[str, ...]:
    """All models that the recipe may need for any film."""
    found = (
        model
        for name, treatment in catalog.TREATMENTS.items()
        if treatment.network is not None
        for options in recipe.variants
        for model in treatment.network.possible(
            options[name], facts_with(ANY_FILM, options, recipe.auto)
        )
    )
    return tuple(dict.fromkeys(found))


def model_option(task: str) -> str:
    """The option that selects another model for a treatment."""
    network = catalog.TREATMENTS[task].network
    return f"--{network.option.replace('_', '-')}" if network else "--model"


def measures_needed(source: Source, recipe: Recipe) -> tuple[str, ...]:
    """The treatments for which the survey must take measures in any shot."""
    film = film_facts(source)
    variants = [(options, facts_with(film, options, recipe.auto)) for options in recipe.variants]
    return tuple(
        name
        for name, treatment in catalog.TREATMENTS.items()
        if treatment.measure is not None
        and any(treatment.requested(options[name], facts) for options, facts in variants)
    )
