"""Thumbnails of what each result frame must show according to the frame map, and of likely mistakes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from restore.audit.one_field import with_both_moments, woven_where_sure
from restore.audit.stabilized import FrameOffset, inside, moved_back, offsets_in
from restore.framemap import FrameMap, IdentityMap, ListedMap, MappedFrame
from restore.media.color.pixels import DecodedFrame
from restore.media.ffmpeg.decode import assembled, read_frames, read_reduced
from restore.media.ffmpeg.reduced import THUMBNAIL, reduced_luma, reduced_size, thumbnail
from restore.media.source import Source
from restore.plan import Moves
from restore.survey.survey import WIDTH, read_thumbnails
from restore.timing import FrameTable, Span
from restore.treatments.borders.insets import Insets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Thumbnails = NDArray[np.uint8]
    Numbers = NDArray[np.int64]

NONE = -1
"""No further likely mistake; or: a frame that is not stabilized."""

Fields = tuple[int | None, int | None]
"""The source frames that give the top and the bottom field."""

Make = Literal["plain", "both moments", "woven"]
"""How the thumbnail of a picture is made (see one_field.py).

plain         from its rows; the missing ones of a single field are means of its own
both moments  of a single field, also by the fields before and after it
woven         of the whole frame that a single field belongs to
"""


class FrameKey(NamedTuple):
    """Identifies a picture: its fields, and the result frame as which it is stabilized (NONE: it is not)."""

    fields: Fields
    held: int
    make: Make = "plain"


@dataclass(frozen=True)
class ExpectedFrames:
    """Thumbnails by number: those of the source frames [N, 32, 32], then further ones for the frame map.

    own     [R] the number of what each result frame must show
    others  [R, K] numbers of likely mistakes; NONE: no more
    named   a description of a further one
    """

    seen: Thumbnails
    made: Thumbnails
    own: Numbers
    others: Numbers
    named: Callable[[int], str] = str

    def __len__(self) -> int:
        return len(self.own)

    def rows(self, numbers: Numbers) -> Thumbnails:
        """The thumbnails of these numbers (any one for NONE)."""
        own = numbers < len(self.seen)
        found = np.empty((len(numbers), THUMBNAIL, THUMBNAIL), np.uint8)
        found[own] = self.seen[numbers[own]]
        found[~own] = self.made[numbers[~own] - len(self.seen)]
        return found

    def difference(self, index: int, number: int) -> str:
        """That the result frame `index` shows this picture; for fields also what it must show."""
        shown, own = self._name(number), self._name(int(self.own[index]))
        if shown.isdecimal() and own.isdecimal():
            return f"{index} shows {shown}"
        wanted, found = (f"both fields of {n}" if n.isdecimal() else n for n in (own, shown))
        return f"{index} shows {found}, not {wanted}"

    def _name(self, number: int) -> str:
        """A description of a picture; for source frames the number."""
        return str(number) if number < len(self.seen) else self.named(number - len(self.seen))


def in_order(thumbnails: Thumbnails) -> ExpectedFrames:
    """The thumbnails for a result with the source's frames in the same order."""
    own = np.arange(len(thumbnails), dtype=np.int64)
    others = np.stack([own - 1, own + 1], axis=1)
    others[others == len(own)] = NONE
    return ExpectedFrames(thumbnails, thumbnails[:0], own, others)


def expected_frames(
    source: Source,
    frames: FrameTable,
    thumbnails: Path,
    frame_map: FrameMap,
    moves: Moves,
    crop: Insets | None = None,
) -> ExpectedFrames:
    """What the result must show: `frames` and `thumbnails` are the survey's, `moves` the stabilized shots.

    `crop` are the borders of the source that the result does not show.

    Likely mistakes: a frame shows what the frame before or after it shows, source frames next to its own, its
    fields combined with wrong ones, or both fields of its source frame in place of one. Thumbnails that the
    survey does not have are made from the source and stored in an unnamed file, so that memory does not grow.
    """
    seen = read_thumbnails(thumbnails)
    if isinstance(frame_map, IdentityMap):
        changed = moves or crop is not None
        return _changed_in_order(source, frames, seen, moves, crop) if changed else in_order(seen)
    places = {
        index: place
        for span, decided in moves
        for index, place in enumerate(offsets_in(span, decided), span.start)
    }
    keys = _keys(frame_map, places)
    numbers = _Numbers(len(frames), crop is not None)
    own = np.array([numbers.of(key) for key in keys], np.int64)
    mistakes = [
        [numbers.of(key) for key in _mistakes(keys, k, len(frames))] for k in range(len(own))
    ]
    others = np.full((len(own), max(map(len, mistakes))), NONE, np.int64)
    for row, found in zip(others, mistakes, strict=True):
        row[: len(found)] = found
    combined = {
        key: _parts_of(key, numbers, len(frames)) for key in [*numbers.made] if key.make != "plain"
    }
    made = _made(source, frames, numbers.made, places, crop)
    expected = ExpectedFrames(seen, made, own, others, [*map(_named, numbers.made)].__getitem__)
    for key, parts in combined.items():
        field, same, *near = expected.rows(np.array(parts, np.int64))
        combine = woven_where_sure if key.make == "woven" else with_both_moments
        made[numbers.made[key]] = combine(field, same, near)
    return expected


def _parts_of(key: FrameKey, numbers: _Numbers, frames: int) -> list[int]:
    """The numbers of the pictures for a frame of one field: the field, both fields, the ones near it."""
    own, alone = _last(key.fields), key.fields[1] is None
    near = [other for other in (own - 1, own + 1) if 0 <= other < frames]
    weaves = [(own, other) if alone else (other, own) for other in (own, *near)]
    return [numbers.of(FrameKey(fields, key.held)) for fields in (key.fields, *weaves)]


def _changed_in_order(
    source: Source, frames: FrameTable, seen: Thumbnails, moves: Moves, crop: Insets | None
) -> ExpectedFrames:
    """The source's frames in their order: those of stabilized shots moved back, all without their borders."""
    spans = [(span, [*offsets_in(span, decided)]) for span, decided in moves]
    if crop is not None:
        spans = _with_gaps(spans, len(frames))
    held = np.concatenate([np.arange(span.start, span.stop) for span, _ in spans])
    made = _unnamed(len(held))
    row = 0
    for span, places in spans:
        within = frames.pts[span.start], frames.pts[span.stop - 1] + 1
        pictures = read_reduced(source, WIDTH, within)
        for place, picture in zip(places, pictures, strict=False):
            still = picture.y if place is None else moved_back(picture.y, place)
            made[row] = thumbnail(inside(still, crop, source.width, source.height))
            row += 1
    numbers = np.arange(len(seen), dtype=np.int64)
    numbers[held] = len(seen) + np.arange(len(held))
    plain = in_order(seen)
    others = np.where(plain.others == NONE, NONE, numbers[plain.others])
    return ExpectedFrames(seen, made, numbers, others, lambda place: str(held[place]))


def _with_gaps(
    spans: Sequence[tuple[Span, Sequence[FrameOffset]]], frames: int
) -> list[tuple[Span, Sequence[FrameOffset | None]]]:
    """The spans and those between them, whose frames are not stabilized."""
    whole: list[tuple[Span, Sequence[FrameOffset | None]]] = []
    begin = 0
    for span, places in spans:
        if span.start > begin:
            whole.append((Span(begin, span.start), [None] * (span.start - begin)))
        whole.append((span, places))
        begin = span.stop
    if begin < frames:
        whole.append((Span(begin, frames), [None] * (frames - begin)))
    return whole


class _Numbers:
    """Numbers of pictures: unchanged source frames keep theirs, others get the next one at first use.

    If borders are `cropped`, no frame is unchanged.
    """

    def __init__(self, frames: int, cropped: bool) -> None:
        self._frames = frames
        self._cropped = cropped
        self.made: dict[FrameKey, int] = {}

    def of(self, key: FrameKey) -> int:
        (top, bottom), held, make = key
        unchanged = make == "plain" and held == NONE and not self._cropped
        if top is not None and top == bottom and unchanged:
            return top
        return self._frames + self.made.setdefault(key, len(self.made))


def _keys(frame_map: ListedMap, places: Mapping[int, FrameOffset]) -> list[FrameKey]:
    """What every result frame must show.

    Where frames of the same field follow each other, the other one may be missing or damaged.
    """
    rows = frame_map.rows
    keys: list[FrameKey] = []
    for index, row in enumerate(rows):
        near = [rows[k] for k in (index - 1, index + 1) if 0 <= k < len(rows)]
        alone = any(_parity(row) == _parity(other) for other in near)
        make: Make = "plain" if _parity(row) is None or alone else "both moments"
        held = index if index in places else NONE
        keys.append(FrameKey((row.top, row.bottom), held, make))
    return keys


def _parity(row: MappedFrame) -> int | None:
    """The only field of a frame, 0 for the top one; None for a frame with both."""
    return 0 if row.bottom is None else 1 if row.top is None else None


def _mistakes(keys: Sequence[FrameKey], index: int, frames: int) -> Iterator[FrameKey]:
    """The likely mistakes for the frame `index`, each once."""
    (top, bottom), held, make = keys[index]
    alone = None in (top, bottom) and make == "plain"
    near = [keys[k] for k in (index - 1, index + 1) if 0 <= k < len(keys)]
    neighbors = [key._replace(make=_make_of_mistake(key.fields, keys[index])) for key in near]
    yield from neighbors
    known = {key.fields for key in (*neighbors, keys[index])}
    wrong: list[Fields] = []
    if top != bottom:
        wrong += [(bottom, top)]  # the fields exchanged
        wrong += [(field, field) for field in (top, bottom) if field is not None]
    for step in (-1, 1):
        moved_top, moved_bottom = (None if f is None else f + step for f in (top, bottom))
        if top == bottom or None in (top, bottom):
            wrong += [(moved_top, moved_bottom)]
        else:
            wrong += [(moved_top, bottom), (top, moved_bottom)]
    for fields in wrong:
        inside = all(field is None or 0 <= field < frames for field in fields)
        if inside and fields not in known:
            known.add(fields)
            if alone and None not in fields:
                yield FrameKey((top, bottom), held, "woven")
            else:
                yield FrameKey(fields, held, _make_of_mistake(fields, keys[index]))


def _make_of_mistake(fields: Fields, own: FrameKey) -> Make:
    """How the picture of these fields is made that is compared with another one."""
    if None not in fields:
        return "plain"
    return own.make if None in own.fields else "both moments"


def _named(key: FrameKey) -> str:
    top, bottom = key.fields
    if top == bottom or key.make == "woven":
        return str(bottom if top is None else top)
    if top is None or bottom is None:
        return f"the {'bottom' if top is None else 'top'} field of {bottom if top is None else top}"
    return f"the fields of {top} and {bottom}"


def _made(
    source: Source,
    frames: FrameTable,
    keys: Mapping[FrameKey, int],
    places: Mapping[int, FrameOffset],
    crop: Insets | None,
) -> Thumbnails:
    """The thumbnails of these pictures."""
    if not keys:
        return np.empty((0, THUMBNAIL, THUMBNAIL), np.uint8)
    made = _unnamed(len(keys))
    wanted: dict[Fields, list[FrameKey]] = {}
    for key in keys:
        if key.make == "plain":
            wanted.setdefault(key.fields, []).append(key)
    for fields, luma in _reduced_frames(source, frames, list(wanted)):
        for key in wanted[fields]:
            still = luma if key.held == NONE else moved_back(luma, places[key.held])
            made[keys[key]] = thumbnail(inside(still, crop, source.width, source.height))
    return made


def _unnamed(count: int) -> Thumbnails:
    """Space for thumbnails in an unnamed file."""
    with tempfile.TemporaryFile() as file:  # the memory map keeps the file's content
        return np.memmap(file, np.uint8, "w+", shape=(count, THUMBNAIL, THUMBNAIL))


def _reduced_frames(
    source: Source, frames: FrameTable, wanted: Sequence[Fields]
) -> Iterator[tuple[Fields, NDArray[np.uint8]]]:
    """The luma [h, w] of reduced frames of these fields: whole ones by ffmpeg, others from full ones."""
    whole = sorted({top for top, bottom in wanted if top is not None and top == bottom})
    for span in _spans(whole):
        within = frames.pts[span.start], frames.pts[span.stop - 1] + 1
        for index, picture in zip(
            range(span.start, span.stop), read_reduced(source, WIDTH, within), strict=False
        ):
            yield (index, index), picture.y
    parts = [fields for fields in wanted if fields[0] != fields[1]]
    yield from _of_two_fields(source, frames, sorted(parts, key=_last))


def _spans(indices: Sequence[int]) -> Iterator[Span]:
    """Ascending indices as spans without gaps."""
    start = 0
    for place in range(1, len(indices) + 1):
        if place == len(indices) or indices[place] != indices[place - 1] + 1:
            yield Span(indices[start], indices[place - 1] + 1)
            start = place


def _last(fields: Fields) -> int:
    return max(index for index in fields if index is not None)


def _first(fields: Fields) -> int:
    return min(index for index in fields if index is not None)


def _of_two_fields(
    source: Source, frames: FrameTable, wanted: Sequence[Fields]
) -> Iterator[tuple[Fields, NDArray[np.uint8]]]:
    """Reduced frames of fields of two frames, or of one field; ascending by the last source frame."""
    if not wanted:
        return
    size = reduced_size(source.width, source.height, WIDTH)
    needed = [*reversed(list(accumulate(map(_first, reversed(wanted)), min)))]  # from each one on
    kept: dict[int, DecodedFrame] = {}
    place = 0
    for picture in read_frames(source, frames, Span(needed[0], _last(wanted[-1]) + 1)):
        kept[picture.index] = picture
        while place < len(wanted) and _last(wanted[place]) == picture.index:
            top, bottom = wanted[place]
            why = "field" if top is None or bottom is None else "matched"
            made = assembled(0, MappedFrame(top, bottom, why), kept)
            yield wanted[place], reduced_luma(source, made.planes, size)
            place += 1
        first = needed[place] if place < len(wanted) else picture.index
        kept = {index: frame for index, frame in kept.items() if index >= first}
