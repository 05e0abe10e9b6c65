"""The rate of a film that was stored at a higher one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest

from restore.plan.own_rate import own_rate
from restore.survey.findings import Survey
from restore.timing import FrameTable, table_from_pts
from restore.treatments.deinterlace.shot_fields import ShotFields, Stretch
from tests.made import made_shot, made_survey
from tests.treatments.deinterlace.test_repeat_pattern import repeats

NTSC = Fraction(1000, 1001)


def stored(rate: Fraction, *shots: Sequence[int], frames: int = 100) -> Survey:
    """A film of this rate; every shot has that many frames and these repeats."""
    found = [
        replace(
            made_shot(number * frames, (number + 1) * frames),
            measures={
                "deinterlace": ShotFields((Stretch(0, 2 * frames, "progressive"),), tuple(own))
            },
        )
        for number, own in enumerate(shots)
    ]
    times = table_from_pts(1 / rate, range(frames * len(shots)))
    return replace(made_survey(*found), frames=times)


@pytest.mark.parametrize(
    ("own", "rate", "expected"),
    [
        ("18", Fraction(24), "18"),
        ("16", Fraction(25), "16"),
        ("50/3", Fraction(25), "50/3"),
        ("20", Fraction(24), "20"),
        ("22", Fraction(25), "22"),
        ("16", Fraction(30), "16"),
        ("18", 30 * NTSC, "18000/1001"),
        ("24", 30 * NTSC, "24000/1001"),
        ("24", 60 * NTSC, "24000/1001"),
        ("25", Fraction(50), "25"),
    ],
)
def test_usual_rates_are_found(own: str, rate: Fraction, expected: str) -> None:
    """By the share of distinct frames, whatever the phase; the length stays the same."""
    share = Fraction(own) / round(rate)
    found = own_rate(stored(rate, repeats(share, 100), repeats(share, 100, 1)))
    assert found is not None
    assert found.rate == Fraction(expected)
    assert found.seconds == pytest.approx(float(200 / rate), rel=0.02)


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(25), Fraction(30), 24 * NTSC])
@pytest.mark.parametrize("frames", [24, 100])
@pytest.mark.parametrize("held", ["1/2", "1/3"])
def test_animation_on_twos_has_no_other_rate(rate: Fraction, frames: int, held: str) -> None:
    """Held drawings are neither 12 nor 8 frames a second, and nothing is dropped."""
    shots = [repeats(Fraction(held), frames)] * 8
    assert own_rate(stored(rate, *shots, frames=frames)) is None


def test_a_film_partly_on_twos_has_no_other_rate() -> None:
    """Every second frame repeats in one of two shots: 18 of 24 frames are distinct by chance."""
    assert own_rate(stored(Fraction(24), repeats(Fraction(1, 2), 100), ())) is None


def test_an_unusual_rate_is_not_proposed() -> None:
    """13 of 24 frames repeat regularly: they may be dropped, but the rate is no usual one."""
    found = own_rate(stored(Fraction(24), repeats(Fraction(13, 24), 100)))
    assert found is not None
    assert (found.repeated, found.frames, found.rate) == (46, 100, None)


def test_few_repeats_show_nothing() -> None:
    """Seven repeated frames may be chance."""
    assert own_rate(stored(Fraction(24), repeats(Fraction(3, 4), 26), frames=26)) is None


def test_variable_rates_have_no_other_rate() -> None:
    """Where frames last differently, repeats may be dropped, and the times stay."""
    survey = stored(Fraction(24), repeats(Fraction(3, 4), 100))
    uneven = tuple(2 + frame % 3 for frame in range(100))
    pts = tuple(sum(uneven[:frame]) for frame in range(100))
    found = own_rate(replace(survey, frames=FrameTable(Fraction(1, 72), pts, uneven)))
    assert found is not None
    assert found.rate is None
