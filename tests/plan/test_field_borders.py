"""Where fields of different kinds meet: every frame has a row, and each row its own time and reason."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import pytest

from restore.framemap import IdentityMap
from restore.plan.field_map import field_map
from restore.timing import table_from_pts
from restore.treatments.deinterlace import FieldHandling
from restore.treatments.deinterlace.shot_fields import ShotFields, Stretch
from tests.plan.test_field_map import AUTO, NTSC, OFF, rows, surveyed, times, whole

FIELD = replace(AUTO, forced=True)
FRAME = replace(AUTO, video="frame", forced=True)

PULLED = whole(10, "film", pattern=(2, 3))
"""Ten frames of film in 3:2 pulldown."""

LATE = whole(3, "film", pattern=(2,), phase=1)
"""Film whose frames begin with the second field."""


def led(*stretches: Stretch) -> ShotFields:
    """A shot whose first field shows the shot before."""
    return ShotFields(stretches, lead=True)


def test_a_forced_mode_wins_over_pulldown() -> None:
    """`--deinterlace field` and `frame` make a frame of every (first) field of film, too."""
    every = field_map(surveyed((10, PULLED)), [FIELD])
    assert [why for *_, why in rows(every)] == ["field"] * 20
    first = field_map(surveyed((10, PULLED)), [FRAME])
    assert rows(first) == [(n, None, "field") for n in range(10)]


def test_a_forced_mode_keeps_the_fields_of_each_frame() -> None:
    """A first field that shows the shot before is not joined to it; its frame shows the second field.

    Without a second field that is certain to be of the same kind, the frame shows the first one.
    """
    fields = Stretch(0, 1, "film", "tff", (2,), 1), Stretch(1, 6, "film", "tff", (2,), 0)
    found = field_map(surveyed((3, LATE), (3, led(*fields))), [FRAME, FRAME])
    assert rows(found)[3:] == [(None, 3, "field"), (4, None, "field"), (5, None, "field")]
    fields = Stretch(0, 1, "film", "tff", (2,), 1), Stretch(1, 6, "unknown")
    found = field_map(surveyed((3, LATE), (3, led(*fields))), [FRAME, FRAME])
    assert rows(found) == [(n, None, "field") for n in range(6)]


def test_film_with_one_good_field_is_not_matched() -> None:
    """`--field` uses no row of the other field, unless `--deinterlace off` keeps all."""
    found = field_map(surveyed((10, PULLED)), [replace(AUTO, single=1)])
    assert rows(found) == [(None, n, "field") for n in range(10)]
    off = replace(AUTO, video="off", single=1)
    assert len(field_map(surveyed((10, PULLED)), [off])) == 8


def test_the_good_field_is_used_where_the_order_changes() -> None:
    """Each frame has one row of its good field, also the one within which the order changes."""
    fields = ShotFields((Stretch(0, 5, "video", "tff"), Stretch(5, 10, "video", "bff")))
    found = field_map(surveyed((5, fields)), [replace(AUTO, single=1)])
    assert rows(found) == [(None, n, "field") for n in range(5)]


@pytest.mark.parametrize(
    ("handling", "second"),
    [
        (AUTO, (None, 3, "field")),
        (FIELD, (None, 3, "field")),
        (FRAME, (None, 3, "field")),
        (replace(AUTO, single=1), (None, 3, "field")),
    ],
)
def test_a_field_after_one_of_the_film_before_is_a_frame(
    handling: FieldHandling, second: tuple[int | None, int | None, str]
) -> None:
    """If the first field of a shot completes the film before, its second field is shown alone."""
    kind = "video" if handling.single is not None else "progressive"
    survey = surveyed((3, LATE), (3, led(Stretch(0, 6, kind, "tff"))))
    found = field_map(survey, [AUTO, handling])
    assert rows(found)[3:5] == [(3, 2, "matched"), second]
    assert times(found, survey)[4] == NTSC * Fraction(7, 2)


def test_the_bad_field_is_not_a_frame() -> None:
    """The second field alone is not shown if only first fields are good."""
    after = led(Stretch(0, 6, "video", "tff"))
    found = field_map(surveyed((3, LATE), (3, after)), [AUTO, replace(AUTO, single=0)])
    assert rows(found)[3:] == [(3, 2, "matched"), (4, None, "field"), (5, None, "field")]


def test_a_shot_whose_fields_stay_keeps_its_first_field() -> None:
    """The shot before then ends with a frame of its last field alone."""
    after = led(Stretch(0, 6, "progressive", "tff"))
    found = field_map(surveyed((3, LATE), (3, after)), [AUTO, OFF])
    assert rows(found)[3:5] == [(None, 2, "field"), (3, 3, "same")]


def test_fields_of_two_orders_are_not_joined() -> None:
    """The first field of a bottom-first shot is no top field of the shot before."""
    after = led(Stretch(0, 6, "video", "bff"))
    found = field_map(surveyed((3, LATE), (3, after)), [AUTO, AUTO])
    assert rows(found)[3:5] == [(None, 2, "field"), (None, 3, "field")]


@pytest.mark.parametrize("kind", ["film", "video"])
def test_progressive_frames_from_a_second_field_on(kind: str) -> None:
    """Where film or video ends within a frame, the other field of that frame is shown alone."""
    pattern = (2,) if kind == "film" else (1,)
    first = Stretch(0, 5, kind, "tff", pattern)  # type: ignore[arg-type]
    fields = ShotFields((first, Stretch(5, 10, "progressive", "tff")))
    found = field_map(surveyed((5, fields)), [AUTO])
    assert rows(found)[-4:] == [
        (2, None, "field"),
        (None, 2, "field"),
        (3, 3, "same"),
        (4, 4, "same"),
    ]


def test_the_first_frame_is_never_dropped() -> None:
    """Nothing before it shows the same."""
    fields = replace(whole(3, "progressive"), repeats=(0, 1))
    found = field_map(surveyed((3, fields)), [replace(AUTO, repeats=True)])
    assert rows(found) == [(0, 0, "repeat-dropped"), (2, 2, "same")]


def test_a_repeat_of_a_single_field_is_not_dropped() -> None:
    """The frame before shows only half of the rows."""
    fields = replace(whole(3, "progressive"), repeats=(0,))
    survey = surveyed((1, whole(1, "video")), (3, fields))
    found = field_map(survey, [replace(AUTO, repeats=True)] * 2)
    assert rows(found)[2:] == [(1, 1, "same"), (2, 2, "same"), (3, 3, "same")]


def test_repeats_in_the_pulldown_of_players_are_dropped() -> None:
    """`--repeats drop` acts in soft telecine, too; the other frames are even."""
    pts = [0, 3, 5, 8, 10, 13]
    fields = replace(whole(6, "progressive"), soft=True, repeats=(2,))
    survey = surveyed((6, fields))
    survey = replace(survey, frames=table_from_pts(Fraction(1001, 60000), pts, 2))
    found = field_map(survey, [replace(AUTO, repeats=True)])
    assert [top for top, *_ in rows(found)] == [0, 1, 3, 4, 5]
    assert times(found, survey) == [Fraction(1001, 24000) * place for place in (0, 1, 3, 4, 5)]


def test_frames_shown_before_their_fields_are_retimed() -> None:
    """In even times, frames 3 and 4 begin half a frame and a quarter earlier than in the source."""
    survey = surveyed((10, whole(10, "film", pattern=(2, 3), phase=2)))
    found = field_map(survey, [AUTO])
    assert [row for row in rows(found) if row[2] != "matched"] == [
        (0, 0, "same"),
        (3, 3, "retimed"),
        (4, 4, "retimed"),
        (5, 5, "same"),
        (8, 8, "retimed"),
        (9, 9, "retimed"),
    ]
    shown = times(found, survey)
    assert shown[2:5] == [NTSC * place for place in (Fraction(5, 2), Fraction(15, 4), 5)]


def test_frames_before_a_gap_keep_their_distance() -> None:
    """A gap is no time in which frames could be spread: the last one before it is shown longer."""
    survey = surveyed((20, whole(20, "film", pattern=(2, 3))))
    moved = tuple(pts + (5000 if place >= 10 else 0) for place, pts in enumerate(survey.frames.pts))
    survey = replace(survey, frames=table_from_pts(survey.frames.time_base, moved))
    shown = times(field_map(survey, [AUTO]), survey)
    steps = [later - time for time, later in itertools.pairwise(shown)]
    even, gap = Fraction(1001, 24000), 5 * NTSC
    assert steps == [even] * 7 + [even + gap] + [even] * 7


def test_a_change_of_rate_moves_no_frame() -> None:
    """Film of two rates in one file: each half has its own distance, and starts when it did."""
    pts = [*range(0, 40_000, 1000), *range(40_000, 88_000, 1200)]
    survey = surveyed((80, whole(80, "film", pattern=(2,), phase=1)))
    survey = replace(survey, frames=table_from_pts(Fraction(1, 25000), pts))
    found = field_map(survey, [AUTO])
    shown = times(found, survey)
    own = [pts[0], *(a + (b - a) // 2 for a, b in itertools.pairwise([*pts, 88_000]))]
    assert [time * 25_000 for time in shown] == own


def test_a_break_leaves_each_frame_its_time() -> None:
    """A frame that would be shown when the next one begins is shown with its own fields."""
    film = Stretch(0, 41, "film", "tff", (2,) * 23 + (4,))
    fields = ShotFields((film, Stretch(41, 50, "video", "tff", (1,))))
    survey = surveyed((25, fields), step=Fraction(1, 25))
    found = field_map(survey, [AUTO])
    shown = times(found, survey)
    place = rows(found).index((20, None, "field"))
    assert shown[place - 1] == Fraction(19, 24)
    assert shown[place : place + 2] == [Fraction(20, 25), Fraction(41, 50)]


def test_a_film_of_one_frame_has_a_map() -> None:
    """One frame stays, or becomes two."""
    assert field_map(surveyed((1, None)), [AUTO]) == IdentityMap(1)
    assert len(field_map(surveyed((1, None)), [FIELD])) == 2
