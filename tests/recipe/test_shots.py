"""`[[shot]]` tables: which shots they name, what they may change, and how mistakes are reported."""

from __future__ import annotations

import tomllib
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.errors import UsageError
from restore.recipe import Recipe, ShotOverride, load_recipe, overridden, shot_options
from restore.treatments.colorize import ColorizeOptions
from restore.treatments.upscale import UpscaleOptions

EXAMPLE = """\
upscale = 4
colorize = true

[[shot]]
number = 3
descratch = 0
clean = 0.5

[[shot]]
at = "0:12"
recolor = true

[[shot]]
from = 00:00:10
to = "0:20.5"
colorize = false
"""


def _loaded(tmp_path: Path, text: str) -> Recipe:
    path = tmp_path / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return load_recipe(path, {})


def _mistakes(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(UsageError) as caught:
        _loaded(tmp_path, text)
    assert caught.value.code == "invalid-recipe"
    return caught.value.where.split("; ")


def test_tables_name_shots_by_number_time_or_range(tmp_path: Path) -> None:
    """Each has its options; times are exact, as TOML's own or as text."""
    recipe = _loaded(tmp_path, EXAMPLE)
    assert recipe.of(UpscaleOptions).upscale == 4
    assert [each.model_dump(by_alias=True) for each in recipe.shot] == [
        {"number": 3, "descratch": 0, "clean": 0.5},
        {"at": "12", "recolor": True},
        {"from": "10", "to": "20.5", "colorize": False},
    ]
    assert recipe.shot[2].first == 10
    assert recipe.shot[2].stop == Fraction(41, 2)


def test_only_options_of_treatments_that_allow_it_may_differ() -> None:
    """Strengths and color, but neither size nor models."""
    assert set(shot_options()) == {
        *("deinterlace", "field", "pulldown", "repeats"),
        *("dropout", "linejitter", "halo", "chroma", "crosscolor"),
        *("descratch", "deflicker", "stabilize", "clean", "colorize", "recolor"),
        *("variant", "reference", "saturation", "warmth"),
    }


MISTAKES = """\
upscal = 4

[[shot]]
number = 0
descrtch = 0
clean = 5
upscale = 2

[[shot]]
from = "0:20"
to = "0:10"
colorize = "maybe"

[[shot]]
clean = 1

[[shot]]
number = 3
at = 3
clean = 0

[[shot]]
number = 2

[[shot]]
from = 3
clean = 1
"""


def test_all_mistakes_of_all_tables_are_reported_at_once(tmp_path: Path) -> None:
    """Each with its line, together with those of the rest of the recipe."""
    found = _mistakes(tmp_path, MISTAKES)
    one_way = "select the shots in one way: number, at, or from and to"
    for line in (
        "line 1, upscal: unknown key (did you mean upscale?)",
        "line 4, [[shot]] number: input should be greater than or equal to 1 (not 0)",
        "line 5, [[shot]] descrtch: unknown key (did you mean descratch?)",
        "line 6, [[shot]] clean: a number from 0 to 1 is needed (not 5)",
        "line 7, [[shot]] upscale: cannot differ between shots of a film",
        "line 9, [[shot]]: to must come after from",
        "line 12, [[shot]] colorize: input should be a valid boolean",
        f"line 14, [[shot]]: {one_way}",
        f"line 17, [[shot]]: {one_way}",
        "line 22, [[shot]]: no option is set: give one of deinterlace",
        "line 25, [[shot]]: from and to must be given together",
    ):
        assert any(each.startswith(line) for each in found), line
    assert len(found) == 11


@pytest.mark.parametrize("value", ["3", '"x"', "[3]", "{a = 1}", "nan", "[{}]", "2020-01-01"])
def test_what_is_not_a_list_of_tables_is_a_mistake(value: str, tmp_path: Path) -> None:
    """Whatever TOML has for a value, with its line; never a crash."""
    (found,) = _mistakes(tmp_path, f"shot = {value}\n")
    assert found.startswith("line 1, ")


@pytest.mark.parametrize("key", ["number", "at", "from", "to", *shot_options()])
@pytest.mark.parametrize("value", ["2020-01-01", "[2]", '["a"]', "{a = 1}", "nan"])
def test_values_of_any_type_in_a_table_are_mistakes(key: str, value: str, tmp_path: Path) -> None:
    """With the line of the key."""
    found = _mistakes(tmp_path, f"[[shot]]\n{key} = {value}\n")
    assert any(each.startswith(f"line 2, [[shot]] {key}: ") for each in found)


def test_a_color_model_has_a_meaning_if_some_shots_are_colored(tmp_path: Path) -> None:
    """Also where the film as a whole is not."""
    text = 'color_model = "color"\n[[shot]]\nnumber = 1\ncolorize = true\n'
    assert _loaded(tmp_path, text).of(ColorizeOptions).color_model == "color"
    assert "color_model" in _mistakes(tmp_path, text.replace("true", "false"))[0]


def test_options_of_a_shot_are_the_film_s_with_its_own_on_top() -> None:
    """Several tables for one shot add up; `colorize = false` is off for recolored films, too."""
    film = Recipe(upscale=4, clean=0.5, recolor=True)
    options = overridden(film.treatments, {"clean": 0.0, "colorize": False})
    assert options["upscale"] == UpscaleOptions(upscale=4, clean=0.0)
    assert options["colorize"] == ColorizeOptions()
    options = overridden(options, {"colorize": True})
    assert options["colorize"] == ColorizeOptions(colorize=True)
    assert options["upscale"] == UpscaleOptions(upscale=4, clean=0.0)


MOMENTS = st.integers(0, 10**6).map(lambda n: Fraction(n, 1000))
NAMED = st.one_of(
    st.integers(1, 10**6).map(lambda n: {"number": n}),
    MOMENTS.map(lambda at: {"at": at}),
    st.tuples(MOMENTS, MOMENTS.filter(bool)).map(lambda t: {"from": t[0], "to": t[0] + t[1]}),
)
CHANGED = st.fixed_dictionaries(
    {"clean": st.floats(0, 1)},
    optional={"colorize": st.booleans(), "descratch": st.floats(0, 1)},
)


@given(st.lists(st.tuples(NAMED, CHANGED).map(lambda t: t[0] | t[1]), max_size=3))
def test_tables_survive_toml_and_json(tables: list[dict[str, object]]) -> None:
    """What is written out reads back as the same recipe; without tables nothing is said of them."""
    recipe = Recipe.model_validate({"upscale": 2, "shot": tables})
    assert Recipe.model_validate(tomllib.loads(recipe.to_toml())) == recipe
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe
    assert ("shot" in recipe.model_dump()) == bool(tables)


def test_a_table_says_what_it_names_and_what_it_sets() -> None:
    """As text for notes, written as in the file."""
    table = ShotOverride.model_validate({"from": 1, "to": 2.5, "clean": 0, "colorize": False})
    assert table.where == "from = 1, to = 2.5"
    assert table.what == "clean = 0.0, colorize = false"
