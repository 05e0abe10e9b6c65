"""What the survey finds about the fields of a shot, and which fields show the same moment.

Fields are counted in the order in which they are shown: fields 2i and 2i + 1 belong to frame i.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import with_config

from restore.clip import Fields
from restore.framemap import MappedFrame
from restore.treatments.treatment import STRICT

FieldKind = Literal["progressive", "video", "film", "blended", "unknown"]
"""How moments and fields of a stretch belong together.

progressive  both fields of every frame show one moment; frames may be repeated
video        every field shows a moment of its own
film         a moment has two or more fields, but not always those of one frame
blended      fields that mix two moments (standards conversion)
unknown      no cadence is certain: too little motion, or signs that contradict each other
"""

PATTERNS: dict[tuple[int, ...], str] = {
    (1,): "video",
    (2,): "2:2",
    (2, 3): "3:2",
    (2, 3, 3, 2): "2:3:3:2",
    (2,) * 11 + (3,): "24 to 25, repeated field",
    (2,) * 23 + (4,): "24 to 25, repeated frame",
}
"""Names of the numbers of fields that moments have in turn; "2:2" one field late is called PsF."""


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive fields of one kind.

    start, stop  the first field and the one after the last, counted from the shot's first field
    order        which field of a frame is shown first; None: not known, or of no importance
    pattern      how many fields the moments have in turn, again and again
    phase        how many fields of the pattern have passed before `start`
    """

    start: int
    stop: int
    kind: FieldKind
    order: Fields | None = None
    pattern: tuple[int, ...] = (2,)
    phase: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.stop:
            raise ValueError("a stretch has at least one field")
        if not self.pattern or min(self.pattern) < 1 or not 0 <= self.phase < sum(self.pattern):
            raise ValueError("the phase is a field of the pattern")


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class ShotFields:
    """The fields of one shot.

    stretches    cover the shot's fields in order
    repeats      frames of the shot (0 = its first) that repeat the frame before, whatever the pattern
    soft         the film's times are those of a pulldown that players make (repeat-field flags)
    swapped      the fields of every frame are exchanged: each has the other's rows
    mixed        video (titles) was laid over film
    unsettled    no cadence is regular in a part of the shot, which is treated as video
    progressive_chroma  the chroma of interlaced frames was made as if they were progressive
    lead, tail   the first (last) field shows the shot before (after): the cut is between two fields
    kept         for a shot of result frames: the row of fields that each one has ("w": both, "t": top,
                 "b": bottom); empty for the shots of a survey
    """

    stretches: tuple[Stretch, ...]
    repeats: tuple[int, ...] = ()
    soft: bool = False
    swapped: bool = False
    mixed: bool = False
    unsettled: bool = False
    progressive_chroma: bool = False
    lead: bool = False
    tail: bool = False
    kept: str = ""

    def __post_init__(self) -> None:
        edges = [stretch.start for stretch in self.stretches]
        stops = [stretch.stop for stretch in self.stretches]
        if edges[:1] != [0] or edges[1:] != stops[:-1]:
            raise ValueError("stretches cover the fields of a shot once and in order")


@dataclass(frozen=True, slots=True)
class Moment:
    """Consecutive fields, counted from the shot's first, that show the same moment.

    `whole` is False if the pattern has fields of it outside the stretch; `first` is where the pattern begins
    it, `start` or before.
    """

    start: int
    stop: int
    whole: bool


def moments(stretch: Stretch) -> Iterator[Moment]:
    """The moments of a stretch in order; they cover its fields."""
    place, turn = stretch.start - stretch.phase, 0
    while place < stretch.stop:
        stop = place + stretch.pattern[turn % len(stretch.pattern)]
        start, end = max(place, stretch.start), min(stop, stretch.stop)
        if end > start:
            yield Moment(start, end, (start, end) == (place, stop))
        place, turn = stop, turn + 1


def mapped_fields(found: ShotFields | None, rows: Sequence[MappedFrame]) -> ShotFields | None:
    """The fields of a shot of result frames that are made of these; those of a shot may not be known."""
    kept = "".join("b" if row.top is None else "t" if row.bottom is None else "w" for row in rows)
    if found is None and set(kept) == {"w"}:
        return None
    unknown = ShotFields((Stretch(0, 2 * len(rows), "unknown"),))
    return replace(found or unknown, kept=kept)
