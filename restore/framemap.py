"""The frame map: for every frame of the result the source frames or fields it consists of, its time, and why.

Source frames are counted in the survey's frame table. Result frames are counted in the map. Shots,
segments, decisions, receipts and parts count result frames; surveys, thumbnails and decoders count source
frames; the map translates. Nothing else may assume that both counts are equal.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Discriminator

from restore.timing import FrameTable, Span

Why = Literal["same", "field", "matched", "repeat-dropped", "retimed"]
"""How a result frame was made.

same            one source frame at its own time
field           one field of a source frame, interpolated to a whole frame
matched         the top field of one source frame and the bottom field of another
repeat-dropped  one source frame; the source frames next to it that repeat it are left out
retimed         one source frame at another time than its own
"""

Runs = tuple[tuple[int, int, int], ...]
"""Integers as (first value, step, count): 3, 5, 7, 20 are ((3, 2, 3), (20, 0, 1))."""

NO_FIELD = -1
"""In a list of source frames: the result frame has no such field."""


@dataclass(frozen=True, slots=True)
class MappedFrame:
    """One result frame: the source frames of its top and bottom field (None: interpolated), and why."""

    top: int | None
    bottom: int | None
    why: Why = "same"

    def __post_init__(self) -> None:
        lone = self.top is None or self.bottom is None
        sources = self.sources
        if not sources or sources[0] < 0:
            raise ValueError("a result frame consists of at least one source frame")
        if lone != (self.why == "field") or (len(sources) == 2) != (self.why == "matched"):
            raise ValueError(
                f"{self.top} and {self.bottom} do not make a frame that is {self.why!r}"
            )

    @property
    def sources(self) -> tuple[int, ...]:
        """The source frames that it is made of: one, or two in ascending order."""
        top, bottom = self.top, self.bottom
        if top is None:
            return () if bottom is None else (bottom,)
        if bottom is None or top == bottom:
            return (top,)
        return (top, bottom) if top < bottom else (bottom, top)

    @property
    def whole(self) -> bool:
        """Whether it is one source frame, unchanged."""
        return self.top == self.bottom


@dataclass(frozen=True, slots=True)
class IdentityMap:
    """Every source frame is one result frame, at its own time."""

    kind: Literal["identity"] = field(default="identity", kw_only=True)
    frames: int

    def __len__(self) -> int:
        return self.frames

    @property
    def source(self) -> int:
        """How many source frames it maps."""
        return self.frames

    def mapped(self, index: int) -> MappedFrame:
        """What the result frame `index` is made of."""
        return MappedFrame(index, index)

    def needed(self, span: Span) -> Span:
        """The source frames from the first to the last that these result frames are made of."""
        return span

    def used(self, span: Span) -> tuple[int, ...]:
        """The source frames that these result frames are made of, in ascending order."""
        return tuple(range(span.start, span.stop))

    def made_of(self, source: Span) -> Span | None:
        """The result frames whose first source frame is in `source`; None if there are none."""
        return source

    def carrier(self, source: int) -> int:
        """The result frame that carries a source frame's captions and other data."""
        return source

    def table(self, source: FrameTable) -> FrameTable:
        """When each result frame is shown, given when each source frame is."""
        _check_length(self.frames, source)
        return source


@dataclass(frozen=True)
class ListedMap:
    """A map that lists every result frame, run by run.

    source            how many source frames it maps
    top, bottom       for each result frame the source frame that gives the field (NO_FIELD: none)
    time_base         seconds; the unit of `pts` and `durations`
    pts, durations    when each result frame is shown, and for how long
    why               reasons as (reason, count)

    Raises ValueError unless source frames keep their order, PTS increase, and every source frame is used
    or next to a result frame whose repeats are dropped.
    """

    kind: Literal["listed"] = field(default="listed", kw_only=True)
    source: int
    time_base: Fraction
    top: Runs
    bottom: Runs
    pts: Runs
    durations: Runs
    why: tuple[tuple[Why, int], ...]

    def __post_init__(self) -> None:
        if self.time_base <= 0 or not self.rows:
            raise ValueError("a frame map needs a frame and a positive time base")
        if any(duration <= 0 for duration in self._times.durations):
            raise ValueError("every result frame must be shown for some time")
        for sources in self._edges:
            if any(a > b for a, b in itertools.pairwise(sources)):
                raise ValueError("source frames must keep their order")
        _check_dropped(self.source, self.rows, *self._edges)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def rows(self) -> tuple[MappedFrame, ...]:
        """What every result frame is made of."""
        why: list[Why] = []
        for reason, count in self.why:
            why.extend(reason for _ in range(count))
        fields = (_values(self.top), _values(self.bottom), why)
        return tuple(
            MappedFrame(_known(top), _known(bottom), reason)
            for top, bottom, reason in zip(*fields, strict=True)
        )

    @cached_property
    def _times(self) -> FrameTable:
        times = FrameTable(self.time_base, tuple(_values(self.pts)), tuple(_values(self.durations)))
        _check_length(len(self.rows), times)
        return times

    @cached_property
    def _edges(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The first and the last source frame of every result frame."""
        sources = [row.sources for row in self.rows]
        return tuple(each[0] for each in sources), tuple(each[-1] for each in sources)

    @property
    def _firsts(self) -> tuple[int, ...]:
        return self._edges[0]

    @property
    def _lasts(self) -> tuple[int, ...]:
        return self._edges[1]

    @property
    def frames(self) -> int:
        """How many result frames there are."""
        return len(self.rows)

    def mapped(self, index: int) -> MappedFrame:
        """What the result frame `index` is made of."""
        return self.rows[index]

    def needed(self, span: Span) -> Span:
        """The source frames from the first to the last that these result frames are made of."""
        return Span(self._firsts[span.start], self._lasts[span.stop - 1] + 1)

    def used(self, span: Span) -> tuple[int, ...]:
        """The source frames that these result frames are made of, in ascending order."""
        rows = self.rows[span.start : span.stop]
        return tuple(sorted({index for row in rows for index in row.sources}))

    def made_of(self, source: Span) -> Span | None:
        """The result frames whose first source frame is in `source`; None if there are none."""
        start, stop = (bisect_left(self._firsts, edge) for edge in (source.start, source.stop))
        return Span(start, stop) if start < stop else None

    def carrier(self, source: int) -> int:
        """The result frame that carries a source frame's captions and other data.

        It is the first one made of that frame, or the one before a frame that is left out.
        """
        place = bisect_left(self._lasts, source)
        if place < len(self.rows) and self._firsts[place] <= source:
            return place
        return max(0, place - 1)

    def table(self, source: FrameTable) -> FrameTable:
        """When each result frame is shown, given when each source frame is."""
        _check_length(self.source, source)
        return self._times


FrameMap = Annotated[IdentityMap | ListedMap, Discriminator("kind")]
"""The map in a plan; as JSON an object whose `kind` states which of the two it is."""


def listed_map(source: int, rows: Sequence[MappedFrame], times: FrameTable) -> ListedMap:
    """The map of `source` source frames to result frames of this make, shown at these times."""
    _check_length(len(rows), times)
    tops, bottoms = (
        [NO_FIELD if index is None else index for index in field_of]
        for field_of in ([row.top for row in rows], [row.bottom for row in rows])
    )
    why: list[tuple[Why, int]] = []
    for row in rows:
        if why and why[-1][0] == row.why:
            why[-1] = (row.why, why[-1][1] + 1)
        else:
            why.append((row.why, 1))
    return ListedMap(
        source=source,
        time_base=times.time_base,
        top=runs_of(tops),
        bottom=runs_of(bottoms),
        pts=runs_of(times.pts),
        durations=runs_of(times.durations),
        why=tuple(why),
    )


def runs_of(values: Iterable[int]) -> Runs:
    """Integers as arithmetic runs, each as long as possible."""
    runs: list[tuple[int, int, int]] = []
    for value in values:
        first, step, count = runs[-1] if runs else (0, 0, 0)
        if count == 1:
            runs[-1] = (first, value - first, 2)
        elif count > 1 and value == first + step * count:
            runs[-1] = (first, step, count + 1)
        else:
            runs.append((value, 0, 1))
    return tuple(runs)


def described(frame_map: FrameMap) -> str | None:
    """A map in one line; None for the identity."""
    if isinstance(frame_map, IdentityMap):
        return None
    totals: dict[str, int] = {}
    for reason, count in frame_map.why:
        totals[reason] = totals.get(reason, 0) + count
    used = len(frame_map.used(Span(0, len(frame_map))))
    counts = ", ".join(f"{count} {reason}" for reason, count in totals.items())
    return f"{frame_map.frames} frames are made of {used} of {frame_map.source} source frames: {counts}"


def _known(index: int) -> int | None:
    return None if index == NO_FIELD else index


def _values(runs: Runs) -> Iterator[int]:
    for first, step, count in runs:
        yield from (first + step * place for place in range(count))


def _check_length(expected: int, table: FrameTable) -> None:
    if len(table) != expected:
        raise ValueError(f"the frame map is for {expected} frames, the table has {len(table)}")


def _check_dropped(
    source: int, rows: Sequence[MappedFrame], firsts: Sequence[int], lasts: Sequence[int]
) -> None:
    """Raise ValueError for source frames that are neither used nor dropped as repeats."""
    if lasts[-1] >= source:
        raise ValueError(f"source frame {lasts[-1]} is not one of {source}")
    used = {*firsts, *lasts}
    for index in range(source):
        if index in used:
            continue
        place = bisect_left(lasts, index)
        if all(row.why != "repeat-dropped" for row in rows[max(0, place - 1) : place + 1]):
            raise ValueError(f"source frame {index} is neither used nor dropped as a repeat")
