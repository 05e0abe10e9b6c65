"""The frame map of a film with fields: which fields become which frames of the result, and when."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from restore.clip import Fields
from restore.framemap import FrameMap, IdentityMap, MappedFrame, listed_map
from restore.plan.field_clock import FIELD_TICKS, ROUNDED, FieldClock, field_clock
from restore.plan.field_rows import FieldPart, FieldRow, rows_of
from restore.survey.findings import Shot, Survey
from restore.timing import FrameTable
from restore.treatments.deinterlace import FieldHandling
from restore.treatments.deinterlace.shot_fields import ShotFields, Stretch

ROOM = 24
"""A frame is shown for at least this part of the time from its first field to that of the next frame."""


def field_map(
    survey: Survey,
    handling: Sequence[FieldHandling],
    tagged: Fields | None = None,
    speed: Fraction | None = None,
) -> FrameMap:
    """The map of a film by the fields of its shots; the identity if every frame stays as it is.

    `handling` states for each shot what is done with its fields, `tagged` is the field order by the film's
    tags, `speed` the rate at which all frames are shown instead of their own times.
    """
    frames = survey.frames
    clock = field_clock(frames)
    parts = _joined(_parts(survey.shots, handling, tagged))
    made_of, pts = _made_of(parts, clock, tagged)
    if speed is not None:
        return _at_speed(len(frames), made_of, frames, speed)
    if all(row.why == "same" for row in made_of):
        return IdentityMap(len(frames))
    durations = [end - time for time, end in zip(pts, [*pts[1:], clock.end], strict=True)]
    unit = math.gcd(FIELD_TICKS, *pts, *durations)
    times = FrameTable(
        frames.time_base * unit / FIELD_TICKS,
        tuple(value // unit for value in pts),
        tuple(value // unit for value in durations),
    )
    return listed_map(len(frames), made_of, times)


def _parts(
    shots: Sequence[Shot], handling: Sequence[FieldHandling], tagged: Fields | None
) -> Iterator[FieldPart]:
    """The stretches of all shots."""
    found = [_fields_of(shot, tagged) for shot in shots]
    places = zip(shots, found, strict=True)
    repeats = frozenset(shot.span.start + n for shot, each in places for n in each.repeats)
    for shot, each, asked in zip(shots, found, handling, strict=True):
        first = 2 * shot.span.start
        for number, stretch in enumerate(each.stretches):
            own = _as_treated(stretch, each)
            moved = replace(own, start=stretch.start + first, stop=stretch.stop + first)
            yield FieldPart(moved, asked, repeats, each.soft, each.lead and number == 0)


def _fields_of(shot: Shot, tagged: Fields | None) -> ShotFields:
    """What the survey found; a shot without a measure is one stretch whose fields are not known."""
    found: ShotFields | None = shot.measures.get("deinterlace")
    return found or ShotFields((Stretch(0, 2 * len(shot.span), "unknown", tagged),))


def _as_treated(stretch: Stretch, found: ShotFields) -> Stretch:
    """The stretch as what it is treated: exchanged fields stay, film under video titles is video."""
    if found.swapped:
        return replace(stretch, kind="blended")
    if found.mixed and stretch.kind == "film":
        return replace(stretch, kind="video", pattern=(1,), phase=0)
    return stretch


def _joined(parts: Iterator[FieldPart]) -> list[FieldPart]:
    """The stretches of film without interruptions by cuts; a first field of the shot before joins that."""
    joined: list[FieldPart] = []
    for part in parts:
        stretch = part.stretch
        last = joined[-1] if joined else None
        if last is not None and part.lead and _takes_lead(last, part):
            last = replace(last, stretch=replace(last.stretch, stop=stretch.start + 1))
            joined[-1] = last
            if stretch.stop - stretch.start == 1:
                continue
            part = replace(part, stretch=_without_first(stretch), lead=False)
        if last is not None and _continues(last, part):
            whole = replace(last.stretch, stop=part.stretch.stop)
            joined[-1] = replace(last, stretch=whole)
        else:
            joined.append(replace(part, rest=last is not None and _has_rest(last, part)))
    return joined


def _takes_lead(last: FieldPart, part: FieldPart) -> bool:
    """Whether the first field of a part completes the film before it.

    The rest of that frame can only be shown alone if the fields of its own shot are treated.
    """
    orders = {last.stretch.order, part.stretch.order} - {None}
    treated = part.handling.video != "off" or part.handling.film
    return last.way == "film" and treated and len(orders) < 2


def _without_first(stretch: Stretch) -> Stretch:
    phase = (stretch.phase + 1) % sum(stretch.pattern)
    return replace(stretch, start=stretch.start + 1, phase=phase)


def _continues(last: FieldPart, part: FieldPart) -> bool:
    """Whether a part has the same treatment and cadence as the one before, without a break."""
    one, other = last.stretch, part.stretch
    alike = (one.kind, one.order, one.pattern) == (other.kind, other.order, other.pattern)
    running = (one.phase + one.stop - one.start) % sum(one.pattern) == other.phase
    same = (last.handling, last.soft) == (part.handling, part.soft)
    return alike and running and same and not part.lead


def _has_rest(last: FieldPart, part: FieldPart) -> bool:
    """Whether a part begins within a frame of which the part before shows only the first field."""
    if part.stretch.start % 2 == 0:
        return False
    if last.way == "film":
        return part.way != "film"
    fields = last.way == "video" and last.handling.video == "field" and last.handling.single is None
    return fields and part.way != "video"


def _made_of(
    parts: Sequence[FieldPart], clock: FieldClock, tagged: Fields | None
) -> tuple[list[MappedFrame], list[int]]:
    """What the result frames are made of, and when they are shown."""
    rows = _without_repeats(row for part in parts for row in rows_of(part, clock, tagged))
    times = _ascending(rows, clock.starts[0], clock.end)
    return _with_reasons(rows, times, clock), times


def _without_repeats(rows: Iterable[FieldRow]) -> list[FieldRow]:
    """The rows without repeats; one stays if the frame before is not shown as a whole."""
    kept: list[FieldRow] = []
    for row in rows:
        if not (row.repeat and kept and kept[-1].made_of.whole):
            kept.append(row)
    return kept


def _ascending(rows: Sequence[FieldRow], start: int, end: int) -> list[int]:
    """The times of the rows, increasing: where a break leaves too little room, that of a frame's field.

    The first one is shown at the film's `start`, the last one before its `end`.
    """
    own = [start, *(row.own for row in rows[1:]), end]
    times = [*own]
    for place in range(len(rows) - 1, 0, -1):
        earliest = own[place] - (own[place] - own[place - 1]) * (ROOM - 1) // ROOM
        time = max(rows[place].time, earliest)
        if time + (own[place + 1] - own[place]) // ROOM <= times[place + 1]:
            times[place] = time
    return times[:-1]


def _with_reasons(
    rows: Sequence[FieldRow], times: Sequence[int], clock: FieldClock
) -> list[MappedFrame]:
    """What the rows are made of, and why; frames that are left out repeat the one before."""
    later = [*(row.made_of.sources[0] for row in rows[1:]), len(clock.starts)]
    found: list[MappedFrame] = []
    for row, time, after in zip(rows, times, later, strict=True):
        made_of = row.made_of
        if made_of.whole:
            (frame,) = made_of.sources
            own = clock.starts[frame]
            if after > frame + 1:
                made_of = replace(made_of, why="repeat-dropped")
            elif time != own and (time != row.even or abs(time - own) > ROUNDED):
                made_of = replace(made_of, why="retimed")
        found.append(made_of)
    return found


def _at_speed(
    count: int, rows: Sequence[MappedFrame], frames: FrameTable, speed: Fraction
) -> FrameMap:
    """The same frames, each shown for 1 / speed seconds, from the time of the first one on."""
    time_base = Fraction(
        1, math.lcm(speed.numerator, (frames.pts[0] * frames.time_base).denominator)
    )
    start, step = round(frames.start / time_base), round(1 / speed / time_base)
    pts = tuple(start + place * step for place in range(len(rows)))
    made_of = [replace(row, why="retimed") if row.why == "same" else row for row in rows]
    return listed_map(count, made_of, FrameTable(time_base, pts, (step,) * len(rows)))
