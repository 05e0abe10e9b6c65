"""What is wanted: the recipe of a restoration, from TOML and the command line, checked as a whole."""

from restore.recipe.load import load_recipe
from restore.recipe.recipe_model import Recipe, option_of, recipe_fields
from restore.recipe.values import parse_moment

__all__ = [
    "Recipe",
    "load_recipe",
    "option_of",
    "parse_moment",
    "recipe_fields",
]
