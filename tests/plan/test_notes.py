"""Notes before the work: each is there when the user should know it, and only then."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from restore.clip import ColorSpec
from restore.media.color.pixels import pixel_format
from restore.plan import make_plan
from restore.recipe import Recipe
from restore.survey.findings import Survey
from restore.treatments.deflicker.flicker_curve import Flicker
from tests.made import SD, made_shot, made_source, made_survey
from tests.test_plan import CARDS

FIELDS = ColorSpec("bt601", "limited", fields="tff")
TEN_BITS = {"format": pixel_format("yuv420p10le"), "stored_format": "yuv420p10le"}


def notes(recipe: dict[str, object], survey: Survey | None = None, **source: Any) -> str:
    """All notes of a plan, a line each."""
    asked = Recipe.model_validate(recipe)
    cards = {"upscale": CARDS["upscale"]} if recipe.keys() & {"upscale", "to"} else {}
    film = survey or made_survey(made_shot(0, 10))
    engine = ("cpu", "fp32")
    plan = make_plan(made_source(**source), film, asked, cards, engine, ".mkv")
    return "\n".join(plan.notes)


def test_a_plain_film_needs_no_note() -> None:
    """Nothing is converted, lost or invented."""
    assert notes({"codec": "h264"}) == ""
    assert notes({"codec": "ffv1"}, **TEN_BITS) == ""


def test_facts_of_the_source_and_the_survey_come_first() -> None:
    """What the file, its other streams and the passes over it said, in this order."""
    survey = replace(
        made_survey(made_shot(0, 10)),
        notes=("subtitle packet 7 is broken",),
        unmeasured=("vertical scratches were not measured",),
        changes=("a", "b", "c", "d"),
    )
    lines = notes({}, survey, notes=("the rate is that of the headers",)).splitlines()
    assert lines[0] == "the rate is that of the headers"
    assert lines[1].endswith("subtitle packet 7 is broken")
    assert lines[2] == "vertical scratches were not measured"
    assert "a; b; c:" in lines[3]  # three of them, so that the note stays short


@pytest.mark.parametrize(
    ("codec", "parts"),
    [
        ("h264", ["the result keeps the fields and their order"]),
        ("prores", ["the result keeps the fields and their order"]),
        ("ffv1", ["the result keeps the fields and their order"]),
        ("av1", ["av1 cannot mark them", "only its container can"]),
        ("dpx", ["dpx cannot mark them"]),
    ],
)
def test_fields_are_kept_where_the_codec_says_so(codec: str, parts: list[str]) -> None:
    """The field order is in the note; containers and images are distinguished from codecs."""
    text = notes({"codec": codec}, color=FIELDS)
    assert "interlaced (tff)" in text
    for part in parts:
        assert part in text
    assert ("only its container" in text) == (codec == "av1")


def test_fields_are_lost_in_a_picture_of_another_height() -> None:
    """Its rows mix both fields; a network that only cleans sees them as one frame, too."""
    assert "is no longer interlaced (--deinterlace field" in notes({"upscale": 2}, color=FIELDS)
    assert "deinterlace it first" not in notes({}, color=FIELDS)
    wider = notes({"to": "480x240"}, color=FIELDS, sar=Fraction(3, 2))
    assert "treated as one frame" in wider
    assert "the result keeps the fields" in wider


@pytest.mark.parametrize(
    ("codec", "color", "part"),
    [
        ("prores", ColorSpec("bt601", "full"), "prores stores limited range: values are converted"),
        ("dnxhr", ColorSpec("bt709", "full"), "dnxhr stores limited range: values are converted"),
        ("dnxhr", SD, "dnxhr stores the matrix of BT.709 only: values are converted"),
    ],
)
def test_conversions_are_said(codec: str, color: ColorSpec, part: str) -> None:
    """Range and matrix that a codec does not store are converted, not dropped."""
    assert part in notes({"codec": codec}, color=color).splitlines()
    assert part not in notes({"codec": "ffv1"}, color=color)


def test_eight_bits_are_dithered_only_if_something_was_computed() -> None:
    """Copied code values have no need of dither; lost bits have, whatever was done."""
    flicker = Flicker((1.1,) * 10, (0.0,) * 10)
    flickers = made_survey(replace(made_shot(0, 10), measures={"deflicker": flicker}))
    assert "h264 has 8 bits, dithered" in notes({"deflicker": 1}, flickers)
    assert "dithered" not in notes({"deflicker": 0}, flickers)
    assert "10 bits are reduced to 8, dithered" in notes({}, **TEN_BITS)


def test_stereoscopic_films_are_one_picture() -> None:
    """Both views are treated together, and images have no place for the mark."""
    film = notes({}, stereo="side by side")
    images = notes({"codec": "tiff"}, stereo="side by side")
    assert "stereoscopic film (side by side)" in film
    assert "image files" not in film
    assert "image files cannot store this" in images


@pytest.mark.parametrize(
    ("codec", "transfer", "parts"),
    [
        ("exr", "smpte2084", ["transfer curve smpte2084", "32-bit floats", "9 MB"]),
        ("exr", None, ["BT.709 (assumed"]),
        ("png", None, ["images of 8 bits, full range"]),
        ("dpx", None, ["images of 10 bits, full range"]),
    ],
)
def test_images_have_their_depth_curve_and_size_in_a_note(
    codec: str, transfer: str | None, parts: list[str]
) -> None:
    """Linear light needs the film's transfer function; the size is that of all frames."""
    text = notes({"codec": codec}, color=replace(SD, transfer=transfer))
    for part in parts:
        assert part in text, text


@pytest.mark.parametrize(("range_", "said"), [("limited", True), ("full", False)])
def test_values_beyond_black_and_white_have_no_place_in_images(range_: Any, said: bool) -> None:
    """Images are full range: only limited range has such values."""
    text = notes({"codec": "tiff"}, color=replace(SD, range=range_))
    assert ("values beyond nominal black" in text) == said


@pytest.mark.parametrize(
    ("content", "color", "reason"),
    [
        ("scene", "color", "is in color already"),
        ("card", "mono", "shows only title cards or black"),
        ("black", "mono", "shows only title cards or black"),
    ],
)
def test_a_film_without_anything_to_color_says_why(content: Any, color: Any, reason: str) -> None:
    """Somebody who asked for colors does not wait for them in vain."""
    survey = made_survey(made_shot(0, 10, content, color))
    assert reason in notes({"colorize": True}, survey)
    both = made_survey(made_shot(0, 5, content, color), made_shot(5, 10))
    assert "nothing to colorize" not in notes({"colorize": True}, both)
