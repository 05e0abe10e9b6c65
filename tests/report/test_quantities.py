"""Formatting of numbers for people."""

from __future__ import annotations

from fractions import Fraction

import pytest

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
