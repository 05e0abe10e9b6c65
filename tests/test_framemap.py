"""The frame map: what result frames are made of, when they are shown, and what is refused."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from restore.framemap import (
    FrameMap,
    IdentityMap,
    ListedMap,
    MappedFrame,
    Why,
    described,
    listed_map,
    runs_of,
)
from restore.timing import FrameTable, Span, table_from_pts
from tests.framemaps import bobbed, every_second, matched_pulldown, retimed

FORM: TypeAdapter[FrameMap] = TypeAdapter(FrameMap)


def table(count: int) -> FrameTable:
    """So many frames at 25 a second."""
    return table_from_pts(Fraction(1, 25), range(count))


@st.composite
def maps(draw: st.DrawFn) -> ListedMap:
    """Any map that a planner may make: frames kept, dropped, repeated, split into fields and matched."""
    rows: list[MappedFrame] = []
    source = 0
    for _ in range(draw(st.integers(1, 30))):
        why: Why = draw(st.sampled_from(["same", "field", "matched", "repeat-dropped", "retimed"]))
        if why == "matched":
            pair = draw(st.sampled_from([(source, source + 1), (source + 1, source)]))
            rows.append(MappedFrame(*pair, why))
            source += 2
        elif why == "field":
            rows += [MappedFrame(source, None, why), MappedFrame(None, source, why)]
            source += 1
        else:
            rows.append(MappedFrame(source, source, why))
            source += draw(st.integers(1, 4)) if why == "repeat-dropped" else 1
    steps = draw(st.lists(st.integers(1, 9), min_size=len(rows), max_size=len(rows)))
    start = draw(st.integers(-100, 100))
    pts = tuple(start + sum(steps[:place]) for place in range(len(rows)))
    base = Fraction(1, draw(st.integers(1, 90_000)))
    return listed_map(source, rows, FrameTable(base, pts, tuple(steps)))


@given(maps())
def test_a_map_survives_its_json(frame_map: ListedMap) -> None:
    """What is read back is the same map, and gives the same text again."""
    text = FORM.dump_json(frame_map)
    back = FORM.validate_json(text)
    assert back == frame_map
    assert back.rows == frame_map.rows
    assert FORM.dump_json(back) == text


@given(maps())
def test_every_source_frame_is_accounted_for(frame_map: ListedMap) -> None:
    """It is in a result frame, or next to one whose repeats were dropped."""
    used = set(frame_map.used(Span(0, len(frame_map))))
    for index in range(frame_map.source):
        around = {frame_map.carrier(index), min(frame_map.carrier(index) + 1, len(frame_map) - 1)}
        reasons = {frame_map.mapped(place).why for place in around}
        assert index in used or "repeat-dropped" in reasons


@given(maps())
def test_times_rise_and_belong_to_the_map(frame_map: ListedMap) -> None:
    """Every result frame is shown after the one before, as given to the map."""
    times = frame_map.table(table(frame_map.source))
    assert len(times) == len(frame_map)
    assert all(a < b for a, b in itertools.pairwise(times.pts))
    with pytest.raises(ValueError, match="frame map is for"):
        frame_map.table(table(frame_map.source + 1))


@given(maps(), st.data())
def test_spans_of_source_frames_cover_the_result_once(
    frame_map: ListedMap, data: st.DataObject
) -> None:
    """Cut the source anywhere: every result frame belongs to one piece, in order."""
    cuts = data.draw(st.sets(st.integers(1, max(1, frame_map.source - 1))))
    edges = sorted({0, frame_map.source} | {cut for cut in cuts if cut < frame_map.source})
    pieces = [frame_map.made_of(Span(a, b)) for a, b in itertools.pairwise(edges)]
    covered = [index for span in pieces if span for index in range(span.start, span.stop)]
    assert covered == list(range(len(frame_map)))


@given(maps(), st.data())
def test_what_a_span_needs_is_all_that_it_uses(frame_map: ListedMap, data: st.DataObject) -> None:
    """The source frames to decode for some result frames hold those that they are made of."""
    start = data.draw(st.integers(0, len(frame_map) - 1))
    stop = data.draw(st.integers(start + 1, len(frame_map)))
    span = Span(start, stop)
    needed, used = frame_map.needed(span), frame_map.used(span)
    assert (needed.start, needed.stop) == (used[0], used[-1] + 1)
    made = {index for k in range(start, stop) for index in frame_map.mapped(k).sources}
    assert set(used) == made


@given(st.lists(st.integers(-50, 50), max_size=60))
def test_runs_give_their_integers_back(values: list[int]) -> None:
    """Any integers, in order."""
    found = [first + step * k for first, step, count in runs_of(values) for k in range(count)]
    assert found == values


def test_the_identity_is_one_short_object() -> None:
    """Nothing but how many frames there are; it asks no more of any film."""
    assert json.loads(FORM.dump_json(IdentityMap(120))) == {"kind": "identity", "frames": 120}
    identity = IdentityMap(120)
    span = Span(7, 20)
    assert identity.needed(span) == identity.made_of(span) == span
    assert identity.table(table(120)) == table(120)
    assert identity.mapped(5) == MappedFrame(5, 5)
    assert described(identity) is None
    with pytest.raises(ValueError, match="frame map is for"):
        identity.table(table(119))


def test_regular_maps_stay_small_whatever_their_length() -> None:
    """A film of an hour without every second frame is a line; a retimed one, too."""
    hour = table(90_000)
    for frame_map in (every_second(hour), retimed(hour, Fraction(25, 24))):
        assert len(FORM.dump_json(frame_map)) < 300


def test_a_retiming_keeps_its_beginning_and_is_exact() -> None:
    """25 frames a second become 24: not one PTS is rounded, wherever the film begins."""
    film = table_from_pts(Fraction(1, 90_000), range(7201, 7201 + 3600 * 50, 3600), 3600)
    slower = retimed(film, Fraction(25, 24)).table(film)
    assert slower.start == film.start
    assert slower.rate == 24
    assert slower.end - slower.start == (film.end - film.start) * Fraction(25, 24)


def test_captions_follow_their_frames() -> None:
    """Those of a dropped frame go to the frame before it, those of two fields to the frame they make."""
    dropped = every_second(table(10))
    assert [dropped.carrier(index) for index in range(10)] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    pulldown = matched_pulldown(table(10))
    assert [pulldown.carrier(index) for index in range(10)] == [0, 1, 2, 2, 3, 4, 5, 6, 6, 7]
    assert [bobbed(table(3)).carrier(index) for index in range(3)] == [0, 2, 4]


def test_a_map_is_described_in_a_line() -> None:
    """How many frames become how many, and why."""
    reported = described(matched_pulldown(table(10)))
    assert reported == (
        "8 frames are made of 10 of 10 source frames: 4 same, 2 matched, 2 repeat-dropped"
    )


@pytest.mark.parametrize(
    ("rows", "source", "said"),
    [
        ([(0, 0), (2, 2)], 3, "source frame 1 is neither used nor dropped"),
        ([(1, 1)], 2, "source frame 0 is neither used nor dropped"),
        ([(0, 0)], 2, "source frame 1 is neither used nor dropped"),
        ([(0, 0), (1, 1)], 1, "source frame 1 is not one of 1"),
        ([(1, 1), (0, 0)], 2, "keep their order"),
    ],
)
def test_maps_that_lose_or_swap_frames_are_refused(
    rows: list[tuple[int, int]], source: int, said: str
) -> None:
    """A frame that is left out without a reason, one that the film has not, and disorder."""
    with pytest.raises(ValueError, match=said):
        listed_map(source, [MappedFrame(*row) for row in rows], table(len(rows)))


@pytest.mark.parametrize(
    ("top", "bottom", "why"),
    [
        (None, None, "field"),
        (3, None, "same"),
        (3, 3, "field"),
        (3, 4, "same"),
        (3, 3, "matched"),
        (-1, -1, "same"),
    ],
)
def test_reasons_fit_what_a_frame_is_made_of(top: int | None, bottom: int | None, why: Why) -> None:
    """One field alone is `field`, fields of two frames are `matched`, anything else is a whole frame."""
    with pytest.raises(ValueError, match=r"consists of|do not make"):
        MappedFrame(top, bottom, why)


def test_times_that_cannot_be_are_refused() -> None:
    """A frame that is shown for no time, and lists of different lengths."""
    good = every_second(table(6))
    with pytest.raises(ValueError, match="shown for some time"):
        replace(good, durations=((0, 0, 3),))
    with pytest.raises(ValueError, match=r"shorter|longer"):
        replace(good, why=(("repeat-dropped", 2),))
    with pytest.raises(ValueError, match="both a PTS"):
        replace(good, pts=((0, 1, 2),))
    with pytest.raises(ValueError, match="needs a frame"):
        replace(good, top=(), bottom=(), pts=(), durations=(), why=())
