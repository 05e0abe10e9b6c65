"""Labels of frames: counting on, minutes and hours, drop-frame, and what is no timecode."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.media.timecode import timecode_at, timecode_bits

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("first", "frames", "rate", "expected"),
    [
        ("01:00:00:00", 8, Fraction(16), "01:00:00:08"),
        ("01:00:00:00", 16, Fraction(16), "01:00:01:00"),
        ("00:59:59:24", 1, Fraction(25), "01:00:00:00"),
        ("23:59:59:23", 1, Fraction(24), "00:00:00:00"),
        ("00:00:59;29", 1, NTSC, "00:01:00;02"),
        ("00:09:59;29", 1, NTSC, "00:10:00;00"),
        ("00:00:00;00", 17982, NTSC, "00:10:00;00"),
        ("00:00:00;00", 107892, NTSC, "01:00:00;00"),
        ("00:00:00:00", 1800, NTSC, "00:01:00:00"),
        ("nonsense", 5, NTSC, "nonsense"),
    ],
)
def test_labels_count_on(first: str, frames: int, rate: Fraction, expected: str) -> None:
    """Whole frames a second; with a semicolon two labels a minute are left out, but each tenth."""
    assert timecode_at(first, frames, rate) == expected


@given(st.integers(0, 2_000_000), st.integers(0, 50_000))
def test_counting_twice_is_counting_once(here: int, further: int) -> None:
    """In drop-frame as in plain labels."""
    for first, rate in (("00:00:00;00", NTSC), ("00:00:00:00", Fraction(24))):
        label = timecode_at(first, here, rate)
        assert timecode_at(label, further, rate) == timecode_at(first, here + further, rate)


def test_bits_are_the_digits() -> None:
    """SMPTE ST 268: a hexadecimal digit for each."""
    assert timecode_bits("01:23:45:12") == 0x01234512
    assert timecode_bits("01:23:45;12") == 0x01234552  # the drop-frame flag
