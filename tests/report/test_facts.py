"""Facts of a record from the values of a run."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest

from restore.models import find
from restore.plan import Plan, make_plan
from restore.recipe import Recipe
from restore.report import facts
from restore.survey.findings import Survey
from restore.timing import Span, table_from_pts
from tests.framemaps import every_second
from tests.made import made_shot, made_source, made_survey
from tests.run import made


def planned(recipe: Recipe, *colors: str) -> tuple[Plan, Survey]:
    """A film's plan without any network, ten frames a shot."""
    shots = [made_shot(10 * i, 10 * i + 10, color=c) for i, c in enumerate(colors)]  # type: ignore[arg-type]
    survey = made_survey(*shots)
    source = made_source(10 * len(shots))
    return make_plan(source, survey, recipe, {}, ("cpu", "fp32"), ".mkv"), survey


def test_what_is_invented() -> None:
    """Color if a shot is colored, detail if a network enlarges; otherwise nothing."""
    plan = made.plan()
    assert plan.invents == ("color", "detail")
    assert replace(plan, shots=plan.shots[:1]).invents == ("detail",)
    plain, _ = planned(Recipe(codec="ffv1", upscale=2), "mono")
    assert list(plain.treatments) == ["upscale"]
    assert plain.invents == ()


def test_shots_have_their_time_and_decisions() -> None:
    """Times are on the film's own clock; decisions are those of the plan."""
    plan, survey = planned(Recipe(codec="ffv1", colorize=True), "mono", "color", "tint")
    shots = facts.shot_facts(plan, survey)
    assert [(s.start, s.seconds) for s in shots] == [(0, 0.625), (0.625, 0.625), (1.25, 0.625)]
    assert [s.decisions["colorize"].mode for s in shots] == ["color", "keep", "color"]
    assert shots[2].tint == survey.shots[2].tint


def test_the_digest_of_the_frames_is_the_one_of_docs() -> None:
    """SHA-256 of the MD5s, each with a newline: that of sha256sum for the last column of framemd5."""
    digests = ["0" * 32, "1" * 32]
    expected = hashlib.sha256(b"0" * 32 + b"\n" + b"1" * 32 + b"\n").hexdigest()
    assert facts.frames_digest(digests) == expected
    assert (
        facts.marks(["0123456789", "abcdefabcdef", "ffffffffff"], Span(1, 3)) == "abcdefabffffffff"
    )


def test_the_folder_of_the_source_is_not_recorded() -> None:
    """The record has the name of the source, not its folder."""
    source = made_source(path=Path("/home/someone/film.mp4"))
    found = facts.source_facts(source, made_survey(made_shot(0, 10)), "a" * 64)
    assert found.name == "film.mp4"
    assert "someone" not in found.model_dump_json()


def test_times_are_in_milliseconds_of_the_sources_clock() -> None:
    """Rates like 24000/1001 and a clock that does not begin at zero."""
    frames = table_from_pts(Fraction(1001, 24000), range(50, 150))
    survey = replace(made_survey(made_shot(0, 41), made_shot(41, 100)), frames=frames)
    source = replace(made_source(100), frames=frames, zero=Fraction(50 * 1001, 24000))
    recipe, engine = Recipe(codec="ffv1"), ("cpu", "fp32")
    plan = make_plan(source, survey, recipe, {}, engine, ".mkv")
    first, second = facts.shot_facts(plan, survey)
    assert (first.start, first.seconds) == (2.085, 1.71)
    assert (second.start, second.seconds) == (3.795, 2.461)
    found = facts.source_facts(source, survey, "a" * 64)
    assert found.rate == Fraction(24000, 1001)
    assert found.seconds == 4.171
    assert found.origin == Fraction(50 * 1001, 24000)


def test_shots_are_those_of_the_result() -> None:
    """Of a film whose repeats are dropped a shot has half of its frames, and its own time."""
    survey = made_survey(made_shot(0, 10), made_shot(10, 20, "card"))
    recipe, engine = Recipe(codec="ffv1"), ("cpu", "fp32")
    frame_map = every_second(survey.frames)
    plan = make_plan(made_source(20), survey, recipe, {}, engine, ".mkv", frame_map=frame_map)
    shots = facts.shot_facts(plan, survey)
    assert [shot.frames for shot in shots] == [Span(0, 5), Span(5, 10)]
    assert [(shot.start, shot.seconds) for shot in shots] == [(0, 0.625), (0.625, 0.625)]


def test_the_seed_is_that_of_the_treatment_that_draws() -> None:
    """None without such a treatment; also a seed of 0 is one."""
    plan, _ = planned(Recipe(codec="ffv1"), "mono")
    assert facts.seed(plan) is None
    for seed in (0, 5):
        treatments = {"a": SimpleNamespace(), "b": SimpleNamespace(seed=seed)}
        assert facts.seed(replace(plan, treatments=treatments)) == seed  # type: ignore[arg-type]


def test_networks_are_recorded_with_name_version_and_hash() -> None:
    """In the order of the treatments, by the task that uses each."""
    cards = {"colorize": find("color"), "upscale": find("film-x2")}
    found = facts.model_facts(cards)
    assert [(one.task, one.name, one.sha256) for one in found] == [
        (task, card.full_name, card.sha256) for task, card in cards.items()
    ]


@pytest.mark.parametrize(("span", "expected"), [(Span(2, 3), "22"), (Span(0, 3), "001122")])
def test_marks_of_a_span_are_the_beginnings_of_its_digests(
    monkeypatch: pytest.MonkeyPatch, span: Span, expected: str
) -> None:
    """Concatenated in order, as many digits of each as MARK says."""
    monkeypatch.setattr(facts, "MARK", 2)
    assert facts.marks(["00ff", "11ff", "22ff", "33ff"], span) == expected
