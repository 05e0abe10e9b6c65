"""Sequences of fields: alternating parity, context without fields of other shots, the same in every piece."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from restore.treatments.deinterlace.field_windows import (
    WHOLE,
    FieldWindow,
    Mode,
    ShotFrames,
    field_windows,
)

RADIUS = 4


def windows(shot: ShotFrames, start: int = 0, stop: int | None = None) -> list[FieldWindow]:
    """The windows of some frames, or of all."""
    return [*field_windows(shot, start, len(shot.kept) if stop is None else stop, RADIUS)]


def test_frames_of_both_fields_need_nothing() -> None:
    """A progressive shot has no window."""
    assert windows(ShotFrames(WHOLE * 5, "field")) == []


def test_every_field_is_a_frame() -> None:
    """In field mode the frames themselves are the sequence."""
    (window,) = windows(ShotFrames("tbtb", "field"))
    assert window.fields == ((0, 0), (1, 1), (2, 0), (3, 1))
    assert window.wanted == ((0, 0), (1, 1), (2, 2), (3, 3))


def test_second_fields_are_context_of_first_ones() -> None:
    """In frame mode each frame also has the other field of its source frame, which follows it."""
    (window,) = windows(ShotFrames("bb", "frame"))
    assert window.fields == ((0, 1), (0, 0), (1, 1), (1, 0))
    assert window.wanted == ((0, 0), (1, 2))


def test_a_single_good_field_stands_alone() -> None:
    """The other field is damaged: it is no context."""
    assert [w.fields for w in windows(ShotFrames("tt", "single"))] == [((0, 0),), ((1, 0),)]


def test_a_lone_field_between_film_frames_uses_both_of_their_fields() -> None:
    """The neighbors' fields are ordered so that parities alternate."""
    (window,) = windows(ShotFrames("wwbw", "field"))
    assert window.fields == ((0, 1), (0, 0), (1, 1), (1, 0), (2, 1), (3, 0), (3, 1))
    assert window.wanted == ((2, 4),)


def test_a_field_of_the_shot_before_is_apart() -> None:
    """A cut between the two fields of the first frame: neither side is context of the other."""
    shot = ShotFrames("tbtb", "field", lead=True)
    assert [w.fields for w in windows(shot)] == [((0, 0),), ((1, 1), (2, 0), (3, 1))]


def test_a_field_of_the_shot_after_is_apart() -> None:
    """The same at the end of a shot."""
    shot = ShotFrames("tbtb", "field", tail=True)
    assert [w.fields for w in windows(shot)] == [((0, 0), (1, 1), (2, 0)), ((3, 1),)]


def test_two_fields_alone_have_windows_of_their_own() -> None:
    """They do not show whether anything moves."""
    assert [w.fields for w in windows(ShotFrames("tb", "field"))] == [((0, 0),), ((1, 1),)]
    assert [w.fields for w in windows(ShotFrames("t", "frame"))] == [((0, 0),)]


@st.composite
def shots(draw: st.DrawFn) -> ShotFrames:
    """Any shot."""
    mode: Mode = draw(st.sampled_from(["field", "frame", "single"]))
    kept = draw(st.text("tbw", min_size=1, max_size=20))
    return ShotFrames(kept, mode, draw(st.booleans()), draw(st.booleans()))


@given(shots())
def test_parities_alternate_and_each_frame_is_made_once(shot: ShotFrames) -> None:
    """Every frame of one field is wanted exactly once, at its own field."""
    made: list[int] = []
    for window in windows(shot):
        parities = [parity for _, parity in window.fields]
        assert all(a != b for a, b in itertools.pairwise(parities))
        for frame, place in window.wanted:
            assert window.fields[place] == (frame, "tb".index(shot.kept[frame]))
            made.append(frame)
    assert made == [frame for frame, parity in enumerate(shot.kept) if parity != WHOLE]


@given(shots(), st.data())
def test_a_piece_of_a_shot_sees_the_same_neighbors(shot: ShotFrames, data: st.DataObject) -> None:
    """The fields around a wanted one, up to the radius, do not depend on where a shot is divided."""
    start = data.draw(st.integers(0, len(shot.kept) - 1))
    stop = data.draw(st.integers(start + 1, len(shot.kept)))

    def around(found: list[FieldWindow]) -> dict[int, tuple[tuple[int, int], ...]]:
        return {
            frame: window.fields[max(0, place - RADIUS) : place + RADIUS + 1]
            for window in found
            for frame, place in window.wanted
        }

    whole, piece = around(windows(shot)), around(windows(shot, start, stop))
    assert piece == {frame: fields for frame, fields in whole.items() if start <= frame < stop}
