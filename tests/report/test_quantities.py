"""Formatting of numbers for people."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from restore.report import quantities


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (7.4, "0:07"), (59.6, "1:00"), (750, "12:30"), (Fraction(7445, 2), "1:02:02")],
)
def test_clock(seconds: float, text: str) -> None:
    """A duration is shown in whole seconds, with hours only where there are some."""
    assert quantities.clock(seconds) == text


def test_moment_keeps_milliseconds() -> None:
    """A time in a film is exact to the millisecond, also if it is rounded up to a minute."""
    assert quantities.moment(Fraction(29, 24)) == "0:01.208"
    assert quantities.moment(59.9996) == "1:00.000"
    assert quantities.moment(-0.25) == "-0:00.250"


@pytest.mark.parametrize(
    ("count", "text"),
    [(812, "812 B"), (3_400_000, "3.4 MB"), (340_000_000, "340 MB"), (2.5e13, "25.0 TB")],
)
def test_size(count: float, text: str) -> None:
    """Bytes are shown in powers of ten with two or three digits."""
    assert quantities.size(count) == text


def test_counted() -> None:
    """The plural has an s; thousands are separated."""
    assert quantities.counted(1, "frame") == "1 frame"
    assert quantities.counted(1204, "frame") == "1,204 frames"


def test_rate() -> None:
    """A rate has no more decimals than it needs."""
    assert quantities.rate(Fraction(24)) == "24"
    assert quantities.rate(Fraction(24000, 1001)) == "23.976"


def test_a_name_stays_on_its_line_and_commands_no_terminal() -> None:
    """Line breaks and escapes are shown as numbers, letters of any language stay."""
    assert quantities.line("new\nline \x1b[31mred Ünï 日本") == "new\\x0aline \\x1b[31mred Ünï 日本"


@given(st.integers(0, 10**16))
@example(999)
@example(99_950)
@example(99_949)
@example(999_500)
@example(999_999)
@example(999_999_999_999)
def test_a_size_has_two_to_four_characters_of_digits(count: int) -> None:
    """No size is shown as 1000 of a unit, and what is shown is right within half of its last digit."""
    shown, unit = quantities.size(count).split()
    factor = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}[unit]
    if unit != "TB":
        assert float(shown) < 1000
    step = 0.1 if "." in shown else 1
    assert abs(float(shown) - count / factor) <= step / 2 + 1e-9


@given(st.fractions(0, 10**6))
def test_clock_and_moment_say_the_same(seconds: Fraction) -> None:
    """Both are within half of their last digit of the time, in minutes below 60 seconds."""
    *hours, minutes, rest = map(int, quantities.clock(seconds).split(":"))
    assert rest < 60
    assert not hours or minutes < 60
    assert abs(sum(hours) * 3600 + minutes * 60 + rest - seconds) <= Fraction(1, 2)
    whole, thousandths = quantities.moment(seconds).split(":")
    assert float(thousandths) < 60
    assert abs(int(whole) * 60 + Fraction(thousandths) - seconds) <= Fraction(1, 2000)


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00.000"), (-0.0004, "0:00.000")])
def test_zero_has_no_sign(seconds: float, text: str) -> None:
    """A time that rounds to zero is not shown as minus zero."""
    assert quantities.moment(seconds) == text


@given(st.text(max_size=20))
def test_a_line_has_no_control_character(text: str) -> None:
    """Whatever a name contains: it stays on its line, and text without such characters stays as it is."""
    found = quantities.line(text)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in found)
    if all(ord(c) >= 160 or 32 <= ord(c) < 127 for c in text):
        assert found == text
