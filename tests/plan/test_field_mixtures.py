"""The frame map of any mixture of fields: whatever a survey finds and a user asks for, no frame is lost."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from restore.framemap import FrameMap, IdentityMap
from restore.plan.field_map import ROOM, field_map
from restore.survey.findings import Survey
from restore.timing import FrameTable, Span, table_from_pts
from restore.treatments.deinterlace import FieldHandling
from restore.treatments.deinterlace.shot_fields import PATTERNS, ShotFields, Stretch
from tests.made import made_shot

OFF = FieldHandling(video="off", forced=False, single=None, film=False, repeats=False)

MODES = (
    OFF,
    replace(OFF, video="field"),
    replace(OFF, video="field", forced=True),
    replace(OFF, video="frame", forced=True),
)
"""`--deinterlace` off, auto, field and frame."""

HANDLINGS = tuple(
    replace(mode, single=single, film=film, repeats=repeats)
    for mode in MODES
    for single in (None, 0, 1)
    for film in (False, True)
    for repeats in (False, True)
)
"""Everything that options of a shot can ask for."""

MOST = 14
"""Frames of a shot, at most."""


@st.composite
def stretches(draw: st.DrawFn, fields: int) -> tuple[Stretch, ...]:
    """Stretches of every kind, divided anywhere, also between the fields of a frame."""
    cuts = sorted(draw(st.sets(st.integers(1, fields - 1), max_size=4)))
    found: list[Stretch] = []
    for start, stop in itertools.pairwise([0, *cuts, fields]):
        pattern = draw(
            st.sampled_from([*PATTERNS]) | st.lists(st.integers(1, 6), min_size=1).map(tuple)
        )
        found.append(
            Stretch(
                start,
                stop,
                draw(st.sampled_from(["film", "video", "progressive", "unknown", "blended"])),
                draw(st.sampled_from(["tff", "bff", None])),
                pattern,
                draw(st.integers(0, sum(pattern) - 1)),
            )
        )
    return tuple(found)


@st.composite
def shots(draw: st.DrawFn) -> tuple[int, ShotFields | None]:
    """The number of frames of a shot, and what a survey could find, if anything."""
    frames = draw(st.integers(1, MOST))
    if draw(st.integers(0, 9)) == 0:
        return frames, None
    flags = draw(st.tuples(*[st.booleans()] * 2, *[st.integers(0, 5).map(lambda n: n == 0)] * 3))
    lead, tail, soft, swapped, mixed = flags
    repeats = tuple(sorted(draw(st.sets(st.integers(0, frames - 1), max_size=4))))
    parts = draw(stretches(2 * frames))
    return frames, ShotFields(
        parts, repeats, soft=soft, swapped=swapped, mixed=mixed, lead=lead, tail=tail
    )


@st.composite
def tables(draw: st.DrawFn, frames: int) -> FrameTable:
    """Times of frames: equal, rounded, of players' pulldown, of any length, with gaps, from any PTS on."""
    base = draw(
        st.sampled_from([Fraction(1, 1000), Fraction(1, 25), Fraction(1001, 30000), Fraction(1, 1)])
    )
    lengths = draw(
        st.sampled_from([[1], [40], [33, 33, 34], [3, 2]])
        | st.lists(st.integers(1, 50), min_size=1, max_size=frames)
    )
    steps = [lengths[place % len(lengths)] for place in range(frames)]
    for place in draw(st.sets(st.integers(0, frames - 1), max_size=3)):
        steps[place] *= draw(st.integers(2, 500))
    first = draw(st.integers(-5000, 5000))
    pts = [*itertools.accumulate(steps[:-1], initial=first)]
    return table_from_pts(base, pts, steps[-1])


@st.composite
def films(draw: st.DrawFn) -> tuple[Survey, list[FieldHandling]]:
    """A survey of some shots, and what is done with the fields of each."""
    made = draw(st.lists(shots(), min_size=1, max_size=5))
    edges = [*itertools.accumulate((frames for frames, _ in made), initial=0)]
    found = [
        replace(made_shot(start, stop), measures={} if fields is None else {"deinterlace": fields})
        for (start, stop), (_, fields) in zip(itertools.pairwise(edges), made, strict=True)
    ]
    survey = Survey(draw(tables(edges[-1])), tuple(found), (), "0" * 64)
    handling = st.sampled_from(HANDLINGS)
    one = [draw(handling)] * len(made)
    each = st.lists(handling, min_size=len(made), max_size=len(made))
    return survey, draw(st.just(one) | each)


def own_times(survey: Survey) -> list[Fraction]:
    """When the source frames are shown."""
    return [survey.frames.seconds(index) for index in range(len(survey.frames))]


def left_out(found: FrameMap) -> list[int]:
    """The source frames that no result frame is made of."""
    return sorted(set(range(found.source)) - set(found.used(Span(0, len(found)))))


def may_be_left_out(survey: Survey, handling: Sequence[FieldHandling]) -> set[int]:
    """Frames that the survey found to be repeats, where these are dropped, and frames of film in video."""
    frames: set[int] = set()
    for shot, asked in zip(survey.shots, handling, strict=True):
        fields: ShotFields | None = shot.measures.get("deinterlace")
        if fields is None:
            continue
        if asked.repeats:
            frames |= {shot.span.start + place for place in fields.repeats}
        if asked.film and not asked.forced:
            film = {
                place
                for each in fields.stretches
                if each.kind == "film"
                for place in range(each.start, each.stop)
            }
            pairs = range(len(shot.span))
            frames |= {shot.span.start + k for k in pairs if {2 * k, 2 * k + 1} <= film}
    return frames


@given(films(), st.sampled_from(["tff", "bff", None]))
def test_any_mixture_has_a_map(film: tuple[Survey, list[FieldHandling]], tagged: str) -> None:
    """Results begin and end with the film, without overlaps, and each frame is shown for some time."""
    survey, handling = film
    found = field_map(survey, handling, tagged)  # type: ignore[arg-type]
    assert found.source == len(survey.frames)
    table = found.table(survey.frames)
    assert (table.start, table.end) == (survey.frames.start, survey.frames.end)
    shortest = min(b - a for a, b in itertools.pairwise([*own_times(survey), survey.frames.end]))
    assert min(table.durations) * table.time_base >= shortest / 2 / ROOM
    ends = [pts + length for pts, length in zip(table.pts, table.durations, strict=True)]
    assert ends[:-1] == [*table.pts[1:]]


@given(films())
def test_no_mixture_loses_a_frame(film: tuple[Survey, list[FieldHandling]]) -> None:
    """A source frame without a result frame is a repeat, and the one that it repeats says so."""
    survey, handling = film
    found = field_map(survey, handling)
    unused = left_out(found)
    assert set(unused) <= may_be_left_out(survey, handling)
    rows = [found.mapped(index) for index in range(len(found))]
    explained = {row.sources[0] for row in rows if row.why == "repeat-dropped"}
    assert all(index + 1 in unused for index in explained)
    for frame in unused:
        before = max(index for index in range(frame) if index not in unused)
        assert before in explained


@given(films())
def test_only_frames_at_their_own_time_are_the_same(
    film: tuple[Survey, list[FieldHandling]],
) -> None:
    """`same` frames have their source's time, rounded times aside; repeated ones keep theirs, too."""
    survey, handling = film
    found = field_map(survey, handling)
    table = found.table(survey.frames)
    for index in range(len(found)):
        row = found.mapped(index)
        if row.why == "same":
            moved = table.seconds(index) - survey.frames.seconds(row.sources[0])
            assert abs(moved) <= 2 * survey.frames.time_base


@given(films())
def test_without_a_request_any_mixture_stays(film: tuple[Survey, list[FieldHandling]]) -> None:
    """Options that are off give the identity."""
    survey, _ = film
    assert field_map(survey, [OFF] * len(survey.shots)) == IdentityMap(len(survey.frames))


@given(films(), st.fractions(Fraction(1), Fraction(60), max_denominator=1001))
def test_any_mixture_at_its_own_speed(
    film: tuple[Survey, list[FieldHandling]], speed: Fraction
) -> None:
    """With a speed the same frames are shown, from the film's start on, at this rate."""
    survey, handling = film
    usual, found = field_map(survey, handling), field_map(survey, handling, speed=speed)
    table = found.table(survey.frames)
    assert table.start == survey.frames.start
    assert {length * table.time_base for length in table.durations} == {1 / speed}
    assert table.rate == speed
    fields = [
        [(row.top, row.bottom) for row in map(each.mapped, range(len(each)))]
        for each in (usual, found)
    ]
    assert fields[0] == fields[1]
