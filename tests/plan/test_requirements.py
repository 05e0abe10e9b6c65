"""What a recipe asks of a film: models and measures, for the whole film and for single shots."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.clip import ColorSpec
from restore.plan import film_facts, measures_needed, model_option, models_needed, models_possible
from restore.plan.requirements import facts_with
from restore.recipe import Recipe
from restore.treatments import catalog
from tests.made import made_source

SHARE = st.sampled_from([None, 0.0, 0.5, 1.0])
TABLES = st.lists(
    st.fixed_dictionaries(
        {"number": st.just(1), "clean": st.sampled_from([0.0, 0.5])},
        optional={"colorize": st.booleans(), "stabilize": st.sampled_from([0.0, 1.0])},
    ),
    max_size=2,
)


def recipe(**values: Any) -> Recipe:
    """A recipe of these values."""
    return Recipe.model_validate(values)


@given(
    st.sampled_from([{}, {"upscale": 2}, {"upscale": 4}, {"to": "4k"}, {"to": "160x120"}]),
    SHARE,
    st.booleans(),
    TABLES,
)
def test_a_film_needs_no_model_that_is_not_possible(
    size: dict[str, Any], clean: float | None, colorize: bool, tables: list[dict[str, Any]]
) -> None:
    """A batch checks all models before its first film: none may be missing later."""
    asked = recipe(**size, clean=clean, colorize=colorize, shot=tables)
    for width in (80, 320, 1920, 3840):
        needed = models_needed(made_source(width=width, height=width * 3 // 4), asked)
        assert set(needed.values()) <= set(models_possible(asked))


@pytest.mark.parametrize(
    ("values", "possible"),
    [
        ({}, ()),
        ({"clean": 0}, ()),
        ({"deinterlace": "auto"}, ("deinterlace",)),
        ({"upscale": 2, "deinterlacer": "bwdif"}, ("film-x2",)),
        ({"clean": 0.1}, ("deinterlace", "film-x1")),
        ({"upscale": 4}, ("deinterlace", "film-x4")),
        ({"to": "4k"}, ("deinterlace", "film-x1", "film-x2", "film-x4")),
        ({"model": "mine"}, ("deinterlace", "mine")),
        ({"recolor": True}, ("color",)),
        (
            {"colorize": True, "color_model": "other", "upscale": 2},
            ("deinterlace", "other", "film-x2"),
        ),
        (
            {"shot": [{"number": 1, "colorize": True}, {"number": 2, "clean": 1}]},
            ("deinterlace", "color", "film-x1"),
        ),
    ],
)
def test_the_models_that_any_film_may_need(
    values: dict[str, Any], possible: tuple[str, ...]
) -> None:
    """Each once, in the order of the treatments; those of single shots are among them."""
    assert models_possible(recipe(**values)) == possible


TAPE = ("dropout", "linejitter", "halo", "crosscolor", "chroma")
"""The repairs of what tape did, which are measured in whole frames."""

REPAIRS = ("descratch", "deflicker", "stabilize", *TAPE)


@pytest.mark.parametrize(
    ("values", "measured"),
    [
        ({}, ()),
        ({"clean": 0}, ()),
        ({"clean": 0.1}, ("deinterlace", *REPAIRS)),
        ({"auto": True}, ("deinterlace", *REPAIRS)),
        ({"upscale": 2}, ("deinterlace", *REPAIRS)),
        ({"upscale": 2, "clean": 0}, ("deinterlace",)),
        ({"upscale": 2, "clean": 0, "descratch": 0.5}, ("deinterlace", "descratch")),
        ({"clean": 1, "deflicker": 0}, ("deinterlace", "descratch", "stabilize", *TAPE)),
        (
            {"clean": 1, "deinterlace": "off", "pulldown": "keep", "deflicker": 0},
            ("descratch", "stabilize", *TAPE),
        ),
        ({"repeats": "drop"}, ("deinterlace",)),
        ({"shot": [{"number": 1, "stabilize": 1}]}, ("stabilize",)),
        ({"colorize": True}, ()),
    ],
)
def test_only_what_is_wanted_is_measured(values: dict[str, Any], measured: tuple[str, ...]) -> None:
    """Measuring costs time: repairs by default where a network cleans, and what was asked for."""
    assert measures_needed(made_source(), recipe(**values)) == measured


def test_the_weave_of_an_interlaced_film_is_not_measured() -> None:
    """Its frames are not moved, so nothing is measured in vain."""
    film = made_source(color=ColorSpec("bt601", "limited", fields="bff"))
    assert film_facts(film).interlaced
    needed = ("deinterlace", "descratch", "deflicker", *TAPE)
    assert measures_needed(film, recipe(upscale=2)) == needed


def test_cleaning_makes_the_picture_anew_and_enlarging_alone_does_not() -> None:
    """Repairs by default follow the network that cleans, also where it is named."""
    film = film_facts(made_source())
    for values, recomputed in [
        ({}, False),
        ({"upscale": 2}, True),
        ({"upscale": 2, "clean": 0}, False),
        ({"model": "mine"}, True),
        ({"colorize": True}, False),
    ]:
        assert facts_with(film, recipe(**values).treatments, False).recomputed == recomputed, values


def test_each_network_has_an_option_that_names_another() -> None:
    """As the command line writes it; a treatment without a network has none of its own."""
    found = {name: model_option(name) for name, one in catalog.TREATMENTS.items() if one.network}
    assert found == {
        "deinterlace": "--deinterlacer",
        "colorize": "--color-model",
        "upscale": "--model",
    }
