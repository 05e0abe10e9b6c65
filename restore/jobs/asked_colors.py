"""What a recipe says about made colors: for the film, and in its tables of shots."""

from __future__ import annotations

from restore.recipe import Recipe
from restore.treatments.colorize import COLORIZE, ColorizeOptions


def asked_colors(recipe: Recipe) -> list[ColorizeOptions]:
    """The options of the film and of each table that colors a shot."""
    found = (options.get(COLORIZE.name) for options in recipe.variants)
    return [one for one in found if isinstance(one, ColorizeOptions) and one.colors]
