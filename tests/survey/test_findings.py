"""Surveys are values: they check themselves and go through JSON unchanged."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.survey.findings import Survey, survey_from_json, survey_to_json
from restore.timing import FrameTable, Span
from tests.made import made_shot, made_survey


@given(
    pts=st.lists(st.integers(-(2**40), 2**62), min_size=1, max_size=9, unique=True),
    unit=st.fractions(Fraction(1, 10**9), 1),
    damage=st.lists(st.text(max_size=8), max_size=2),
)
def test_json_gives_the_same_survey_back(pts: list[int], unit: Fraction, damage: list[str]) -> None:
    """PTS of any size, time bases of any fraction, damage in any script."""
    if unit == 0:
        unit = Fraction(1, 25)
    ordered = tuple(sorted(pts))
    shot = made_shot(0, len(pts), "card", "tint")
    survey = Survey(FrameTable(unit, ordered, (1,) * len(pts)), (shot,), tuple(damage), "ab")
    assert survey_from_json(survey_to_json(survey)) == survey


@pytest.mark.parametrize("text", [b"", b"{}", b"[1]", b'{"frames": 3}'])
def test_other_texts_are_no_surveys(text: bytes) -> None:
    """They raise ValueError, not an error of the library underneath."""
    with pytest.raises(ValueError, match="not a survey"):
        survey_from_json(text)


@pytest.mark.parametrize(
    "spans", [[(0, 4), (5, 8)], [(0, 4), (3, 8)], [(1, 8)], [(0, 7)], [(4, 8), (0, 4)]]
)
def test_shots_cover_every_frame_once(spans: list[tuple[int, int]]) -> None:
    """A gap, an overlap, a late start, an early end, another order: refused."""
    survey = made_survey(made_shot(0, 8))
    with pytest.raises(ValueError, match="cover"):
        replace(survey, shots=tuple(made_shot(*span) for span in spans))


def test_a_shot_has_a_tint_exactly_if_it_is_tinted() -> None:
    """Neither a mono shot with one nor a tinted one without."""
    with pytest.raises(ValueError, match="tint"):
        replace(made_shot(0, 2), tint=(0.1, 0.0))
    with pytest.raises(ValueError, match="tint"):
        replace(made_shot(0, 2, color="tint"), tint=None)


def test_the_shot_at_a_frame() -> None:
    """By its number; outside the film there is none."""
    survey = made_survey(made_shot(0, 3), made_shot(3, 8, "black"))
    assert survey.shot_at(2).span == Span(0, 3)
    assert survey.shot_at(3).content == "black"
    with pytest.raises(IndexError):
        survey.shot_at(8)
