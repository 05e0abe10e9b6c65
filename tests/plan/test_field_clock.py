"""The times of fields: halves of frames, even distances, and where these end."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.plan.field_clock import FIELD_TICKS, FieldClock, field_clock
from restore.timing import table_from_pts

MS = Fraction(1, 1000)


def clock(*pts: int, last: int | None = None, base: Fraction = MS) -> FieldClock:
    """The clock of frames at these times."""
    return field_clock(table_from_pts(base, pts, last))


def units(ticks: list[int]) -> list[Fraction]:
    """Ticks in units of the film's time base."""
    return [Fraction(each, FIELD_TICKS) for each in ticks]


def test_the_second_field_is_shown_half_a_frame_later() -> None:
    """Also in frames of different lengths."""
    found = clock(100, 140, 190, 240, last=20)
    shown = units([found.time(field) for field in range(8)])
    assert shown == [100, 120, 140, 165, 190, 215, 240, 250]
    assert units([found.end]) == [260]


def test_the_second_field_of_a_frame_before_a_gap_is_not_late() -> None:
    """Both fields were captured together: the gap comes after them. So do repeated fields."""
    gap = clock(0, 40, 80, 620, last=40)
    assert units([gap.time(field) for field in (3, 5, 6)]) == [60, 100, 620]
    soft = clock(0, 50, 83, 133, 166, last=50)
    assert units([soft.time(field) for field in (3, 5)]) == [Fraction(133, 2), Fraction(199, 2)]


def test_a_field_can_be_shown_later() -> None:
    """By any part of the fields of its own frame."""
    found = clock(0, 40, 80)
    assert units([found.time(2, Fraction(1, 2)), found.time(3, Fraction(-1, 2))]) == [50, 50]


def test_rounded_times_become_even() -> None:
    """24000/1001 frames a second in milliseconds: 41 and 42 in turn."""
    rate = Fraction(24000, 1001)
    found = clock(*(round(1000 * place / rate) for place in range(100)))
    even = found.even(0, 100)
    wanted = [round(1000 * FIELD_TICKS * place / rate) for place in range(100)]
    assert [*even.starts] == wanted


def test_a_rate_of_its_own_stays() -> None:
    """Times that fit no rate of film or video get their mean distance."""
    even = clock(0, 70, 141, 210, last=70).even(0, 4)
    assert units([*even.starts]) == [0, 70, 140, 210]


def test_a_part_counts_from_its_first_frame() -> None:
    """The clock of a part has the numbers of the whole film's fields."""
    even = clock(*range(0, 4000, 40)).even(10, 20)
    assert units([even.time(20), even.time(39)]) == [400, 780]


@pytest.mark.parametrize("gap", [5, 400])
def test_a_gap_ends_even_times(gap: int) -> None:
    """Frames after it keep their own times, and those before it their distance."""
    pts = [*range(0, 400, 40), *range(360 + gap, 760 + gap, 40)]
    even = clock(*pts).even(0, 20)
    assert units([*even.starts]) == pts


def test_pulldown_of_players_is_no_gap() -> None:
    """Frames of three and two fields differ by half: their mean is the usual length."""
    pts = [0, 3, 5, 8, 10, 13, 15, 18, 20]
    even = clock(*pts, last=2, base=Fraction(1001, 60000)).even(0, 9, FIELD_TICKS)
    assert units([*even.starts]) == [Fraction(5, 2) * place for place in range(9)]


def test_a_change_of_rate_ends_even_times() -> None:
    """Otherwise frames in the middle would be shown long before or after their sound."""
    pts = [*range(0, 2000, 40), *range(2000, 4500, 50)]
    assert units([*clock(*pts).even(0, len(pts)).starts]) == pts


@given(st.lists(st.integers(1, 100), min_size=1, max_size=60))
def test_even_times_are_near_the_own_ones(lengths: list[int]) -> None:
    """No frame moves by more than the usual length and the rounding of times."""
    pts = [sum(lengths[:place]) for place in range(len(lengths))]
    found = clock(*pts, last=lengths[-1])
    even = found.even(0, len(lengths))
    pairs = sorted(a + b for a, b in itertools.pairwise(lengths))
    usual = Fraction(pairs[len(pairs) // 2], 2) if pairs else lengths[0]
    for own, moved in zip(pts, units([*even.starts]), strict=True):
        assert abs(moved - own) <= usual + 2
