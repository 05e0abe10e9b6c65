"""The recipe as a value: every field is read, written and put on the help page."""

from __future__ import annotations

import tomllib
from fractions import Fraction
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from restore.media.codecs import CODECS
from restore.recipe import Recipe, ShotOverride, recipe_fields, shot_options
from restore.treatments import catalog
from restore.treatments.colorize import ColorizeOptions
from restore.treatments.option import PANELS, option_of
from restore.treatments.upscale import UpscaleOptions
from tests.contract.invert import INVERT, InvertOptions

SHARE = st.none() | st.floats(0, 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
MOMENT = st.fractions(0, 10**5)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "upscale": st.sampled_from([None, 2, 4]),
    "to": st.sampled_from([None, "4k", "1440p", "1080p", "1280x720"]),
    "clean": SHARE,
    "deinterlace": st.sampled_from([None, "auto", "off", "frame", "field"]),
    "deinterlacer": st.sampled_from(["bwdif"]),
    "field": st.sampled_from([None, "top", "bottom"]),
    "pulldown": st.sampled_from([None, "auto", "keep"]),
    "repeats": st.sampled_from(["keep", "drop"]),
    "speed": st.none() | st.fractions(1, 240),
    "auto": st.booleans(),
    "descratch": SHARE,
    "deflicker": SHARE,
    "stabilize": SHARE,
    "dropout": SHARE,
    "linejitter": SHARE,
    "halo": SHARE,
    "borders": st.sampled_from(["keep", "crop", "fill"]),
    "chroma": SHARE,
    "crosscolor": SHARE,
    "colorize": st.booleans(),
    "recolor": st.booleans(),
    "variant": st.none() | st.integers(1, 2**31 - 1),
    "reference": st.none() | st.lists(TEXT, min_size=1, max_size=3).map(tuple),
    "saturation": st.floats(0, 3),
    "warmth": st.floats(-1, 1),
    "color_bible": st.none() | TEXT,
    "color_sampler": st.none() | TEXT,
    "model": st.none() | TEXT,
    "color_model": st.none() | TEXT,
    "device": st.sampled_from(["auto", "cpu", "cuda:1"]),
    "precision": st.sampled_from(["auto", "fp32", "bf16", "fp16"]),
    "codec": st.sampled_from(sorted(CODECS)),
    "depth": st.none() | st.sampled_from([8, 10, 12, 16, 32]),
    "encoder": st.sampled_from([None, "software", "nvenc", "hevc_nvenc"]),
    "crf": st.none() | st.integers(0, 63),
    "preset": st.none() | st.sampled_from(["slow", "6", "p7"]),
    "start": st.none() | MOMENT,
    "end": st.none() | MOMENT,
    "rate": st.none() | st.fractions(1, 240),
    "keep_clock": st.booleans(),
}
"""Values of every option of a recipe."""

SELECTORS = st.one_of(
    st.integers(1, 10**4).map(lambda number: {"number": number}),
    MOMENT.map(lambda at: {"at": at}),
    st.tuples(MOMENT, st.fractions(Fraction(1, 1000), 10**4)).map(
        lambda pair: {"from": pair[0], "to": pair[0] + pair[1]}
    ),
)
TABLES = st.builds(
    lambda named, options: {**named, **{k: v for k, v in options.items() if v is not None}},
    SELECTORS,
    st.fixed_dictionaries({name: VALUES[name] for name in sorted(shot_options())}).filter(
        lambda options: any(value is not None for value in options.values())
    ),
)


def test_every_option_is_tried_here() -> None:
    """A new option of the recipe needs values in this file; kind and colors file are not stored."""
    assert {*VALUES, "for", "colors"} == set(recipe_fields())


@given(st.fixed_dictionaries(VALUES), st.lists(TABLES, max_size=2))
def test_every_field_survives_toml_and_json(
    values: dict[str, Any], tables: list[dict[str, Any]]
) -> None:
    """A recipe with any value in any field, shots included, reads back as itself from both."""
    recipe = Recipe.model_validate({**values, "shot": tables})
    assert Recipe.model_validate(tomllib.loads(recipe.to_toml())) == recipe
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe
    assert Recipe.model_validate(recipe.model_dump(exclude_defaults=True)) == recipe


@given(st.fixed_dictionaries(VALUES))
def test_toml_has_what_differs_from_the_defaults(values: dict[str, Any]) -> None:
    """One line for each option that was set, and nothing about the others."""
    recipe = Recipe.model_validate(values)
    plain = Recipe().model_dump(mode="json")
    changed = {key for key, value in recipe.model_dump(mode="json").items() if plain[key] != value}
    assert set(tomllib.loads(recipe.to_toml())) == changed


def test_the_default_recipe_asks_for_nothing() -> None:
    """It is an empty document, and every treatment has its default options."""
    assert Recipe().to_toml() == ""
    assert dict(Recipe().treatments) == {
        name: treatment.options() for name, treatment in catalog.TREATMENTS.items()
    }


def test_options_are_read_by_the_type_of_their_treatment() -> None:
    """They lie with their treatment, whichever way the recipe was made."""
    recipe = Recipe.model_validate({"treatments": {"upscale": {"upscale": 2}}, "recolor": True})
    assert recipe.of(UpscaleOptions).upscale == 2
    assert recipe.of(ColorizeOptions).recolor
    assert recipe == Recipe(upscale=2, recolor=True)
    assert recipe.of(InvertOptions) == InvertOptions()  # of no treatment of the catalog


def test_a_recipe_cannot_be_changed() -> None:
    """It is shared by plan, record and workers."""
    recipe: Any = Recipe(upscale=2)
    for name in ("codec", "treatments"):
        with pytest.raises(ValidationError):
            setattr(recipe, name, None)


@pytest.mark.parametrize("value", [[], "upscale = 2", 3, None])
def test_what_is_no_table_is_no_recipe(value: object) -> None:
    """ValidationError, whatever it is."""
    with pytest.raises(ValidationError):
        Recipe.model_validate(value)
    with pytest.raises(ValidationError):
        ShotOverride.model_validate(value)


def test_fields_stand_in_the_order_of_their_panels() -> None:
    """The help page has each panel once, and every field in it has a help text."""
    options = [option_of(field) for field in recipe_fields().values()]
    assert all(option is not None and option.help.endswith(".") for option in options)
    places = [PANELS.index(option.panel) for option in options if option]
    assert places == sorted(places)


def test_the_variants_are_the_film_s_options_and_those_of_every_table() -> None:
    """What no shot changes is the same in all of them."""
    tables = [{"number": 1, "clean": 0.25}, {"number": 2, "colorize": True}]
    recipe = Recipe.model_validate({"upscale": 4, "shot": tables})
    upscaled = [cast(UpscaleOptions, options["upscale"]) for options in recipe.variants]
    assert [(each.upscale, each.clean) for each in upscaled] == [(4, None), (4, 0.25), (4, None)]
    colored = [cast(ColorizeOptions, options["colorize"]).colorize for options in recipe.variants]
    assert colored == [False, False, True]


def test_a_treatment_that_joins_the_catalog_brings_its_options(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Recipe, tables of shots and TOML have them without another edit."""
    monkeypatch.setattr(
        catalog, "TREATMENTS", catalog.in_order([*catalog.TREATMENTS.values(), INVERT])
    )
    recipe = Recipe.model_validate({"invert": True, "shot": [{"number": 1, "invert": False}]})
    assert "invert" in recipe_fields()
    assert shot_options()["invert"] == "invert"
    assert recipe.to_toml() == "invert = true\n\n[[shot]]\nnumber = 1\ninvert = false\n"
