"""The frame map of a film with fields: which fields become which frames of the result, and when."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from restore.clip import Fields
from restore.framemap import FrameMap, IdentityMap, MappedFrame, listed_map
from restore.plan.field_clock import FIELD_TICKS, FieldClock, field_clock
from restore.survey.findings import Shot, Survey
from restore.timing import FrameTable
from restore.treatments.deinterlace import FieldHandling
from restore.treatments.deinterlace.shot_fields import ShotFields, Stretch, moments


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch counted in the film's fields, and what is done with it."""

    stretch: Stretch
    handling: FieldHandling
    repeats: frozenset[int] = frozenset()
    soft: bool = False
    lead: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    """A result frame; `time` in ticks of the clock, and the earliest one that it may have."""

    made_of: MappedFrame
    time: int
    earliest: int


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
    rows = [row for part in parts for row in _rows(part, clock, tagged)]
    rows = _ascending(_with_drops(rows, len(frames)), clock.end)
    if speed is None and all(row.made_of.why == "same" for row in rows):
        return IdentityMap(len(frames))
    if speed is not None:
        return _at_speed(len(frames), rows, frames, speed)
    ends = [*(row.time for row in rows[1:]), clock.end]
    durations = [end - row.time for row, end in zip(rows, ends, strict=True)]
    pts = [row.time for row in rows]
    unit = math.gcd(FIELD_TICKS, *pts, *durations)
    times = FrameTable(
        frames.time_base * unit / FIELD_TICKS,
        tuple(value // unit for value in pts),
        tuple(value // unit for value in durations),
    )
    return listed_map(len(frames), [row.made_of for row in rows], times)


def _parts(
    shots: Sequence[Shot], handling: Sequence[FieldHandling], tagged: Fields | None
) -> Iterator[_Part]:
    """The stretches of all shots; those without a measure are one stretch whose fields are not known."""
    for shot, asked in zip(shots, handling, strict=True):
        first, count = 2 * shot.span.start, 2 * len(shot.span)
        found: ShotFields | None = shot.measures.get("deinterlace")
        if found is None:
            found = ShotFields((Stretch(0, count, "unknown", tagged),))
        repeats = frozenset(shot.span.start + place for place in found.repeats)
        for number, stretch in enumerate(found.stretches):
            own = _as_treated(stretch, found)
            moved = replace(own, start=stretch.start + first, stop=stretch.stop + first)
            lead = found.lead and number == 0
            yield _Part(moved, asked, repeats, found.soft, lead)


def _as_treated(stretch: Stretch, found: ShotFields) -> Stretch:
    """The stretch as what it is treated: exchanged fields stay, film under video titles is video."""
    if found.swapped:
        return replace(stretch, kind="blended")
    if found.mixed and stretch.kind == "film":
        return replace(stretch, kind="video", pattern=(1,), phase=0)
    return stretch


def _joined(parts: Iterator[_Part]) -> list[_Part]:
    """The stretches of film without interruptions by cuts; a first field of the shot before joins that."""
    joined: list[_Part] = []
    for part in parts:
        stretch = part.stretch
        last = joined[-1] if joined else None
        if last is not None and part.lead and _matches(last):
            last = replace(last, stretch=replace(last.stretch, stop=stretch.start + 1))
            joined[-1] = last
            if len(_fields(stretch)) == 1:
                continue
            stretch = _without_first(stretch)
            part = replace(part, stretch=stretch, lead=False)
        if last is not None and _continues(last, part):
            whole = replace(last.stretch, stop=stretch.stop)
            joined[-1] = replace(last, stretch=whole, repeats=last.repeats | part.repeats)
        else:
            joined.append(part)
    return joined


def _matches(part: _Part) -> bool:
    return part.stretch.kind == "film" and part.handling.film


def _fields(stretch: Stretch) -> range:
    return range(stretch.start, stretch.stop)


def _without_first(stretch: Stretch) -> Stretch:
    phase = (stretch.phase + 1) % sum(stretch.pattern)
    return replace(stretch, start=stretch.start + 1, phase=phase)


def _continues(last: _Part, part: _Part) -> bool:
    """Whether a part has the same treatment and cadence as the one before, without a break."""
    one, other = last.stretch, part.stretch
    alike = (one.kind, one.order, one.pattern) == (other.kind, other.order, other.pattern)
    running = (one.phase + one.stop - one.start) % sum(one.pattern) == other.phase
    same = (last.handling, last.soft) == (part.handling, part.soft)
    return alike and running and same and not part.lead


def _rows(part: _Part, clock: FieldClock, tagged: Fields | None) -> Iterator[_Row]:
    """The result frames of a part."""
    stretch, asked = part.stretch, part.handling
    if _matches(part) and not asked.forced:
        yield from _film_rows(stretch, clock, tagged)
    elif asked.video != "off" and (stretch.kind == "video" or asked.forced):
        yield from _video_rows(part, clock, tagged)
    elif part.soft and asked.film:
        yield from _soft_rows(part, clock)
    else:
        yield from _frame_rows(part, clock)


def _frame_rows(part: _Part, clock: FieldClock) -> Iterator[_Row]:
    """Frames as they are; repeated ones are left out if that is asked for."""
    for index in _frames(part.stretch):
        if index in part.repeats and part.handling.repeats:
            continue
        time = clock.time(2 * index)
        yield _Row(MappedFrame(index, index), time, time)


def _frames(stretch: Stretch) -> range:
    """The frames whose first field is in a stretch; its first frame, too, if only its second field is."""
    start = stretch.start // 2 if stretch.start % 2 == 0 else stretch.start // 2 + 1
    return range(start, (stretch.stop + 1) // 2)


def _video_rows(part: _Part, clock: FieldClock, tagged: Fields | None) -> Iterator[_Row]:
    """A frame for every field, or one for every first field, or for the only good field."""
    stretch, asked = part.stretch, part.handling
    for field in _fields(stretch):
        parity = _parity(field, stretch.order or tagged)
        if asked.single is not None:
            if parity != asked.single:
                continue
            field -= field % 2
        elif asked.video == "frame":
            cut = part.lead and field == stretch.start + 1
            if (field % 2 and not cut) or (part.lead and field == stretch.start):
                continue
            field -= field % 2 if cut else 0
        time = clock.time(field)
        frame = field // 2
        yield _Row(_one_field(frame, parity), time, time)


def _one_field(frame: int, parity: int) -> MappedFrame:
    return MappedFrame(frame, None, "field") if parity == 0 else MappedFrame(None, frame, "field")


def _parity(field: int, order: Fields | None) -> int:
    """0 if a field is a top field, 1 if it is a bottom field."""
    return field % 2 if order != "bff" else 1 - field % 2


def _film_rows(stretch: Stretch, clock: FieldClock, tagged: Fields | None) -> Iterator[_Row]:
    """One frame for every moment, evenly spaced in time."""
    order = stretch.order or tagged
    clock = clock.even(stretch.start // 2, (stretch.stop + 1) // 2)
    lags = _lags(stretch)
    for moment in moments(stretch):
        lag = lags.get((moment.start - stretch.start + stretch.phase) % sum(stretch.pattern))
        own = clock.time(moment.start)
        time = own if lag is None else clock.time(moment.start, lag)
        yield _Row(_matched(moment.start, moment.stop, order), time, min(own, time))


def _lags(stretch: Stretch) -> dict[int, Fraction]:
    """By how many fields moments are shown late so that all are evenly spaced, by their phase.

    The first moment that begins in the stretch is shown at its own time.
    """
    pattern = stretch.pattern
    step = Fraction(sum(pattern), len(pattern))
    starts = [*itertools.accumulate(pattern, initial=0)][:-1]
    lags = {start: place * step - start for place, start in enumerate(starts)}
    first = next((start for start in starts if start >= stretch.phase), 0)
    return {start: lag - lags[first] for start, lag in lags.items()}


def _matched(start: int, stop: int, order: Fields | None) -> MappedFrame:
    """The frame of a moment's fields: the two of one source frame if it has such, else of two."""
    for field in range(start + start % 2, stop - 1, 2):
        return MappedFrame(field // 2, field // 2)
    if stop - start == 1:
        return _one_field(start // 2, _parity(start, order))
    by_parity = {_parity(field, order): field // 2 for field in (start, start + 1)}
    return MappedFrame(by_parity[0], by_parity[1], "matched")


def _soft_rows(part: _Part, clock: FieldClock) -> Iterator[_Row]:
    """Whole frames whose players' pulldown is replaced by even times."""
    frames = _frames(part.stretch)
    half = clock.lengths[frames.start] // 2
    even = clock.even(frames.start, frames.stop, half)
    for index in frames:
        yield _Row(MappedFrame(index, index), even.time(2 * index), clock.time(2 * index))


def _with_drops(rows: Sequence[_Row], count: int) -> list[_Row]:
    """The rows of `count` source frames with their reasons: those without a row repeat their neighbor."""
    found: list[_Row] = []
    later = [*(row.made_of.sources[0] for row in rows[1:]), count]
    for row, after in zip(rows, later, strict=True):
        made_of = row.made_of
        if made_of.why == "same":
            if after > made_of.sources[0] + 1:
                made_of = replace(made_of, why="repeat-dropped")
            elif row.time != row.earliest:
                made_of = replace(made_of, why="retimed")
        found.append(replace(row, made_of=made_of))
    return found


def _ascending(rows: Sequence[_Row], end: int) -> list[_Row]:
    """The rows with increasing times: where a break leaves too little room, a frame is shown at its field.

    The first one is shown when the film begins, the last one before its `end`.
    """
    found = [replace(rows[0], time=rows[0].earliest), *rows[1:]]
    later = end
    for place in range(len(found) - 1, -1, -1):
        row = found[place]
        if row.time >= later:
            found[place] = replace(row, time=min(row.earliest, later - 1))
        later = found[place].time
    return found


def _at_speed(count: int, rows: Sequence[_Row], frames: FrameTable, speed: Fraction) -> FrameMap:
    """The same frames, each shown for 1 / speed seconds, from the time of the first one on."""
    time_base = Fraction(
        1, math.lcm(speed.numerator, (frames.pts[0] * frames.time_base).denominator)
    )
    start, step = round(frames.start / time_base), round(1 / speed / time_base)
    pts = tuple(start + place * step for place in range(len(rows)))
    made_of = [
        replace(row.made_of, why="retimed") if row.made_of.why == "same" else row.made_of
        for row in rows
    ]
    return listed_map(count, made_of, FrameTable(time_base, pts, (step,) * len(rows)))
