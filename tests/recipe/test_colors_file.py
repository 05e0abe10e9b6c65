"""A colors file in a recipe: its tables, its own keys, and its mistakes with their places."""

from __future__ import annotations

from pathlib import Path

import pytest

from restore.errors import UsageError
from restore.recipe import Recipe, load_recipe
from restore.treatments.colorize import ColorizeOptions


@pytest.fixture
def colors(tmp_path: Path) -> Path:
    """The name of a colors file in a folder with a still."""
    (tmp_path / "still.png").write_bytes(b"")
    return tmp_path / "colors.toml"


def _mistakes(recipe: Path | None, options: dict[str, object]) -> list[str]:
    with pytest.raises(UsageError) as caught:
        load_recipe(recipe, options)
    assert caught.value.code == "invalid-recipe"
    return caught.value.where.split("; ")


def test_tables_become_those_of_the_recipe(colors: Path) -> None:
    """After the recipe's own, with the names of stills from the file's folder; color is implied."""
    colors.write_text(
        "[[shot]]\nnumber = 1\nvariant = 3\nsaturation = 0.5\n"
        '[[shot]]\nat = "0:12"\nreference = "still.png"\nwarmth = 0.2\n'
    )
    recipe = load_recipe(None, {"colors": str(colors), "crf": 20})
    assert recipe.of(ColorizeOptions).colorize
    first, second = recipe.shot
    assert first.options == {"variant": 3, "saturation": 0.5}
    assert second.options == {"reference": (str(colors.parent / "still.png"),), "warmth": 0.2}
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


def test_seed_is_another_name_of_variant_and_none_is_no_color(colors: Path) -> None:
    """Both are keys of colors files only."""
    colors.write_text("[[shot]]\nnumber = 1\nseed = 9\n[[shot]]\nnumber = 2\nnone = true\n")
    recipe = load_recipe(None, {"colors": str(colors)})
    assert [each.options for each in recipe.shot] == [{"variant": 9}, {"colorize": False}]


def test_tables_without_a_choice_are_the_default(colors: Path) -> None:
    """As `restore variants` writes them; they shift no places of mistakes."""
    colors.write_text("[[shot]]\nnumber = 1\n\n[[shot]]\nnumber = 2\nvariant = 0\n")
    (found,) = _mistakes(None, {"colors": str(colors)})
    assert found.startswith("colors.toml line 6, [[shot]] variant: ")
    colors.write_text("[[shot]]\nnumber = 1\n")
    assert load_recipe(None, {"colors": str(colors)}) == Recipe(colorize=True)


def test_names_in_a_recipe_count_from_its_folder(colors: Path, tmp_path: Path) -> None:
    """Of the colors file, and of stills in its own tables; those on the command line do not."""
    colors.write_text("[[shot]]\nnumber = 1\nvariant = 1\n")
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        'colors = "colors.toml"\ncolor_bible = "series.json"\n'
        '[[shot]]\nnumber = 2\nreference = ["still.png"]\n'
    )
    found = load_recipe(recipe, {})
    assert found.of(ColorizeOptions).color_bible == str(tmp_path / "series.json")
    assert found.shot[0].options == {"reference": (str(tmp_path / "still.png"),)}
    assert found.shot[1].options == {"variant": 1}
    assert _mistakes(None, {"colorize": True, "reference": "still.png"}) == [
        "--reference: there is no file still.png"
    ]


def test_all_mistakes_come_together_with_their_places(colors: Path, tmp_path: Path) -> None:
    """Those of the recipe, of the command line and of the colors file."""
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("crf = 99\n[[shot]]\nnumber = 1\nclean = 3\n")
    colors.write_text(
        'film = "x"\n'
        "[[shot]]\nnumber = 1\nvarient = 2\n"
        "[[shot]]\nnumber = 2\nvariant = 1\nwarmth = 7\n"
        '[[shot]]\nnumber = 3\nreference = "gone.png"\n'
        '[[shot]]\nnumber = 4\nvariant = 1\nreference = "still.png"\n'
        "[[shot]]\nnumber = 5\nnone = true\nwarmth = 0.1\n"
        "[[shot]]\nnumber = 6\nseed = 1\nvariant = 2\n"
        "[[shot]]\nvariant = 2\n"
    )
    found = _mistakes(recipe, {"colors": str(colors), "device": "gpu"})
    for place in (
        "line 1, crf: ",
        "line 4, [[shot]] clean: ",
        "--device: ",
        "colors.toml line 1, film: ",
        "colors.toml line 4, [[shot]] varient: ",
        "colors.toml line 8, [[shot]] warmth: ",
        "colors.toml line 11, [[shot]] reference: there is no file ",
        "colors.toml line 15, [[shot]] reference: ",
        "colors.toml line 18, [[shot]] none: ",
        "colors.toml line 22, [[shot]] seed: ",
        "colors.toml line 24, [[shot]]: select the shots in one way",
    ):
        assert any(each.startswith(place) for each in found), (place, found)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("shot = 3\n", "colors.toml line 1, shot: "),
        ("shot = [3]\n", "colors.toml line 1, [[shot]]: not a table"),
        ("[[shot]]\nnumber = 1\nnone = 1\n", "colors.toml line 3, [[shot]] none: "),
        ("[[shot]]\nnumber = 1\nreference = [3]\n", "colors.toml line 3, [[shot]] reference: "),
    ],
)
def test_wrong_types_are_mistakes(colors: Path, text: str, place: str) -> None:
    """Of the tables, and of their values."""
    colors.write_text(text)
    found = _mistakes(None, {"colors": str(colors)})
    assert any(each.startswith(place) for each in found), found


def test_a_file_that_cannot_be_read_is_a_mistake(colors: Path) -> None:
    """It is missing, or no TOML."""
    (found,) = _mistakes(None, {"colors": str(colors)})
    assert found.startswith("--colors: ")
    colors.write_text("[[shot")
    (found,) = _mistakes(None, {"colors": str(colors)})
    assert found.startswith("--colors: ")


def test_colors_do_not_switch_color_off_or_on_again(colors: Path) -> None:
    """`--colorize` of the command line and of the recipe count; recoloring is enough."""
    colors.write_text("[[shot]]\nnumber = 1\nvariant = 1\n")
    recolored = load_recipe(None, {"colors": str(colors), "recolor": True})
    assert not recolored.of(ColorizeOptions).colorize
    off = load_recipe(None, {"colors": str(colors), "colorize": False, "recolor": True})
    assert not off.of(ColorizeOptions).colorize
