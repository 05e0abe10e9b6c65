"""The frame map of films with fields: what becomes a frame of the result, and when it is shown."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.clip import Fields
from restore.framemap import FrameMap, IdentityMap
from restore.plan.field_map import field_map
from restore.survey.findings import Survey
from restore.timing import table_from_pts
from restore.treatments.deinterlace import FieldHandling
from restore.treatments.deinterlace.shot_fields import FieldKind, ShotFields, Stretch
from tests.made import made_shot

NTSC = Fraction(1001, 30000)
AUTO = FieldHandling(video="field", forced=False, single=None, film=True, repeats=False)
OFF = FieldHandling(video="off", forced=False, single=None, film=False, repeats=False)

PULLDOWNS = {
    "3:2": (2, 3),
    "2:3:3:2": (2, 3, 3, 2),
    "2:2": (2,),
    "24 to 25, field": (2,) * 11 + (3,),
    "24 to 25, frame": (2,) * 23 + (4,),
}


def surveyed(*shots: tuple[int, ShotFields | None], step: Fraction = NTSC) -> Survey:
    """Shots of so many frames with these fields, `step` seconds a frame, in a time base that is exact."""
    count = sum(frames for frames, _ in shots)
    table = table_from_pts(step / 1000, [1000 * place for place in range(count)])
    found = []
    start = 0
    for frames, fields in shots:
        shot = made_shot(start, start + frames)
        measures = {} if fields is None else {"deinterlace": fields}
        found.append(replace(shot, measures=measures))
        start += frames
    return Survey(table, tuple(found), (), "0" * 64)


def whole(frames: int, kind: FieldKind, order: Fields = "tff", **more: object) -> ShotFields:
    """One stretch over all fields of a shot."""
    return ShotFields((Stretch(0, 2 * frames, kind, order, **more),))  # type: ignore[arg-type]


def rows(frame_map: FrameMap) -> list[tuple[int | None, int | None, str]]:
    """Top, bottom and reason of every frame."""
    made = (frame_map.mapped(index) for index in range(len(frame_map)))
    return [(row.top, row.bottom, row.why) for row in made]


def times(frame_map: FrameMap, survey: Survey) -> list[Fraction]:
    """When each frame is shown, in seconds."""
    table = frame_map.table(survey.frames)
    return [table.seconds(index) for index in range(len(table))]


@pytest.mark.parametrize("kind", ["progressive", "unknown", "blended", "video", "film"])
def test_without_a_request_every_frame_stays(kind: FieldKind) -> None:
    """Whatever the fields are, options that are off give the identity."""
    assert field_map(surveyed((10, whole(10, kind))), [OFF]) == IdentityMap(10)


@pytest.mark.parametrize("kind", ["progressive", "unknown", "blended"])
def test_only_video_and_film_are_changed(kind: FieldKind) -> None:
    """Progressive, unknown and blended frames stay as they are."""
    assert field_map(surveyed((10, whole(10, kind)), (5, None)), [AUTO, AUTO]) == IdentityMap(15)


def test_exchanged_fields_stay_as_they_are() -> None:
    """Rows that belong elsewhere cannot be deinterlaced."""
    fields = replace(whole(10, "video"), swapped=True)
    assert field_map(surveyed((10, fields)), [AUTO]) == IdentityMap(10)


def test_video_over_film_is_video() -> None:
    """Matched film frames would comb the titles: each field becomes a frame."""
    fields = replace(whole(10, "film", pattern=(2, 3)), mixed=True)
    assert len(field_map(surveyed((10, fields)), [AUTO])) == 20


@pytest.mark.parametrize(("order", "first"), [("tff", "top"), ("bff", "bottom")])
def test_every_field_of_video_becomes_a_frame(order: Fields, first: str) -> None:
    """Both fields of a frame follow each other in their order, the second half a frame later."""
    survey = surveyed((3, whole(3, "video", order)))
    found = field_map(survey, [AUTO])
    both = [[(n, None, "field"), (None, n, "field")] for n in range(3)]
    ordered = [pair if first == "top" else pair[::-1] for pair in both]
    assert rows(found) == [row for pair in ordered for row in pair]
    assert times(found, survey) == [NTSC / 2 * place for place in range(6)]
    assert found.table(survey.frames).end == survey.frames.end


def test_first_fields_only_keep_the_number_of_frames() -> None:
    """`frame` makes one frame of every source frame, at its own time."""
    survey = surveyed((3, whole(3, "video", "bff")))
    found = field_map(survey, [replace(AUTO, video="frame")])
    assert rows(found) == [(None, n, "field") for n in range(3)]
    assert times(found, survey) == [NTSC * place for place in range(3)]


def test_a_frame_whose_first_field_is_of_the_shot_before_shows_its_second() -> None:
    """A cut between two fields of a frame: with one frame each, the shot's own field is taken."""
    lead = replace(whole(3, "video"), lead=True)
    found = field_map(
        surveyed((2, whole(2, "video")), (3, lead)), [replace(AUTO, video="frame")] * 2
    )
    assert rows(found)[2:] == [(None, 2, "field"), (3, None, "field"), (4, None, "field")]


def test_one_good_field_is_used_alone() -> None:
    """If the other field is missing, each frame is made of the good one."""
    found = field_map(surveyed((3, whole(3, "video"))), [replace(AUTO, single=1)])
    assert rows(found) == [(None, n, "field") for n in range(3)]


def test_forced_deinterlacing_follows_the_tags() -> None:
    """`--deinterlace field` treats frames of unknown kind, in the tagged order."""
    found = field_map(surveyed((2, None)), [replace(AUTO, forced=True)], "bff")
    assert rows(found) == [
        (None, 0, "field"),
        (0, None, "field"),
        (None, 1, "field"),
        (1, None, "field"),
    ]


def telecined(pattern: tuple[int, ...], count: int, skip: int) -> list[int]:
    """Which film frame each field shows: frames have these numbers of fields, `skip` fields are cut off."""
    shown = [k for k in range(count) for _ in range(pattern[k % len(pattern)])][skip:]
    return shown[: len(shown) // 2 * 2]


@pytest.mark.parametrize("pattern", PULLDOWNS.values(), ids=PULLDOWNS.keys())
@given(data=st.data())
def test_film_frames_come_back_from_any_phase(
    pattern: tuple[int, ...], data: st.DataObject
) -> None:
    """Every frame of the result has fields of one film frame, each film frame appears once and in order."""
    order: Fields = data.draw(st.sampled_from(["tff", "bff"]))
    skip = data.draw(st.integers(0, sum(pattern) - 1))
    shown = telecined(pattern, data.draw(st.integers(30, 60)), skip)
    frames = len(shown) // 2
    fields = whole(frames, "film", order, pattern=pattern, phase=skip)
    survey = surveyed((frames, fields))
    found = field_map(survey, [AUTO])
    tops, bottoms = (shown[::2], shown[1::2]) if order == "tff" else (shown[1::2], shown[::2])
    made = [
        {
            shown_by[index]
            for shown_by, index in ((tops, top), (bottoms, bottom))
            if index is not None
        }
        for top, bottom, _ in rows(found)
    ]
    assert all(len(of) == 1 for of in made)
    assert [next(iter(of)) for of in made] == list(dict.fromkeys(shown))


@pytest.mark.parametrize("pattern", [(2, 3), (2, 3, 3, 2)])
def test_pulldown_ends_in_the_rate_of_the_film(pattern: tuple[int, ...]) -> None:
    """40 frames of film lie in 50 of video; they are shown every 1001/24000 s."""
    survey = surveyed((50, whole(50, "film", pattern=pattern)))
    found = field_map(survey, [AUTO])
    shown = times(found, survey)
    assert len(shown) == 40
    steps = {later - time for time, later in itertools.pairwise(shown)}
    assert steps == {Fraction(1001, 24000)}


def test_24_in_25_ends_in_24() -> None:
    """24 frames in a second of 25, however the surplus is spread."""
    for pattern in ((2,) * 11 + (3,), (2,) * 23 + (4,)):
        survey = surveyed((100, whole(100, "film", pattern=pattern)), step=Fraction(1, 25))
        shown = times(field_map(survey, [AUTO]), survey)
        steps = {later - time for time, later in itertools.pairwise(shown)}
        assert (len(shown), steps) == (96, {Fraction(1, 24)})


def test_times_rounded_to_milliseconds_give_the_exact_rate() -> None:
    """In Matroska frames of 30000/1001 a second are 33 or 34 ms apart; the film's frames are even."""
    pts = [round(1000 * NTSC * place) for place in range(50)]
    survey = surveyed((50, whole(50, "film", pattern=(2, 3))))
    survey = replace(survey, frames=table_from_pts(Fraction(1, 1000), pts, 33))
    shown = times(field_map(survey, [AUTO]), survey)
    steps = {later - time for time, later in itertools.pairwise(shown)}
    assert steps == {Fraction(1001, 24000)}


def test_a_gap_in_the_times_stays() -> None:
    """Frames after a gap of the capture keep their own times."""
    survey = surveyed((20, whole(20, "film", pattern=(2, 3))))
    table = survey.frames
    moved = tuple(pts + (5000 if place >= 10 else 0) for place, pts in enumerate(table.pts))
    survey = replace(survey, frames=table_from_pts(table.time_base, moved))
    shown = times(field_map(survey, [AUTO]), survey)
    assert shown[8] == survey.frames.seconds(10)
    assert len(shown) == 16


def test_a_cut_that_breaks_the_cadence() -> None:
    """Two films cut together in mid-pattern: lone fields become frames of their own, none is lost."""
    one, other = whole(7, "film", pattern=(2, 3)), whole(8, "film", pattern=(2, 3), phase=1)
    survey = surveyed((7, one), (8, other))
    found = field_map(survey, [AUTO, AUTO])
    made = [(top, bottom) for top, bottom, _ in rows(found)]
    assert made[5:9] == [(6, 6), (7, None), (8, 8), (9, 9)]
    shown = times(found, survey)
    assert shown == sorted(set(shown))


def test_the_last_field_of_a_shot_in_the_next_frame() -> None:
    """A cut between fields: the field of the shot before completes that shot's last film frame."""
    before = whole(5, "film", pattern=(2,), phase=1)
    after = replace(
        ShotFields(
            (
                Stretch(0, 1, "film", "tff", (2,), 1),
                Stretch(1, 10, "film", "tff", (2,), 0),
            )
        ),
        lead=True,
    )
    found = field_map(surveyed((5, before), (5, after)), [AUTO, AUTO])
    assert (5, 4, "matched") in rows(found)
    assert (6, 5, "matched") in rows(found)


def test_cadence_that_runs_through_a_cut_is_not_interrupted() -> None:
    """A film that was cut before the transfer has one cadence: its frames are even across the cut."""
    one, other = whole(7, "film", pattern=(2, 3)), whole(13, "film", pattern=(2, 3), phase=4)
    together = field_map(surveyed((7, one), (13, other)), [AUTO, AUTO])
    assert together == field_map(surveyed((20, whole(20, "film", pattern=(2, 3)))), [AUTO])


def test_repeated_frames_are_dropped_on_request() -> None:
    """The frame before a repeated one is shown longer; no other time changes."""
    fields = replace(whole(6, "progressive"), repeats=(2, 5))
    survey = surveyed((6, fields))
    assert field_map(survey, [AUTO]) == IdentityMap(6)
    found = field_map(survey, [replace(AUTO, repeats=True)])
    assert rows(found) == [
        (0, 0, "same"),
        (1, 1, "repeat-dropped"),
        (3, 3, "same"),
        (4, 4, "repeat-dropped"),
    ]
    assert times(found, survey) == [NTSC * place for place in (0, 1, 3, 4)]
    assert found.table(survey.frames).end == survey.frames.end


def test_pulldown_of_players_becomes_even() -> None:
    """Repeat-field flags: frames of 3 and 2 fields in turn are shown at the film's rate."""
    steps = [3 if place % 2 == 0 else 2 for place in range(40)]
    pts = [sum(steps[:place]) for place in range(40)]
    survey = surveyed((40, replace(whole(40, "progressive"), soft=True)))
    survey = replace(survey, frames=table_from_pts(Fraction(1001, 60000), pts, 2))
    shown = times(field_map(survey, [AUTO]), survey)
    assert {b - a for a, b in itertools.pairwise(shown)} == {Fraction(1001, 24000)}
    assert field_map(survey, [OFF]) == IdentityMap(40)


def test_a_film_at_its_own_speed() -> None:
    """All frames are shown at one rate, from the time of the first one on."""
    survey = surveyed((10, None), step=Fraction(1, 25))
    found = field_map(survey, [OFF], speed=Fraction(50, 3))
    assert times(found, survey) == [Fraction(3, 50) * place for place in range(10)]
    assert {why for _, _, why in rows(found)} == {"retimed"}
