"""Facts of a record from the values of a run."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from restore.plan import Plan, make_plan
from restore.recipe import Recipe
from restore.report import facts
from restore.survey.findings import Survey
from restore.timing import Span
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


def test_shots_tell_when_they_begin_and_what_was_decided() -> None:
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


def test_only_the_source_s_name_is_told() -> None:
    """The record has the name of the source, not its folder."""
    source = made_source(path=Path("/home/someone/film.mp4"))
    found = facts.source_facts(source, made_survey(made_shot(0, 10)), "a" * 64)
    assert found.name == "film.mp4"
    assert "someone" not in found.model_dump_json()
