"""Kinds of films: their options are defaults that everything else replaces."""

from __future__ import annotations

from pathlib import Path

import pytest

from restore.errors import UsageError
from restore.recipe import KINDS, KindName, Recipe, load_recipe, recipe_fields
from restore.treatments.deflicker import DeflickerOptions
from restore.treatments.deinterlace import DeinterlaceOptions


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_a_recipe(kind: KindName) -> None:
    """All options of a kind exist and have valid values."""
    assert load_recipe(None, {"for": kind}) == load_recipe(None, KINDS[kind].options)


def test_given_options_replace_those_of_the_kind() -> None:
    """The command line has the last word, then the recipe file, then the kind."""
    recipe = load_recipe(None, {"for": "vhs", "deflicker": "0.5", "pulldown": "keep"})
    assert recipe.of(DeflickerOptions).deflicker == 0.5
    assert recipe.of(DeinterlaceOptions) == DeinterlaceOptions(deinterlace="auto", pulldown="keep")


def test_a_recipe_file_names_a_kind(tmp_path: Path) -> None:
    """`for` is a key of recipes; the recipe has the kind's options instead of it."""
    path = tmp_path / "tape.toml"
    path.write_text('for = "vhs"\ndeinterlace = "frame"\n')
    recipe = load_recipe(path, {})
    assert recipe.of(DeinterlaceOptions).deinterlace == "frame"
    again = tmp_path / "again.toml"
    again.write_text(recipe.to_toml())
    assert "for" not in recipe.to_toml().split()
    assert load_recipe(again, {}) == recipe


def test_the_command_line_may_name_another_kind(tmp_path: Path) -> None:
    """Only one kind applies."""
    path = tmp_path / "tape.toml"
    path.write_text('for = "vhs"\n')
    assert load_recipe(path, {"for": "silent"}) == load_recipe(None, KINDS["silent"].options)


def test_python_programs_write_an_underscore() -> None:
    """`for` is a keyword of Python."""
    assert load_recipe(None, {"for_": "dvd"}, keywords=True) == load_recipe(None, {"for": "dvd"})


def test_an_unknown_kind_is_a_mistake() -> None:
    """It is reported with all other mistakes."""
    with pytest.raises(UsageError) as caught:
        load_recipe(None, {"for": "betamax", "crf": "200"})
    assert caught.value.code == "invalid-recipe"
    assert "--for" in caught.value.where
    assert "--crf" in caught.value.where


def test_the_kind_is_presented_but_not_stored() -> None:
    """Help and tables list it; a recipe has no such field."""
    assert "for" in recipe_fields()
    assert "for" not in Recipe.model_fields
