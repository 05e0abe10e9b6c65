"""Values of a recipe: each is read in every form that is documented, and nothing else is accepted."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from restore.media.ffmpeg.hardware import FAMILIES, HARDWARE
from restore.recipe import Recipe, parse_moment
from restore.recipe.values import Device, EncoderChoice, Moment, Rate, TextOrNumber

MOMENT: TypeAdapter[Fraction] = TypeAdapter(Moment)
RATE: TypeAdapter[Fraction | None] = TypeAdapter(Rate)


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999_999))
def test_hours_minutes_and_seconds_add_up(
    hours: int, minutes: int, seconds: int, micro: int
) -> None:
    """A time with colons is the exact sum of its hours, minutes and seconds."""
    text = f"{hours}:{minutes:02}:{seconds:02}.{micro:06}"
    expected = 3600 * hours + 60 * minutes + seconds + Fraction(micro, 10**6)
    assert parse_moment(text) == expected
    assert parse_moment(f" {text} ") == expected


@given(st.fractions(0, 10**6))
@example(Fraction(2, 3))
@example(Fraction(1001, 30000))
@example(Fraction(1, 10**9))
def test_a_time_survives_its_own_text(moment: Fraction) -> None:
    """Every fraction of a second is written so that it reads back exactly: 2/3 is the start of a frame."""
    assert MOMENT.validate_python(MOMENT.dump_python(moment, mode="json")) == moment
    assert MOMENT.validate_json(MOMENT.dump_json(moment)) == moment


@pytest.mark.parametrize("text", ["1:60", "0:0:60", "1:100", "12,5", "5s", "2/0", "-1/2", "1/2/3"])
def test_a_time_beyond_its_clock_is_refused(text: str) -> None:
    """Sixty seconds are a minute, and a fraction needs a denominator."""
    with pytest.raises(ValidationError):
        MOMENT.validate_python(text)


@pytest.mark.parametrize(
    ("value", "rate"),
    [
        ("24", Fraction(24)),
        (24, Fraction(24)),
        (16.67, Fraction(1667, 100)),
        ("30000/1001", Fraction(30000, 1001)),
        ("1", Fraction(1)),
        ("240", Fraction(240)),
        ("auto", None),
        (None, None),
        (Fraction(25, 2), Fraction(25, 2)),
    ],
)
def test_rates_are_numbers_fractions_or_auto(value: object, rate: Fraction | None) -> None:
    """Decimal rates are read by their digits, not by their binary value."""
    assert RATE.validate_python(value) == rate


@pytest.mark.parametrize(
    "value", ["0", "0.99", "240.01", 241, "-24", "1/0", "fast", "", "nan", "inf", True, [24]]
)
def test_rates_outside_of_1_to_240_are_refused(value: object) -> None:
    """A slip of the keyboard is not taken for a frame rate."""
    with pytest.raises(ValidationError):
        RATE.validate_python(value)


@given(st.fractions(1, 240))
def test_a_rate_survives_its_own_text(rate: Fraction) -> None:
    """30000/1001 is written as a fraction, never rounded."""
    assert RATE.validate_python(RATE.dump_python(rate)) == rate


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (
            Device,
            ["auto", "cpu", "cuda", "cuda:0", "cuda:12"],
            ["", "gpu", "cuda:", "CPU", "cpu:0"],
        ),
        (EncoderChoice, ["software", *FAMILIES, *HARDWARE], ["", "libx264", "NVENC", "h264"]),
    ],
)
def test_names_of_devices_and_encoders(kind: Any, good: list[str], bad: list[str]) -> None:
    """Names of torch and ffmpeg are accepted as they are written there, and no others."""
    names: TypeAdapter[str] = TypeAdapter(kind)
    assert [names.validate_python(name) for name in good] == good
    for name in bad:
        with pytest.raises(ValidationError):
            names.validate_python(name)


def test_a_preset_may_be_a_number() -> None:
    """AV1 counts its presets, and TOML has numbers without quotes."""
    assert TypeAdapter(TextOrNumber).validate_python(6) == "6"
    assert Recipe.model_validate({"codec": "av1", "preset": 6}).preset == "6"


@pytest.mark.parametrize("key", ["clean", "dropout", "halo", "stabilize"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.5, "much"])
def test_strengths_are_from_0_to_1(key: str, value: object) -> None:
    """Every other value has the same mistake: not a number is neither too large nor too small."""
    with pytest.raises(ValidationError) as caught:
        Recipe.model_validate({key: value})
    (mistake,) = caught.value.errors()
    assert mistake["type"] == "value_error"


def test_automatic_rates_replace_those_of_a_recipe() -> None:
    """`auto` is the value without one."""
    assert Recipe.model_validate({"speed": "auto", "rate": "auto"}) == Recipe()
