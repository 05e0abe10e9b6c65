"""Time: spans, frame tables and how long shots are cut."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.timing import FrameTable, Span, cut_evenly, table_from_pts


def test_a_span_holds_its_start_and_not_its_stop() -> None:
    """Spans are half open, and never empty."""
    span = Span(3, 6)
    assert [i for i in range(8) if i in span] == [3, 4, 5]
    assert len(span) == 3
    with pytest.raises(ValueError, match="0 <= start < stop"):
        Span(4, 4)


def test_context_ends_where_the_shot_ends() -> None:
    """A widened span never leaves the span it lies within."""
    assert Span(10, 20).widened(4, Span(8, 40)) == Span(8, 24)


@given(st.integers(0, 1000), st.integers(1, 1000), st.integers(1, 200))
def test_even_cuts_cover_the_span_once(start: int, length: int, bound: int) -> None:
    """Pieces follow one another, none exceeds the bound, and none is more than one frame longer."""
    span = Span(start, start + length)
    pieces = cut_evenly(span, bound)
    assert pieces[0].start == span.start
    assert pieces[-1].stop == span.stop
    assert all(a.stop == b.start for a, b in itertools.pairwise(pieces))
    sizes = {len(piece) for piece in pieces}
    assert max(sizes) <= bound
    assert max(sizes) - min(sizes) <= 1


def test_stamps_must_increase() -> None:
    """A table whose PTS repeat or go back cannot be made."""
    with pytest.raises(ValueError, match="increase"):
        FrameTable(Fraction(1, 25), (0, 1, 1), (1, 1, 1))


def test_variable_rates_keep_their_stamps() -> None:
    """Durations are distances between PTS; the last one is given, or repeats the one before."""
    table = table_from_pts(Fraction(1, 1000), [0, 40, 120, 130])
    assert table.durations == (40, 80, 10, 10)
    assert table_from_pts(Fraction(1, 1000), [0, 40], 70).end == Fraction(110, 1000)
    assert table.rate == Fraction(4 * 1000, 140)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40), st.integers(0, 5000))
def test_the_frame_on_the_screen_is_found(distances: list[int], start: int) -> None:
    """At its own PTS and just before the next one's, a frame is the one that is shown."""
    pts = [start]
    for distance in distances:
        pts.append(pts[-1] + distance)
    table = table_from_pts(Fraction(1, 600), pts)
    for index in range(len(table) - 1):
        assert table.index_at(table.seconds(index)) == index
        assert table.index_at(table.seconds(index + 1) - Fraction(1, 10**6)) == index
