"""Patterns of repeated frames."""

from __future__ import annotations

from fractions import Fraction

import pytest

from restore.treatments.deinterlace.repeat_pattern import distinct_share, fit


def repeats(distinct: Fraction, frames: int, phase: int = 0) -> tuple[int, ...]:
    """The frames that repeat the one before if this share of the frames is distinct."""
    moments = [
        (frame * distinct.numerator + phase) // distinct.denominator for frame in range(frames)
    ]
    return tuple(frame for frame in range(1, frames) if moments[frame] == moments[frame - 1])


SHARES = [
    Fraction(share) for share in ("16/25", "3/4", "2/3", "18/25", "8/15", "11/12", "1/2", "1/3")
]


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("phase", [0, 1])
def test_an_even_spread_is_found(share: Fraction, phase: int) -> None:
    """16 in 25 has distances of 2 and 3 in turn; the share is exact at every phase."""
    assert distinct_share(repeats(share, 120, phase), 120) == share


def test_frames_without_motion_hide_repeats() -> None:
    """A pattern is found although a part of the shot shows none of it."""
    seen = [frame for frame in repeats(Fraction(16, 25), 150) if not 60 <= frame < 85]
    assert distinct_share(seen, 150) == Fraction(16, 25)


@pytest.mark.parametrize(
    "found",
    [
        (),
        (4, 8),
        (1, 2, 9, 30, 31, 33, 60, 61, 90),
        (*range(1, 50, 2), *range(53, 100, 9)),
    ],
)
def test_other_repeats_have_no_pattern(found: tuple[int, ...]) -> None:
    """Too few, irregular, or animation on twos in a half of the shot only."""
    assert distinct_share(found, 100) is None


def test_a_fit_counts_expected_found_and_common_frames() -> None:
    """One of four repeats is missing, one is where none is expected."""
    found = fit((4, 8, 12, 17), 20, Fraction(3, 4))
    assert (found.expected, found.found, found.hits) == (4, 4, 3)
    assert not found.good
    assert (found + found).hits == 6
    assert fit((4, 8, 12), 20, Fraction(3, 4)).good
