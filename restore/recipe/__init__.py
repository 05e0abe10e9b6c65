"""The recipe of a restoration: options from TOML and the command line, validated as a whole."""

from restore.recipe.film_kinds import KINDS, KindName
from restore.recipe.load import excluded_options, load_recipe
from restore.recipe.recipe_model import Recipe, recipe_fields
from restore.recipe.shot_override import ShotOverride, overridden, shot_options
from restore.recipe.values import parse_moment

__all__ = [
    "KINDS",
    "KindName",
    "Recipe",
    "ShotOverride",
    "excluded_options",
    "load_recipe",
    "overridden",
    "parse_moment",
    "recipe_fields",
    "shot_options",
]
