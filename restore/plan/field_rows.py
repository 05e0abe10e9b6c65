"""The result frames of consecutive fields that are treated alike, with their times."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from restore.clip import Fields
from restore.framemap import MappedFrame
from restore.plan.field_clock import FieldClock
from restore.treatments.deinterlace import FieldHandling
from restore.treatments.deinterlace.shot_fields import Stretch, moments

Way = Literal["film", "video", "soft", "frames"]
"""What is done with consecutive fields.

film    the fields of each moment are joined, at even times
video   frames are made of single fields
soft    frames stay whole, at even times
frames  frames stay as they are; repeated ones may be dropped
"""


@dataclass(frozen=True, slots=True)
class FieldPart:
    """A stretch counted in the film's fields, and what is done with it.

    repeats  the frames of the whole film that repeat the one before
    soft     the times are those of a pulldown that players make
    lead     the first field shows the shot before
    rest     the stretch begins with the second field of a frame that no part before shows
    """

    stretch: Stretch
    handling: FieldHandling
    repeats: frozenset[int] = frozenset()
    soft: bool = False
    lead: bool = False
    rest: bool = False

    @property
    def way(self) -> Way:
        """What is done with it: a mode that the user forces is used for all fields.

        Film is matched only if both of its fields are good.
        """
        asked, kind = self.handling, self.stretch.kind
        deinterlaced = asked.video != "off"
        alone = deinterlaced and asked.single is not None
        if kind == "film" and asked.film and not asked.forced and not alone:
            return "film"
        if deinterlaced and (kind == "video" or asked.forced or (alone and kind == "film")):
            return "video"
        return "soft" if self.soft and asked.film else "frames"


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A result frame and its times, in ticks of the clock.

    own     when its first field is shown in the source
    even    the source's time of its frame or first field, not rounded to the time base
    time    when the result frame is to be shown
    repeat  it repeats the frame before, and is dropped if that one is a whole frame
    """

    made_of: MappedFrame
    own: int
    even: int
    time: int
    repeat: bool = False


def rows_of(part: FieldPart, clock: FieldClock, tagged: Fields | None) -> Iterator[FieldRow]:
    """The result frames of a part; `tagged` is the field order where the survey found none."""
    order = part.stretch.order or tagged
    if part.way == "film":
        return _film_rows(part.stretch, clock, order)
    if part.way == "video":
        each = part.handling.video == "field" and part.handling.single is None
        return _all_fields(part, clock, order) if each else _one_of_each(part, clock, order)
    return _whole_frames(part, clock, order)


def parity_of(field: int, order: Fields | None) -> int:
    """0 if a field is a top field, 1 if it is a bottom field."""
    return field % 2 if order != "bff" else 1 - field % 2


def _one_field(frame: int, parity: int) -> MappedFrame:
    return MappedFrame(frame, None, "field") if parity == 0 else MappedFrame(None, frame, "field")


def _lone(field: int, clock: FieldClock, order: Fields | None) -> FieldRow:
    """A frame that is made of one field, at the field's time."""
    time = clock.time(field)
    return FieldRow(_one_field(field // 2, parity_of(field, order)), time, time, time)


def _frames(stretch: Stretch) -> range:
    """The frames whose first field is in a stretch."""
    return range((stretch.start + 1) // 2, (stretch.stop + 1) // 2)


def _whole_frames(part: FieldPart, clock: FieldClock, order: Fields | None) -> Iterator[FieldRow]:
    """Frames as they are; if players make a pulldown, at even times."""
    if part.rest:
        yield _lone(part.stretch.start, clock, order)
    frames, drops = _frames(part.stretch), part.handling.repeats
    if not frames:
        return
    shown = clock
    if part.way == "soft":
        half = clock.lengths[frames.start - clock.first] // 2
        shown = clock.even(frames.start, frames.stop, half)
    for index in frames:
        own = clock.time(2 * index)
        repeat = drops and index in part.repeats
        yield FieldRow(MappedFrame(index, index), own, own, shown.time(2 * index), repeat)


def _all_fields(part: FieldPart, clock: FieldClock, order: Fields | None) -> Iterator[FieldRow]:
    """A frame for every field."""
    for field in range(part.stretch.start, part.stretch.stop):
        yield _lone(field, clock, order)


def _one_of_each(part: FieldPart, clock: FieldClock, order: Fields | None) -> Iterator[FieldRow]:
    """A frame for every first field, or for the only good field, at the time of the source frame.

    If the first field shows the shot before, the second one is used.
    """
    stretch, single = part.stretch, part.handling.single
    if part.rest and single in (None, parity_of(stretch.start, order)):
        yield _lone(stretch.start, clock, order)
    cut = part.lead and stretch.stop - stretch.start > 1
    for index in _frames(stretch):
        second = cut and 2 * index == stretch.start
        parity = parity_of(2 * index + second, order) if single is None else single
        time = clock.time(2 * index)
        yield FieldRow(_one_field(index, parity), time, time, time)


def _film_rows(stretch: Stretch, clock: FieldClock, order: Fields | None) -> Iterator[FieldRow]:
    """One frame for every moment, evenly spaced in time."""
    even = clock.even(stretch.start // 2, (stretch.stop + 1) // 2)
    lags, cycle = _lags(stretch), sum(stretch.pattern)
    for moment in moments(stretch):
        lag = lags.get((moment.start - stretch.start + stretch.phase) % cycle)
        plain = even.time(moment.start)
        time = even.time(moment.start, lag) if lag else plain
        made_of = _matched(moment.start, moment.stop, order)
        if made_of.top == made_of.bottom:
            plain = even.time(2 * made_of.sources[0])
        yield FieldRow(made_of, clock.time(moment.start), plain, time)


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
    whole = start + start % 2
    if whole + 1 < stop:
        return MappedFrame(whole // 2, whole // 2)
    if stop - start == 1:
        return _one_field(start // 2, parity_of(start, order))
    early, late = start // 2, start // 2 + 1
    if parity_of(start, order) == 0:
        return MappedFrame(early, late, "matched")
    return MappedFrame(late, early, "matched")
