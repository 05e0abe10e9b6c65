"""Fields for deinterlacing: which rows of which frames form a sequence of fields in the order of time.

A parity is 0 for the top field (rows 0, 2, 4 ...) and 1 for the bottom field.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

WHOLE = "w"
"""The letter of a frame whose fields show one moment; "t" and "b" are those of frames of one field."""

Mode = Literal["field", "frame", "single"]
"""How frames that have one field are made.

field   each field is a frame of its own: neighbors have the other parity
frame   each frame has the first field of a source frame; the second one is only used as context
single  one field of every source frame is used, the other is missing or damaged
"""

_TOO_FEW = 2
"""Fields that do not show whether anything moves."""

Place = tuple[int, int]
"""A field: the number of a frame, and a parity."""


@dataclass(frozen=True, slots=True)
class FieldWindow:
    """Consecutive fields of alternating parity, and those of them that become whole frames.

    `wanted` has pairs (frame, position in `fields`).
    """

    fields: tuple[Place, ...]
    wanted: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class ShotFrames:
    """The frames of a shot, counted from its first: which field each one has.

    kept  for each frame a letter: "t" if it has a top field only, "b" for a bottom field, or WHOLE
    lead  the first field of the first frame is that of the shot before
    tail  the last field of the last frame is that of the shot after
    """

    kept: str
    mode: Mode
    lead: bool = False
    tail: bool = False


def field_windows(shot: ShotFrames, start: int, stop: int, radius: int) -> Iterator[FieldWindow]:
    """The windows for the frames `start` to `stop` (exclusive), with up to `radius` fields of context.

    They depend on no frame further than `radius` away, so a shot can be divided anywhere. Two fields without
    others next to them do not show whether anything moves: then each has a window of its own.
    """
    place = start
    while place < stop:
        if shot.kept[place] == WHOLE:
            place += 1
            continue
        end = place + 1
        while end < stop and _joined(shot, end - 1, end):
            end += 1
        window = _window(shot, place, end, radius)
        yield from [window] if len(window.fields) > _TOO_FEW else _separate(window)
        place = end


def _separate(window: FieldWindow) -> Iterator[FieldWindow]:
    """The wanted fields of a window, each by itself."""
    for frame, place in window.wanted:
        yield FieldWindow((window.fields[place],), ((frame, 0),))


def _window(shot: ShotFrames, start: int, stop: int, radius: int) -> FieldWindow:
    fields = list[Place]()
    wanted = list[tuple[int, int]]()
    for frame in range(start, stop):
        wanted.append((frame, len(fields)))
        fields += _fields_of(shot, frame)
    before = _outwards(shot, start, fields[0], -1, radius)
    after = _outwards(shot, stop - 1, fields[-1], 1, radius)
    return FieldWindow(
        (*reversed(before), *fields, *after),
        tuple((frame, place + len(before)) for frame, place in wanted),
    )


def _outwards(shot: ShotFrames, frame: int, last: Place, step: int, radius: int) -> list[Place]:
    """The fields next to a field of `frame`, going away from it, of alternating parity."""
    found = list[Place]()
    parity = 1 - last[1]
    while len(found) < radius:
        following = frame + step
        if not 0 <= following < len(shot.kept) or _apart(shot, min(frame, following)):
            break
        if shot.kept[following] == WHOLE:
            fields = [(following, parity), (following, 1 - parity)]
        else:
            fields = [*_fields_of(shot, following)][::step]
        if fields[0][1] != parity:
            break
        found += fields
        parity, frame = 1 - found[-1][1], following
    return found[:radius]


def _fields_of(shot: ShotFrames, frame: int) -> tuple[Place, ...]:
    """The fields that a frame with one field has for its window, in the order of time."""
    parity = "tb".index(shot.kept[frame])
    own = (frame, parity)
    cut = (shot.lead and frame == 0) or (shot.tail and frame == len(shot.kept) - 1)
    return (own,) if shot.mode != "frame" or cut else (own, (frame, 1 - parity))


def _joined(shot: ShotFrames, frame: int, following: int) -> bool:
    """Whether two neighboring frames that are made of fields belong to one window."""
    if WHOLE in (shot.kept[frame], shot.kept[following]) or _apart(shot, frame):
        return False
    return _fields_of(shot, frame)[-1][1] != _fields_of(shot, following)[0][1]


def _apart(shot: ShotFrames, frame: int) -> bool:
    """Whether a frame and the one after it have nothing to say about each other."""
    if shot.mode == "single":
        return True
    if shot.mode == "frame":
        return False
    return (shot.lead and frame == 0) or (shot.tail and frame == len(shot.kept) - 2)
