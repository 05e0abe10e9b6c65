"""What a recipe asks for of one film: models, and how much of scratches, flicker and weave goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from restore.plan.size import geometry
from restore.recipe import Recipe

if TYPE_CHECKING:
    from restore.media.source import Source


def models_needed(source: Source, recipe: Recipe) -> dict[str, str]:
    """Which models the recipe asks for: task -> name or folder."""
    factor = geometry(source.width, source.height, source.sar, recipe, source.rotation).factor
    needed = {"colorize": recipe.color_model or "color"} if recipe.colors else {}
    if recipe.model:
        return {**needed, "upscale": recipe.model}
    wanted = factor > 1 or recipe.cleans
    return {**needed, "upscale": f"film-x{factor}"} if wanted else needed


class Strengths(NamedTuple):
    """How much of scratches, flicker and weave is to go, 0..1."""

    descratch: float
    deflicker: float
    stabilize: float


def strengths(source: Source, recipe: Recipe) -> Strengths:
    """All of what is measured over whole shots goes where the picture is made anew, unless somebody says.

    An interlaced film is not moved: its rows would come into the other field.
    """
    renewed = "upscale" in models_needed(source, recipe) and recipe.clean != 0
    usual = 1.0 if renewed else 0.0
    asked = (recipe.descratch, recipe.deflicker, recipe.stabilize)
    found = Strengths(*(usual if each is None else each for each in asked))
    return found if source.color.fields is None else found._replace(stabilize=0.0)


def looks_for_unrest(source: Source, recipe: Recipe) -> bool:
    """Whether the survey has to measure flicker and weave."""
    wanted = strengths(source, recipe)
    return bool(wanted.deflicker or wanted.stabilize)


def looks_for_scratches(source: Source, recipe: Recipe) -> bool:
    """Whether the survey has to look at the film once more, for scratches."""
    return bool(strengths(source, recipe).descratch)
