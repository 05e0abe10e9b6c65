"""make_plan is a pure function: what its plan depends on, and what every plan promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restore.models import Card
from restore.plan import (
    FRAME_CODE,
    Plan,
    make_plan,
    models_needed,
    plan_from_json,
    plan_to_json,
    result_size,
)
from restore.plan.make import SEGMENT_FRAMES
from restore.recipe import Recipe, recipe_fields
from restore.survey.findings import Shot, Survey
from restore.timing import Span
from restore.treatments import catalog
from restore.treatments.borders.insets import DarkDepths
from restore.treatments.chroma.chroma_faults import ChromaFaults
from restore.treatments.crosscolor.composite_faults import CompositeFaults
from restore.treatments.deflicker.flicker_curve import Flicker
from restore.treatments.deinterlace.shot_fields import ShotFields, Stretch
from restore.treatments.descratch.scratch import Scratch, Scratches
from restore.treatments.dropout.tape_loss import TapeLoss
from restore.treatments.film_facts import Color, Content
from restore.treatments.halo.halo_observer import Halo
from restore.treatments.linejitter.jitter_observer import LineJitter
from restore.treatments.stabilize.weave import Weave
from tests.made import made_shot, made_source, made_survey
from tests.test_plan import CARDS, WORN

TAPE: dict[str, Any] = {
    "dropout": TapeLoss(0.5, 4),
    "linejitter": LineJitter(1.0, 0.2),
    "halo": Halo(0.6, 2.0, -0.2, 4, 0.1),
    "borders": DarkDepths(64, 48, (4,) * 16, (0,) * 16, (0,) * 16, (2,) * 16),
}
"""What is measured in a shot from a tape."""

COLOR_TAPE: dict[str, Any] = {
    "chroma": ChromaFaults((2.0, 0.0), 0.02, 3.0),
    "crosscolor": CompositeFaults(1, 190.9, 0.1),
}
"""What is measured in a shot in color from a tape."""

REPAIRS = ("dropout", "linejitter", "halo", *COLOR_TAPE)
"""Those of them that have a strength."""

SHARES = st.sampled_from([None, 0.0, 0.25, 1.0])
RECIPES = st.fixed_dictionaries(
    {
        "upscale": st.sampled_from([None, 2, 4]),
        "clean": SHARES,
        "descratch": SHARES,
        "deflicker": SHARES,
        "stabilize": SHARES,
        "dropout": SHARES,
        "linejitter": SHARES,
        "halo": SHARES,
        "chroma": SHARES,
        "crosscolor": SHARES,
        "colorize": st.booleans(),
        "recolor": st.booleans(),
        "codec": st.sampled_from(["h264", "ffv1", "prores", "dpx", "exr"]),
    }
)


def cards_for(recipe: Recipe) -> dict[str, Card]:
    """Cards as a run would find them: of the factor that the recipe needs."""
    source = made_source()
    found = {task: CARDS[task] for task in models_needed(source, recipe)}
    if "upscale" in found:
        scale = max(result_size(source, recipe).factor, 1)
        found["upscale"] = found["upscale"].model_copy(update={"scale": scale})
    return found


def planned(
    values: Mapping[str, object], survey: Survey, cards: Mapping[str, Card] | None = None
) -> Plan:
    """The plan of a recipe for a film with this survey."""
    recipe = Recipe.model_validate(values)
    source = made_source(len(survey.frames))
    cards = cards_for(recipe) if cards is None else cards
    return make_plan(source, survey, recipe, cards, ("cpu", "fp32"), ".mkv", "5" * 64)


@st.composite
def worn_shot(draw: st.DrawFn, start: int) -> Shot:
    """A shot of any kind, with measures or without."""
    count = draw(st.integers(1, 150))
    content: Content = draw(st.sampled_from(["scene", "card", "black"]))
    color: Color = draw(st.sampled_from(["mono", "tint", "color"]))
    shot = made_shot(start, start + count, content, color)
    curve = tuple(draw(st.sampled_from([-0.01, 0.0, 0.02])) for _ in range(min(count, 3)))
    curve += (0.0,) * (count - len(curve))
    measures: dict[str, Any] = {
        "deflicker": Flicker(tuple(1 + value for value in curve), curve),
        "descratch": Scratches((Scratch(count - 1, (40,), (0.0, 0.1, 0.0)),)),
        "stabilize": Weave(curve, curve),
        **TAPE,
        **COLOR_TAPE,
    }
    kept = draw(st.sets(st.sampled_from(sorted(measures))))
    return replace(shot, measures={name: measures[name] for name in kept})


@st.composite
def surveys(draw: st.DrawFn) -> Survey:
    """Films of one to five such shots."""
    shots: list[Shot] = []
    for _ in range(draw(st.integers(1, 5))):
        shots.append(draw(worn_shot(shots[-1].span.stop if shots else 0)))
    return made_survey(*shots)


@settings(max_examples=60)
@given(RECIPES, surveys())
def test_a_plan_is_a_value(values: dict[str, object], survey: Survey) -> None:
    """The same film and recipe give the same plan; as JSON it is the same plan with the same key."""
    plan = planned(values, survey)
    again = planned(values, survey)
    assert plan == again
    assert plan_to_json(plan) == plan_to_json(again)
    back = plan_from_json(plan_to_json(plan))
    assert back == plan
    assert back.key == plan.key


@settings(max_examples=60)
@given(RECIPES, surveys())
def test_segments_are_short_and_divide_no_short_shot(
    values: dict[str, object], survey: Survey
) -> None:
    """They cover the result once; a segment ends within a shot only if the shot is longer than a segment."""
    plan = planned(values, survey)
    covered = [n for span in plan.segments for n in range(span.start, span.stop)]
    assert covered == list(range(plan.frames))
    assert max(map(len, plan.segments)) <= SEGMENT_FRAMES
    for span in plan.segments[:-1]:
        inside = [shot.span for shot in plan.shots if shot.span.start < span.stop < shot.span.stop]
        assert all(len(shot) > SEGMENT_FRAMES for shot in inside)


@settings(max_examples=60)
@given(RECIPES, surveys())
def test_decisions_have_the_types_of_their_treatments(
    values: dict[str, object], survey: Survey
) -> None:
    """A treatment of the chain is decided in some shot, and has settings of its own type."""
    plan = planned(values, survey)
    order = list(catalog.TREATMENTS)
    assert list(plan.treatments) == sorted(plan.treatments, key=order.index)
    for name, chosen in plan.treatments.items():
        assert type(chosen) is catalog.TREATMENTS[name].settings
        assert any(name in shot.decisions for shot in plan.shots)
    for shot in plan.shots:
        for name, decision in shot.decisions.items():
            assert type(decision) is catalog.TREATMENTS[name].decision


@settings(max_examples=60)
@given(surveys())
def test_strength_zero_is_no_decision(survey: Survey) -> None:
    """What is switched off is in no shot and not in the chain: its frames keep every code value."""
    off = dict.fromkeys(["clean", "descratch", "deflicker", "stabilize", *REPAIRS], 0)
    plan = planned(off, survey)
    assert plan.treatments == {}
    assert all(shot.decisions == {} for shot in plan.shots)
    assert plan.weights == ()


FRAMES_CHANGE: dict[str, tuple[dict[str, Any], bool]] = {
    "upscale": ({"upscale": 2}, True),
    "to": ({"to": "160x120"}, True),
    "clean": ({"clean": 0.5}, True),
    "model": ({"model": "another"}, True),
    "descratch": ({"descratch": 1}, True),
    "deflicker": ({"deflicker": 0.5}, True),
    "stabilize": ({"stabilize": 1}, True),
    "deinterlace": ({"deinterlace": "auto"}, True),
    "deinterlacer": ({"deinterlacer": "bwdif"}, False),
    "field": ({"field": "top"}, True),
    "pulldown": ({"pulldown": "auto"}, True),
    "repeats": ({"repeats": "drop"}, True),
    "speed": ({"speed": 12}, True),
    "auto": ({"auto": True}, True),
    "dropout": ({"dropout": 1}, True),
    "linejitter": ({"linejitter": 1}, True),
    "halo": ({"halo": 1}, True),
    "borders": ({"borders": "crop"}, True),
    "chroma": ({"chroma": 1}, True),
    "crosscolor": ({"crosscolor": 1}, True),
    "colorize": ({"colorize": True}, True),
    "recolor": ({"recolor": True}, True),
    "variant": ({"colorize": True, "variant": 3}, True),
    "reference": ({"colorize": True, "reference": "still.png"}, True),
    "saturation": ({"colorize": True, "saturation": 0.5}, True),
    "warmth": ({"colorize": True, "warmth": 0.5}, True),
    "codec": ({"codec": "hevc"}, True),
    "depth": ({"codec": "hevc", "depth": 10}, True),
    "encoder": ({"encoder": "nvenc"}, True),
    "crf": ({"crf": 30}, True),
    "preset": ({"preset": "slow"}, True),
    # these reach the plan by the card, the engine, the source or the survey
    "color_model": ({"color_model": "another"}, False),
    "color_sampler": ({"color_sampler": "another"}, False),
    "color_bible": ({"color_bible": "series.json"}, False),
    "device": ({"device": "cpu"}, False),
    "precision": ({"precision": "fp32"}, False),
    "start": ({"start": Fraction(1)}, False),
    "end": ({"end": Fraction(9)}, False),
    "rate": ({"rate": 24}, False),
    "keep_clock": ({"keep_clock": True}, False),
}
"""For every option of the recipe a value, and whether it changes the plan of the same film by itself."""


def test_every_option_of_the_recipe_is_listed_here() -> None:
    """A new option must be known to change the job key, or not to; a kind and a colors file are replaced."""
    assert {*FRAMES_CHANGE, "for", "colors"} == set(recipe_fields())


@pytest.mark.parametrize("option", FRAMES_CHANGE)
def test_the_job_key_follows_what_changes_frames(option: str) -> None:
    """Parts are reused only where every option that changes a frame is the same; others do not matter."""
    fields = (
        ShotFields((Stretch(0, 6, "video", "tff", (1,)),)),
        ShotFields((Stretch(0, 10, "film", "tff", (2, 3)),)),
        ShotFields((Stretch(0, 6, "progressive"),), repeats=(1,)),
    )
    shots = [made_shot(*span) for span in ((9, 12), (12, 17), (17, 20))]
    seen = [replace(s, measures={"deinterlace": f}) for s, f in zip(shots, fields, strict=True)]
    torn = replace(made_shot(6, 9), measures=TAPE)
    colored = replace(made_shot(3, 6, "scene", "color"), measures=COLOR_TAPE)
    survey = made_survey(WORN, colored, torn, *seen)
    values, changes = FRAMES_CHANGE[option]
    plain = {key: value for key, value in values.items() if key != option}
    cards = cards_for(Recipe.model_validate(values)) if changes else {}
    before = planned(plain, survey, cards if plain else {})
    after = planned(values, survey, cards)
    assert (before.key != after.key) == changes


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", FRAME_CODE + 1),
        ("film", "x"),
        ("segments", (Span(0, 3), Span(3, 6))),
        ("weights", (("film-x1-v1", "0" * 64),)),
        ("device", "cuda:0"),
        ("precision", "bf16"),
    ],
)
def test_the_job_key_follows_every_field_that_decides_frames(field: str, value: object) -> None:
    """Version of the code, film, segments, weights, device and precision."""
    plan = planned({}, made_survey(made_shot(0, 6)))
    assert replace(plan, **{field: value}).key != plan.key  # type: ignore[arg-type]


def test_the_job_key_does_not_follow_names_and_notes() -> None:
    """Another container holds the same parts, and a note is for people."""
    plan = planned({}, made_survey(made_shot(0, 6)))
    assert replace(plan, suffix=".mov", notes=("something",)).key == plan.key


def test_a_treatment_without_its_card_is_left_out() -> None:
    """Colorize cannot work without a network; a new size is made by resampling alone."""
    survey = made_survey(made_shot(0, 6))
    plan = planned({"colorize": True, "upscale": 2}, survey, {})
    assert list(plan.treatments) == ["upscale"]
    settled = plan.treatments["upscale"]
    assert (settled.model, settled.factor, settled.width) == (None, 1, 640)
    assert plan.invents == ()


def test_a_model_named_by_its_folder_stays_a_folder() -> None:
    """A run elsewhere finds what the user named; names of the shelf become full names with a version."""
    card = CARDS["colorize"]
    folder = str(card.place)
    survey = made_survey(made_shot(0, 6))
    plan = planned({"colorize": True, "color_model": folder}, survey, {"colorize": card})
    assert plan.treatments["colorize"].model == folder
    plan = planned({"colorize": True, "color_model": "color"}, survey, {"colorize": card})
    assert plan.treatments["colorize"].model == "color-v1"
