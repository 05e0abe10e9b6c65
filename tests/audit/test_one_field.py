"""Thumbnails of frames of one field: whatever deinterlacing may show counts as right, motion does not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from restore.audit.one_field import with_both_moments, woven_where_sure

Thumbnail = NDArray[np.uint8]


def cell(value: int, rest: int = 100) -> Thumbnail:
    """A thumbnail whose first row has this value."""
    made = np.full((32, 32), rest, np.uint8)
    made[0] = value
    return made


@pytest.mark.parametrize(
    ("field", "same", "near", "wanted"),
    [
        (120, 100, 100, 100),  # an edge without motion: the other field is right
        (100, 104, 96, 100),  # motion without an edge: the field is right
        (101, 104, 96, 101),  # both: the field is between its neighbors in time
        (140, 104, 100, 104),  # a hard edge and slow motion: the weave nearest to the field
    ],
)
def test_the_median_of_field_and_weaves_is_expected(
    field: int, same: int, near: int, wanted: int
) -> None:
    """The expected value is the middle one of the field alone and the weaves before and after it."""
    made = with_both_moments(cell(field), cell(same), [cell(near), cell(near)])
    assert (made == cell(wanted)).all()


@pytest.mark.parametrize(
    ("field", "same", "near", "wanted"),
    [(120, 100, 100, 120), (100, 104, 96, 104), (140, 104, 100, 140)],
)
def test_a_weave_differs_from_its_field_only_by_motion(
    field: int, same: int, near: int, wanted: int
) -> None:
    """Outside the range of the weaves before and after the field it looks like the field."""
    made = woven_where_sure(cell(field), cell(same), [cell(near), cell(near)])
    assert (made == cell(wanted)).all()


def test_the_nearest_frame_has_the_field_on_the_other_side() -> None:
    """Of the frames before and after, one has the next field, the other one is further in time."""
    field, same = cell(100), cell(104)
    made = with_both_moments(field, same, [cell(112), cell(96)])
    assert (made == field).all()


@pytest.mark.parametrize("cut", [cell(90, rest=40), cell(130, rest=200)])
def test_a_field_of_another_shot_is_not_used(cut: Thumbnail) -> None:
    """Next to a cut only the field of the same shot counts, on whichever side it is."""
    field, own = cell(110), cell(100)
    assert (with_both_moments(field, own, [cut, cut]) == own).all()
    assert (with_both_moments(field, cut, [own, own]) == own).all()


def test_the_ends_of_a_film_show_their_own_two_fields() -> None:
    """Where the field on one side is missing, a frame may equal its source frame with both fields."""
    field, same = cell(120), cell(100)
    for others in ([], [cell(97)]):
        assert (with_both_moments(field, same, others) == same).all()
