"""Black bars at the borders of a shot: black in every frame, measured to a part of a row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.treatments.measuring.bars import Border, picture_area

ROWS, COLUMNS = 60, 80


def frame(top: int, bottom: int, left: int = 0, right: int = 0, level: int = 120) -> np.ndarray:
    """A flat gray frame between black bars of these widths."""
    picture = np.full((ROWS, COLUMNS), 16, np.uint8)
    picture[top : ROWS - bottom, left : COLUMNS - right] = level
    return picture


def bars(*frames: np.ndarray, along: int = 1) -> tuple[float, float]:
    """The shares that are black in all frames."""
    border = Border.empty()
    for each in frames:
        border = border.with_one(each, along)
    return border.bars()


@given(*(st.integers(0, 15) for _ in range(4)))
def test_flat_bars_are_found_exactly(top: int, bottom: int, left: int, right: int) -> None:
    """As shares of the height along the rows, of the width along the columns."""
    picture = frame(top, bottom, left, right)
    assert bars(picture) == pytest.approx((top / ROWS, bottom / ROWS), abs=1e-6)
    expected = (left / COLUMNS, right / COLUMNS)
    assert bars(picture, along=0) == pytest.approx(expected, abs=1e-6)


def test_a_row_that_is_partly_black_counts_in_part() -> None:
    """Scaling blurs the edge: a row of half the luma is half a row of the bar."""
    picture = frame(8, 0)
    picture[8] = 68  # half of the luma of the picture
    assert bars(picture)[0] == pytest.approx(8.5 / ROWS, abs=1e-6)


def test_what_is_lit_in_one_frame_is_no_bar() -> None:
    """A shot that begins dark has no bars because of it; the picture may come and go."""
    assert bars(frame(20, 20), frame(5, 10)) == pytest.approx((5 / ROWS, 10 / ROWS), abs=1e-6)


def test_noise_of_a_codec_does_not_light_a_bar() -> None:
    """Up to 13 code values above black are still black; more is picture."""
    noise, dust = frame(10, 0), frame(10, 0)
    noise[4, 7], dust[4, 7] = 29, 30
    assert bars(noise)[0] == pytest.approx(10 / ROWS, abs=0.02)
    assert bars(dust)[0] < 5 / ROWS


@pytest.mark.parametrize(("lit", "known"), [(14, False), (15, True)])
def test_a_dark_frame_has_no_bars(lit: int, known: bool) -> None:
    """Of a shot that is black in more than three quarters of its rows nothing is known."""
    found = bars(frame(20, ROWS - 20 - lit))
    assert (found != (0.0, 0.0)) == known


def test_before_the_first_frame_there_is_nothing() -> None:
    """No frame, no bars; nor has a black picture of one row any."""
    assert Border.empty().bars() == (0.0, 0.0)
    assert bars(np.full((1, 1), 16, np.uint8)) == (0.0, 0.0)


def test_the_picture_between_bars_with_the_noise_of_a_tape() -> None:
    """Means of parts of rows are black, although single pixels are not."""
    noise = np.random.default_rng(1).normal(0, 0.03, (120, 160)).astype(np.float32)
    noise[21:99, 8:160] += 0.4
    assert picture_area(noise) == (slice(21, 99), slice(8, 160))


def test_a_dark_frame_is_all_picture() -> None:
    """With less than a quarter lit nobody knows what is a bar."""
    dark = np.zeros((120, 160), np.float32)
    assert picture_area(dark) == (slice(0, 120), slice(0, 160))
    dark[50:60, 70:90] = 0.5
    assert picture_area(dark) == (slice(0, 120), slice(0, 160))
