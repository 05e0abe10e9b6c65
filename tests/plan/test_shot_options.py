"""Overrides for single shots in the plan: which shots they reach, what is decided, what is refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from restore.errors import UsageError
from restore.plan import Plan, make_plan, measures_needed, models_needed, models_possible
from restore.plan.shot_options import shots_named
from restore.recipe import Recipe, ShotOverride
from restore.survey.findings import Survey
from restore.timing import Span
from restore.treatments.colorize import ColorizeDecision
from restore.treatments.upscale import UpscaleDecision
from tests.framemaps import kept_only
from tests.made import made_shot, made_source, made_survey
from tests.test_plan import CARDS, WORN

FILM = made_survey(
    made_shot(0, 16), made_shot(16, 48), made_shot(48, 52, "card"), made_shot(52, 64)
)
"""Four shots of 16 frames a second: 0 to 1, 3, 3.25 and 4 seconds."""


def _planned(recipe: dict[str, object], survey: Survey = FILM) -> Plan:
    wanted, source = Recipe.model_validate(recipe), made_source(len(survey.frames))
    cards = {task: CARDS[task] for task in models_needed(source, wanted)}
    if cards.get("upscale") and "upscale" not in recipe:
        cards["upscale"] = cards["upscale"].model_copy(update={"scale": 1})
    return make_plan(source, survey, wanted, cards, ("cpu", "fp32"), ".mp4")


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"number": 1}, [0]),
        ({"number": 4}, [3]),
        ({"number": 5}, []),
        ({"at": 0}, [0]),
        ({"at": 1}, [1]),
        ({"at": 3.99}, [3]),
        ({"at": 4}, []),
        ({"from": 0, "to": 1}, [0]),
        ({"from": 0.9, "to": 3.01}, [0, 1, 2]),
        ({"from": 3.25, "to": 99}, [3]),
        ({"from": 4, "to": 5}, []),
    ],
)
def test_which_shots_a_table_names(named: dict[str, object], expected: list[int]) -> None:
    """By number from 1; by a time that a frame of it is shown at; every shot with a frame in a range."""
    table = ShotOverride.model_validate(named | {"clean": 0})
    assert shots_named(table, FILM, Fraction(0)) == expected


def test_times_count_from_the_film_s_first_frame() -> None:
    """Also where only a part of the film is restored."""
    part = replace(FILM, frames=replace(FILM.frames, pts=tuple(range(160, 224))))
    table = ShotOverride.model_validate({"at": 3.1, "clean": 0})
    assert shots_named(table, part, Fraction(0)) == []
    assert shots_named(table, part, Fraction(8)) == [1]


def test_each_shot_is_decided_by_its_own_options() -> None:
    """Coloring off in one, other strengths in another, the recipe in the rest."""
    tables = [
        {"number": 2, "colorize": False},
        {"from": 3, "to": 4, "clean": 0.25},
        {"number": 4, "clean": 0},
    ]
    plan = _planned({"upscale": 4, "colorize": True, "shot": tables})
    decided = [shot.decisions.get("colorize") for shot in plan.shots]
    colored, neutral = ColorizeDecision("color"), ColorizeDecision("neutral")
    assert decided == [colored, None, neutral, colored]
    cleaned = [shot.decisions["upscale"] for shot in plan.shots]
    assert cleaned == [UpscaleDecision(share) for share in (1, 1, 0.25, 0)]
    assert plan.invents == ("color", "detail")


def test_a_shot_alone_can_be_treated() -> None:
    """Its network is loaded, it is measured, and no other shot is touched."""
    survey = made_survey(WORN, replace(WORN, span=Span(3, 6)))
    recipe = {"shot": [{"number": 2, "clean": 0.5, "deflicker": 0}]}
    wanted = Recipe.model_validate(recipe)
    assert models_needed(made_source(), wanted) == {
        "deinterlace": "deinterlace",
        "upscale": "film-x1",
    }
    assert models_possible(wanted) == ("deinterlace", "film-x1")
    measured = set(measures_needed(made_source(), wanted))
    assert measured >= {"deinterlace", "descratch", "stabilize"}
    assert "deflicker" not in measured
    plan = _planned(recipe, survey)
    assert plan.shots[0].decisions == {}
    assert set(plan.shots[1].decisions) == {"descratch", "stabilize", "upscale"}
    assert list(plan.treatments) == ["descratch", "stabilize", "upscale"]


def test_what_is_repaired_by_default_follows_the_shot_s_own_cleaning() -> None:
    """Without cleaning, a shot keeps its scratches, flicker and weave, too."""
    survey = made_survey(WORN, replace(WORN, span=Span(3, 6)))
    plan = _planned({"upscale": 4, "shot": [{"number": 1, "clean": 0}]}, survey)
    assert set(plan.shots[0].decisions) == {"upscale"}
    assert set(plan.shots[1].decisions) == {"descratch", "deflicker", "stabilize", "upscale"}


def test_every_table_is_a_note() -> None:
    """Which shots, why, and what."""
    tables = [{"number": 2, "clean": 0}, {"from": 2, "to": 4, "colorize": True}]
    notes = _planned({"upscale": 4, "shot": tables}).notes
    assert "shot 2 by the recipe (number = 2): clean = 0.0" in notes
    assert "shots 2 to 4 by the recipe (from = 2, to = 4): colorize = true" in notes


def test_shots_that_are_not_there_are_refused_together() -> None:
    """Numbers and times, after the survey, with the number of shots and the length of the film."""
    tables = [{"number": 9, "clean": 0}, {"at": "1:02", "clean": 0}, {"number": 1, "clean": 0}]
    with pytest.raises(UsageError) as caught:
        _planned({"upscale": 4, "shot": tables})
    assert caught.value.code == "no-such-shot"
    assert caught.value.where == "number = 9; at = 62: 4 shots of 4.00 seconds are restored"
    partial = replace(FILM, partial=True)  # a preview looks at some shots only
    assert len(_planned({"upscale": 4, "shot": tables}, partial).shots) == 4


def test_a_table_for_another_part_of_the_film_is_a_note() -> None:
    """A part can be tried with the film's recipe; a time after the film's end is still a mistake."""
    start = made_survey(made_shot(0, 16), made_shot(16, 48))
    elsewhere = {"from": 3.25, "to": 4, "clean": 0}

    def planned(table: dict[str, object]) -> Plan:
        wanted = Recipe.model_validate({"upscale": 4, "shot": [table]})
        cards = {"upscale": CARDS["upscale"]}
        source = made_source(len(FILM.frames))
        return make_plan(source, start, wanted, cards, ("cpu", "fp32"), ".mp4")

    plan = planned(elsewhere)
    assert [shot.decisions["upscale"] for shot in plan.shots] == [UpscaleDecision(1)] * 2
    assert "no shot of this part has the recipe's clean = 0.0 (from = 3.25, to = 4)" in plan.notes
    with pytest.raises(UsageError) as caught:
        planned({"at": 4, "clean": 0})
    assert caught.value.code == "no-such-shot"


def test_overrides_follow_their_shots_through_a_frame_map() -> None:
    """A shot without a result frame takes its override with it; the numbers are those of the source."""
    source = made_source(len(FILM.frames))
    recipe = Recipe.model_validate({"upscale": 4, "shot": [{"number": 4, "clean": 0}]})
    frame_map = kept_only(FILM.frames, [*range(0, 48, 2), *range(53, 64, 2)])
    plan = make_plan(
        source,
        FILM,
        recipe,
        {"upscale": CARDS["upscale"]},
        ("cpu", "fp32"),
        ".mp4",
        frame_map=frame_map,
    )
    assert [shot.decisions["upscale"].clean for shot in plan.shots] == [1, 1, 0]
