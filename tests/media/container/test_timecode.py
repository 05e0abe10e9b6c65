"""Labels of frames: counting on, by time, drop-frame, in headers, and what is no timecode."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.media.container.timecode import nominal_rate, timecode_at, trimmed_timecode
from restore.media.images.smpte import OPENEXR_MARK, field_mark, timecode_bits, timecode_label
from restore.timing import FrameTable, table_from_pts
from tests.made import made_source

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
    assert timecode_bits("01:23:45:12", Fraction(24), OPENEXR_MARK) == 0x01234512
    assert timecode_bits("01:23:45;12", NTSC, OPENEXR_MARK) == 0x01234552  # the drop-frame flag


@pytest.mark.parametrize(
    ("label", "rate", "bits"),
    [
        ("10:00:00:40", 50, 0x10000020),
        ("10:00:00:41", 50, 0x90000020),
        ("10:00:00:41", 60, 0x10008020),
        ("10:00:00;59", Fraction(60000, 1001), 0x1000_8069),
        ("10:00:00:47", 48, 0x10008023),
        ("10:00:00:40", 100, None),
        ("10:00:00:40", 24, None),
        ("nonsense", 24, None),
    ],
)
def test_frames_above_thirty_a_second_are_counted_in_pairs(
    label: str, rate: Fraction | int, bits: int | None
) -> None:
    """SMPTE ST 12-1: pairs and a mark, at its place for 50 or 60 fields; what does not fit is left out."""
    rate = Fraction(rate)
    assert timecode_bits(label, rate, field_mark(rate)) == bits


@given(
    st.sampled_from([Fraction(rate) for rate in (16, 24, 25, 30, 48, 50, 60)]),
    st.integers(0, 86_400 * 60),
)
def test_every_label_is_read_as_it_was_written(rate: Fraction, frames: int) -> None:
    """No digit of any frame reaches a flag, in DPX and EXR."""
    label = timecode_at("00:00:00:00", frames, rate)
    for mark in (field_mark(rate), OPENEXR_MARK):
        bits = timecode_bits(label, rate, mark)
        assert bits is not None
        assert timecode_label(bits, rate, mark) == label


MS = Fraction(1, 1000)

TABLES: dict[str, tuple[FrameTable, Fraction | float]] = {
    "steady": (table_from_pts(Fraction(1, 24000), range(0, 10 * 1001, 1001)), 24000 / 1001),
    "some left out": (table_from_pts(Fraction(1, 30), [0, 1, 2, 6, 7, 8, 9, 20]), 30),
    "milliseconds": (table_from_pts(MS, [round(n * 1000 / 24) for n in range(240)]), 24),
    "both": (table_from_pts(MS, [round(n * 1000 / 24) for n in range(240) if n % 5]), 24),
    "telecine": (table_from_pts(Fraction(1, 120), [0, 4, 8, 13, 18, 22, 26, 31, 36]), 30),
    "one stray": (table_from_pts(MS, [0, 40, 80, 81, 120, 160, 200, 240, 280, 320]), 25),
    "none alike": (table_from_pts(MS, [0, 1, 11, 111, 1111, 11111], 100_000), 6000 / 111_111),
    "one frame": (table_from_pts(Fraction(1, 18), [7]), 18),
}


@pytest.mark.parametrize("name", TABLES)
def test_labels_count_by_the_usual_duration(name: str) -> None:
    """Frames left out and pauses do not slow it, a stray short one does not quicken it."""
    frames, rate = TABLES[name]
    # milliseconds: the last PTS is off by less than one in ten thousand of the whole
    assert float(nominal_rate(replace(made_source(), frames=frames))) == pytest.approx(
        float(rate), rel=3e-4
    )


def calls(work: Callable[[], object]) -> int:
    """How many functions, of Python or of C, are called by some work."""
    count = 0

    def seen(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    ("distinct", "most"), [(2, 2), (10**9, 10)], ids=["two durations", "none alike"]
)
def test_the_rate_of_a_long_film_takes_no_time(distinct: int, most: int) -> None:
    """It takes a few calls a frame (fractions took 60), and ten times the frames take ten times as many."""
    chance = random.Random(3)
    found: list[int] = []
    for count in (2_000, 20_000):
        durations = tuple(40 + chance.randrange(distinct) for _ in range(count))
        pts_values = tuple(accumulate(durations[:-1], initial=0))
        source = replace(made_source(), frames=FrameTable(MS, pts_values, durations))
        found.append(calls(lambda source=source: nominal_rate(source)))
    assert found[1] <= most * 20_000
    assert found[1] <= 10.5 * found[0]


def test_a_part_begins_with_the_label_of_its_time() -> None:
    """Not with as many labels further on as frames were stored before it."""
    frames = table_from_pts(Fraction(1, 30), [5, 6, 7, 12, 13, 20, 21, 22])
    source = replace(made_source(), frames=frames)
    assert trimmed_timecode("10:00:00:00", source, Fraction(20, 30)) == "10:00:00:15"
