"""The size of a result: multiplied exactly, or fitted into a frame with square pixels."""

from __future__ import annotations

from fractions import Fraction

import pytest

from restore.errors import UsageError
from restore.treatments.upscale.size import geometry, named_size


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
