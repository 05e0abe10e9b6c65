"""The plan: sizes, segments, what is done to which shot, and the job key."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.clip import ColorSpec
from restore.errors import UsageError
from restore.media.color.pixels import pixel_format
from restore.models import Card, Readout, WorkingRange
from restore.plan import (
    Plan,
    make_plan,
    measures_needed,
    models_needed,
    pack_segments,
    plan_from_json,
    plan_to_json,
)
from restore.recipe import Recipe
from restore.survey.findings import Survey
from restore.timing import Span, table_from_pts
from restore.treatments.colorize import ColorizeSettings
from restore.treatments.deflicker import DeflickerDecision
from restore.treatments.deflicker.flicker_curve import Flicker
from restore.treatments.descratch import DescratchDecision
from restore.treatments.descratch.scratch import Scratch, Scratches
from restore.treatments.stabilize import StabilizeDecision
from restore.treatments.stabilize.weave import Weave
from restore.treatments.upscale import UpscaleDecision
from tests.made import made_shot, made_source, made_survey

CARDS = {
    "deinterlace": Card(
        name="deinterlace",
        version=1,
        task="deinterlace",
        architecture="DeinterlaceNet",
        arguments={},
        scale=1,
        frames=7,
        sha256="c" * 64,
        licence="MIT",
        range=WorkingRange(min_lines=64, max_lines=1080),
        folder=Path("models/deinterlace-v1"),
    ),
    "upscale": Card(
        name="film-x4",
        version=3,
        task="upscale",
        architecture="FilmNet",
        arguments={"scale": 4},
        scale=4,
        frames=5,
        sha256="a" * 64,
        licence="MIT",
        range=WorkingRange(min_lines=64, max_lines=1080),
        folder=Path("models/film-x4-v3"),
    ),
    "colorize": Card(
        name="color",
        version=1,
        task="colorize",
        architecture="ColorNet",
        arguments={"bins": 150},
        scale=1,
        frames=1,
        sha256="b" * 64,
        licence="MIT",
        range=WorkingRange(min_lines=64, max_lines=1080),
        readout=Readout(temperature=0.7, saturation=1.1, size=144),
        folder=Path("models/color-v1"),
    ),
}


def _plan(recipe: Recipe, survey: Survey | None = None, **source: object) -> Plan:
    film = survey or made_survey(made_shot(0, 10))
    wanted = models_needed(made_source(**source), recipe)
    cards = {task: CARDS[task] for task in wanted}
    return make_plan(made_source(**source), film, recipe, cards, ("cpu", "fp32"), ".mp4")


def test_a_turned_film_fits_as_it_is_shown() -> None:
    """A phone's film, stored horizontally: the frame that is asked for is what players show."""
    plan = _plan(Recipe(to="1080p"), width=1920, height=1080, rotation=270)
    assert (plan.output.width, plan.output.height) == (1080, 608)


def test_fast_pictures_without_room_for_a_timecode_say_so() -> None:
    """DPX and EXR count to 60 frames a second; a note says it before the work."""
    frames = table_from_pts(Fraction(1, 120), range(10))
    fast = replace(made_source(), frames=frames)
    survey = made_survey(made_shot(0, 10))
    for codec, noted in (("dpx", True), ("tiff", False)):
        recipe = Recipe.model_validate({"codec": codec})
        plan = make_plan(fast, survey, recipe, {}, ("cpu", "fp32"), f"%03d.{codec}")
        assert plan.output.rate == 120
        assert any("timecodes at 120 frames a second" in note for note in plan.notes) == noted


@given(st.lists(st.integers(1, 400), min_size=1, max_size=30), st.integers(1, 120))
def test_segments_cover_the_film_once(lengths: list[int], bound: int) -> None:
    """Whatever the shots: no frame is left out or done twice, and no segment exceeds the bound."""
    shots: list[Span] = []
    for length in lengths:
        start = shots[-1].stop if shots else 0
        shots.append(Span(start, start + length))
    segments = pack_segments(shots, bound)
    frames = [index for segment in segments for index in range(segment.start, segment.stop)]
    assert frames == list(range(shots[-1].stop))
    assert max(len(segment) for segment in segments) <= bound


def test_a_long_shot_has_several_parts_and_short_ones_share() -> None:
    """360 frames of one shot make four parts; shots of a few frames are packed into one."""
    assert len(pack_segments([Span(0, 360)], 96)) == 4
    shots = [Span(i * 10, i * 10 + 10) for i in range(9)]
    assert pack_segments(shots, 96) == (Span(0, 90),)


def test_each_shot_gets_what_it_is() -> None:
    """Scenes without color are colored, lettering and black stay neutral, color is kept."""
    survey = made_survey(
        made_shot(0, 4),
        made_shot(4, 8, "card"),
        made_shot(8, 9, "black"),
        made_shot(9, 12, "scene", "tint"),
        made_shot(12, 14, "scene", "color"),
        made_shot(14, 15, "card", "color"),
    )

    def modes(recipe: Recipe) -> list[object]:
        return [shot.decisions["colorize"].mode for shot in _plan(recipe, survey).shots]

    kept = ["color", "neutral", "neutral", "color", "keep", "keep"]
    assert modes(Recipe(colorize=True)) == kept
    forced = ["color", "neutral", "neutral", "color", "color", "neutral"]
    assert modes(Recipe(recolor=True)) == forced
    assert modes(Recipe(recolor=True, colorize=True)) == forced


def test_the_chain_holds_what_was_asked_for_in_order() -> None:
    """No treatment, no step; color comes before size; the readout comes from the model's card."""
    assert _plan(Recipe()).treatments == {}
    plan = _plan(Recipe(colorize=True, upscale=4))
    assert list(plan.treatments) == ["colorize", "upscale"]
    colorize = ColorizeSettings(model="color-v1", temperature=0.7, saturation=1.1, size=144)
    assert plan.treatments["colorize"] == colorize
    assert plan.treatments["upscale"].model == "film-x4-v3"
    assert plan.weights == (("color-v1", "b" * 64), ("film-x4-v3", "a" * 64))


def test_a_net_that_reaches_less_far_is_refused() -> None:
    """A x2 model does not make x4; a x4 model may make x2 (its result is resampled)."""
    small = CARDS["upscale"].model_copy(update={"scale": 2})
    film = made_survey(made_shot(0, 10))
    with pytest.raises(UsageError, match="does not enlarge 4 times"):
        make_plan(
            made_source(), film, Recipe(upscale=4), {"upscale": small}, ("cpu", "fp32"), ".mp4"
        )
    assert _plan(Recipe(upscale=2)).treatments["upscale"].factor == 4


def test_the_key_follows_everything_that_changes_frames() -> None:
    """Another recipe, film, precision or weight makes another job; the same make the same one."""
    survey = made_survey(made_shot(0, 10))
    plan = _plan(Recipe(upscale=4), survey)
    assert plan.key == _plan(Recipe(upscale=4), survey).key
    other = Survey(survey.frames, survey.shots, (), "1" * 64)
    cards = {"upscale": CARDS["upscale"].model_copy(update={"sha256": "c" * 64})}
    engine = ("cpu", "fp32")
    others = [
        _plan(Recipe(upscale=2), survey),
        _plan(Recipe(upscale=4, crf=20), survey),
        _plan(Recipe(upscale=4), other),
        make_plan(made_source(), survey, Recipe(upscale=4), cards, engine, ".mp4"),
        make_plan(made_source(), survey, Recipe(upscale=4), CARDS, engine, ".mp4", "5" * 64),
        make_plan(made_source(), survey, Recipe(upscale=4), CARDS, ("cpu", "bf16"), ".mp4"),
    ]
    assert len({plan.key, *(one.key for one in others)}) == len(others) + 1


def test_a_plan_survives_json() -> None:
    """What is on disk is the whole plan."""
    plan = _plan(Recipe(colorize=True, to="1080p", codec="hevc"))
    assert plan_from_json(plan_to_json(plan)) == plan


def test_gray_stays_gray_unless_colored() -> None:
    """FFV1 keeps gray sources gray; a colored one gets chroma."""
    gray = {"format": pixel_format("gray10le"), "stored_format": "gray10le"}
    assert _plan(Recipe(codec="ffv1"), **gray).output.pixel_format == "gray10le"
    colored = _plan(Recipe(codec="ffv1", colorize=True), **gray)
    assert pixel_format(colored.output.pixel_format).family == "yuv"


def test_rgb_that_goes_out_as_yuv_is_tagged_as_what_it_becomes() -> None:
    """RGB sources become BT.709, limited range, in YUV codecs, and stay RGB in FFV1."""
    rgb = {
        "format": pixel_format("gbrp"),
        "stored_format": "rgb24",
        "color": ColorSpec(matrix="rgb", range="full"),
    }
    plan = _plan(Recipe(), **rgb)
    assert (plan.output.color.matrix, plan.output.color.range) == ("bt709", "limited")
    assert _plan(Recipe(codec="ffv1"), **rgb).output.color.matrix == "rgb"


def test_what_the_user_should_know_is_reported() -> None:
    """Odd sizes, lost bits and nothing to color are said in a line each."""
    notes = _plan(Recipe(upscale=2), width=321, height=241).notes
    assert not any("odd size" in note for note in notes)  # twice an odd size is even
    notes = _plan(Recipe(), width=321, height=241).notes
    assert any(note.startswith("odd size 321x241") for note in notes)
    deep = {"format": pixel_format("yuv420p10le"), "stored_format": "yuv420p10le"}
    assert "10 bits are reduced to 8, dithered" in _plan(Recipe(), **deep).notes
    survey = made_survey(made_shot(0, 5, "scene", "color"))
    notes = _plan(Recipe(colorize=True), survey).notes
    assert any(note.startswith("nothing to colorize") for note in notes)
    missed = replace(survey, unmeasured=("vertical scratches were not measured",))
    assert "vertical scratches were not measured" in _plan(Recipe(), missed).notes


def test_cleaning_alone_takes_the_net_of_factor_one() -> None:
    """`clean` without a size cleans at the film's own size; 0 asks for nothing at all."""
    assert models_needed(made_source(), Recipe(clean=0.5))["upscale"] == "film-x1"
    assert models_needed(made_source(), Recipe(clean=0.0)) == {}
    assert models_needed(made_source(), Recipe(clean=0.0, upscale=2)) == {
        "deinterlace": "deinterlace",
        "upscale": "film-x2",
    }


@pytest.mark.parametrize(("asked", "done"), [(None, 1.0), (0.25, 0.25), (0.0, 0.0)])
def test_all_of_the_grain_goes_unless_asked_otherwise(asked: float | None, done: float) -> None:
    """The share that is cleaned away is decided for every shot, so it is part of the job key."""
    plan = _plan(Recipe(upscale=4, clean=asked))
    assert plan.shots[0].decisions == {"upscale": UpscaleDecision(done)}
    assert plan.key != _plan(Recipe(upscale=4, clean=0.6)).key


def test_pictures_travel_as_lossless_parts_in_full_range_rgb() -> None:
    """By the film's own matrix; a depth that is asked for, and notes on what changes."""
    plan = _plan(Recipe(codec="dpx"))
    assert (plan.output.codec, plan.output.pixel_format) == ("ffv1", "gbrp10le")
    assert (plan.output.color.matrix, plan.output.color.range) == ("rgb", "full")
    assert any("beyond nominal black" in note for note in plan.notes)
    gray = {"format": pixel_format("gray"), "stored_format": "gray"}
    plan = _plan(Recipe(codec="tiff"), **gray)
    assert (plan.output.pixel_format, plan.output.color.matrix) == ("gray16le", "bt601")


def test_depth_and_encoder_go_into_the_format_and_the_key() -> None:
    """10 bits out of 8, hardware by its family or its full name; software is no other job."""
    plain = _plan(Recipe(codec="hevc"))
    deep = _plan(Recipe(codec="hevc", depth=10))
    assert (plain.output.pixel_format, deep.output.pixel_format) == ("yuv420p", "yuv420p10le")
    family = _plan(Recipe(codec="hevc", encoder="nvenc"))
    assert family.output.hardware == "hevc_nvenc"
    assert _plan(Recipe(codec="hevc", encoder="hevc_nvenc")).key == family.key
    assert _plan(Recipe(codec="hevc", encoder="software")).key == plain.key
    assert len({plain.key, deep.key, family.key}) == 3


def test_dnxhr_is_limited_bt709_whatever_the_source() -> None:
    """Its stream knows no other matrix, and a note says that values are converted."""
    plan = _plan(Recipe(codec="dnxhr"), color=ColorSpec("bt601", "full", "center"))
    color = plan.output.color
    assert (color.matrix, color.range, color.siting) == ("bt709", "limited", "left")
    assert any("matrix of BT.709" in note for note in plan.notes)


def test_pictures_unlike_the_first_are_a_note() -> None:
    """They arrive in the first one's size, and nobody shall learn that from the result."""
    film = replace(made_survey(made_shot(0, 10)), changes=("yuv420p(tv, bt709), 96x64",))
    assert any(
        "96x64: they are converted to the size" in note for note in _plan(Recipe(), film).notes
    )


WORN = replace(
    made_shot(0, 3),
    measures={
        "stabilize": Weave((0.01, 0.0, -0.01), (0.0, 0.02, -0.02), (0.0, 0.0, 0.1, 0.1)),
        "deflicker": Flicker((1.1, 0.9, 1.0), (0.0, 0.02, 0.0)),
        "descratch": Scratches((Scratch(1, (40, 41), (0.0, 0.2, 0.1)),)),
    },
)


def test_worn_shots_are_repaired_before_all_else() -> None:
    """Scratches, light, place, then color and size; each shot's curves count from its own first frame."""
    film = made_survey(WORN, replace(WORN, span=Span(3, 6)), made_shot(6, 8))
    plan = _plan(Recipe(upscale=4, colorize=True), film)
    stages = ["descratch", "deflicker", "stabilize", "colorize", "upscale"]
    assert list(plan.treatments) == stages
    profile = (0.0, 0.2, 0.1)
    assert [shot.decisions.get("descratch") for shot in plan.shots] == [
        DescratchDecision((Scratch(1, (40, 41), profile),)),
        DescratchDecision((Scratch(4, (40, 41), profile),)),
        None,
    ]
    flicker = DeflickerDecision(3, (1.1, 0.9, 1.0), (0.0, 0.02, 0.0))
    assert plan.shots[1].decisions["deflicker"] == flicker
    weave = ((0.01, 0.0, -0.01), (0.0, 0.02, -0.02), (0.0, 0.0, 0.1, 0.1))
    moved = [(Span(0, 3), StabilizeDecision(0, *weave)), (Span(3, 6), StabilizeDecision(3, *weave))]
    assert plan.moves == tuple(moved)
    assert plan_from_json(plan_to_json(plan)) == plan
    assert len([note for note in plan.notes if "2 of 3 shots" in note and "leaves" in note]) == 3


@pytest.mark.parametrize(
    ("recipe", "stages"),
    [
        (Recipe(), []),
        (Recipe(colorize=True), ["colorize"]),
        (Recipe(upscale=4, clean=0), ["upscale"]),
        (Recipe(upscale=4, stabilize=0), ["descratch", "deflicker", "upscale"]),
        (Recipe(upscale=4, descratch=0, deflicker=0, stabilize=0), ["upscale"]),
        (Recipe(descratch=1), ["descratch"]),
        (Recipe(stabilize=0.5), ["stabilize"]),
        (Recipe(deflicker=1, colorize=True), ["deflicker", "colorize"]),
    ],
)
def test_what_is_worn_goes_where_the_picture_is_made_anew_or_on_demand(
    recipe: Recipe, stages: list[str]
) -> None:
    """By default when enlarging with a net that cleans; the measuring is spared where it is not wanted."""
    plan = _plan(recipe, made_survey(WORN))
    assert list(plan.treatments) == stages
    measured = [name for name in stages if name in WORN.measures]
    needed = measures_needed(made_source(), recipe)
    assert [name for name in needed if name in WORN.measures] == measured


def test_half_the_strength_is_half_the_way() -> None:
    """At 0.5 a frame moves half as far, its light changes half as much, and half of a scratch goes."""
    plan = _plan(Recipe(descratch=0.5, deflicker=0.5, stabilize=0.5), made_survey(WORN))
    decided = plan.shots[0].decisions
    assert decided["descratch"].strength == 0.5
    assert decided["stabilize"].right == (0.0, 0.01, -0.01)
    assert decided["deflicker"].gain == pytest.approx((1.05, 0.95, 1.0))
    assert decided["deflicker"].offset == (0.0, 0.01, 0.0)


def test_interlaced_pictures_are_not_moved() -> None:
    """Their rows would come into the other field; a note says so to users who ask for it."""
    fields = ColorSpec("bt601", "limited", fields="tff")
    plan = _plan(Recipe(stabilize=1, deflicker=1), made_survey(WORN), color=fields)
    assert list(plan.treatments) == ["deflicker"]
    assert any("not stabilized" in note for note in plan.notes)


def test_a_steady_film_has_no_such_treatment() -> None:
    """Asked for or not: nothing weaves, so nothing is moved, and the job is the same one."""
    asked, plain = (_plan(recipe) for recipe in (Recipe(stabilize=1, deflicker=1), Recipe()))
    assert asked.treatments == {}
    assert asked.key == plain.key
