"""The size of a result: multiplied exactly, or fitted into a frame with square pixels."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.errors import UsageError
from restore.treatments.upscale.size import LARGEST_SIDE, NAMED_SIZES, geometry, named_size


@pytest.mark.parametrize(
    ("size", "sar", "asked", "expected"),
    [
        ((640, 480), 1, (None, None), (640, 480, 1, 1)),
        ((321, 241), 1, (4, None), (1284, 964, 1, 4)),
        ((720, 576), Fraction(16, 15), (2, None), (1440, 1152, Fraction(16, 15), 2)),
        ((720, 576), Fraction(16, 15), (None, "1080p"), (1440, 1080, 1, 2)),
        ((640, 480), 1, (None, "4k"), (2880, 2160, 1, 4)),
        ((640, 360), 1, (None, "4k"), (3840, 2160, 1, 4)),
        ((1920, 800), 1, (None, "1280x720"), (1280, 534, 1, 1)),
        ((360, 640), 1, (None, "1080p"), (608, 1080, 1, 2)),
    ],
)
def test_sizes(
    size: tuple[int, int],
    sar: Fraction | int,
    asked: tuple[int | None, str | None],
    expected: tuple[object, ...],
) -> None:
    """`upscale` multiplies exactly and keeps SAR; `to` fits inside with square pixels."""
    result = geometry(size, Fraction(sar), 0, *asked)
    assert (result.width, result.height, result.sar, result.factor) == expected


def test_a_turned_film_fits_as_it_is_shown() -> None:
    """A phone's film, stored lying and shown vertical: the frame that is asked for is what players show."""
    turned = geometry((64, 32), Fraction(1), 90, None, "32x64")
    assert (turned.width, turned.height) == (64, 32)
    assert geometry((64, 32), Fraction(1), 180, None, "32x64").width == 32


def test_no_result_is_larger_than_codecs_take() -> None:
    """A size that no codec holds is refused before any work."""
    with pytest.raises(UsageError) as caught:
        geometry((5000, 100), Fraction(1), 0, 4, None)
    assert caught.value.code == "result-too-large"


def test_sizes_have_names_or_sides() -> None:
    """`--to` knows three names and WxH."""
    assert named_size("4K") == (3840, 2160)
    assert named_size("1280x720") == (1280, 720)
    with pytest.raises(ValueError, match="a size is"):
        named_size("8x8")


SIDES = st.integers(16, 4000)
ASPECTS = st.sampled_from([Fraction(1), Fraction(16, 15), Fraction(8, 9), Fraction(64, 45)])


@given(SIDES, SIDES, ASPECTS, st.sampled_from([0, 90, 180, 270]), SIDES, SIDES)
def test_a_fitted_result_keeps_its_aspect_inside_the_frame(
    width: int, height: int, sar: Fraction, rotation: int, most_wide: int, most_high: int
) -> None:
    """Even sides, square pixels, inside the frame as it is shown, the display aspect to a pixel."""
    found = geometry((width, height), sar, rotation, None, f"{most_wide}x{most_high}")
    turned = rotation % 180 == 90
    room = (most_high, most_wide) if turned else (most_wide, most_high)
    assert found.sar == 1
    assert found.width % 2 == found.height % 2 == 0
    assert 2 <= found.width <= room[0]
    assert 2 <= found.height <= room[1]
    aspect = Fraction(width, height) * sar
    if 2 < found.width < room[0] - 1 and found.height > 2:
        assert abs(found.width - found.height * aspect) <= 1 + aspect
    assert found.factor in (1, 2, 4)


@given(SIDES, SIDES, ASPECTS, st.sampled_from([None, 2, 4]))
def test_multiplied_sides_are_exact(
    width: int, height: int, sar: Fraction, upscale: Literal[2, 4] | None
) -> None:
    """Odd sides, too; the sample aspect and the rotation play no part."""
    factor = upscale or 1
    found = geometry((width, height), sar, 90, upscale, None)
    assert (found.width, found.height) == (width * factor, height * factor)
    assert (found.sar, found.factor) == (sar, factor)


def test_the_smallest_network_that_reaches_the_size_is_taken() -> None:
    """1 up to the own size, 2 up to twice, 4 beyond; what is larger than 4 times is resampled."""
    factors = [
        geometry((320, 240), Fraction(1), 0, None, f"{4 * n}x{3 * n}").factor
        for n in range(40, 400, 40)
    ]
    assert factors == [1, 1, 2, 2, 4, 4, 4, 4, 4]


@pytest.mark.parametrize("side", [LARGEST_SIDE // 2, LARGEST_SIDE // 2 + 1])
def test_the_largest_side_is_the_limit(side: int) -> None:
    """Exactly as many samples are allowed, one more is refused."""
    if side * 2 <= LARGEST_SIDE:
        assert geometry((16, side), Fraction(1), 0, 2, None).height == LARGEST_SIDE
    else:
        with pytest.raises(UsageError):
            geometry((16, side), Fraction(1), 0, 2, None)


@pytest.mark.parametrize(
    "text", ["", "8k", "x", "1920", "1920x", "15x16", "16x16385", "-16x16", "16x16x16", "16 x 16"]
)
def test_what_is_no_size_is_refused(text: str) -> None:
    """Sides are 16 to the largest, both are given, and nothing else is."""
    with pytest.raises(ValueError, match="a size is"):
        named_size(text)


def test_both_ends_of_the_range_are_sizes() -> None:
    """Lower and upper case of the names and of the x."""
    assert named_size(f"16x{LARGEST_SIDE}") == (16, LARGEST_SIDE)
    assert named_size("16X20") == (16, 20)
    assert {name: named_size(name.upper()) for name in NAMED_SIZES} == NAMED_SIZES
