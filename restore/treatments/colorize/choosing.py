"""The colors of a shot from those of a few of its frames: carried to every anchor, completed, packed."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np
import torch

from restore.filters.carried import KnownColors, Planes, carried
from restore.filters.continued_colors import WHOLLY, ColorCells, continued_colors
from restore.filters.flow import Plane, flow_at_size, optical_flow
from restore.filters.joincolor import guided_enlargement
from restore.timing import Span
from restore.treatments.colorize.chosen import (
    CELL,
    AnchorColors,
    anchor_frames,
    packed,
    unpacked,
)

if TYPE_CHECKING:
    from fractions import Fraction

LONG_SIDE = 256
"""The longer side of the reduced picture in which colors are chosen and carried."""

SHORTEST_SIDE = 64
"""Its shorter side at least, for films of odd shapes."""

FULL_CONTRAST = 0.85
"""Share of the shot's largest contrast that a color frame must have: it is not within a fade."""

NEW = 0.002
"""Share of the picture without known colors from which on the network is asked what it may be."""

_Complete = Callable[[int, Plane, Plane, int], Plane]
"""(frame, chroma, where it is known, 1 or -1: the direction in time in which colors travel) -> all chroma."""

Predict = Callable[[Plane], Plane]
"""Luma [H, W], 0..1 -> the chroma [h, w, 2] that a network predicts."""


def picture_size(width: int, height: int, sample_aspect: Fraction) -> tuple[int, int]:
    """Rows and columns of the reduced picture: of the display aspect, multiples of two cells."""
    wide = max(0.25, min(4.0, float(sample_aspect))) * width
    longer = max(wide, height)
    rows, columns = (
        max(SHORTEST_SIDE, round(LONG_SIDE * side / longer / (2 * CELL)) * 2 * CELL)
        for side in (height, wide)
    )
    return rows, columns


@dataclass(frozen=True)
class FrameColors:
    """Colors that were chosen for a frame, counted from the shot's first one.

    chroma [H, W, 2] of the reduced picture, and where it is known: `sure` [H, W], 0..1.
    """

    frame: int
    chroma: Plane
    sure: Plane


def color_frame(luma: Planes) -> int:
    """The frame that shows most: the one nearest to the middle that is not within a fade."""
    count = len(luma)
    middle = (count - 1) // 2
    contrasts = {i: float(luma[i].std()) for i in sorted({*range(0, count, 4), middle})}
    enough = FULL_CONTRAST * max(contrasts.values())
    return min(
        (i for i, found in contrasts.items() if found >= enough), key=lambda i: abs(i - middle)
    )


def anchored_colors(
    span: Span,
    luma: Planes,
    keys: Sequence[FrameColors],
    predict: Predict,
    progress: Callable[[int], None] = lambda done: None,
) -> AnchorColors:
    """The chroma of the anchors of a shot whose frames are `span`, from the colors of one or more frames.

    `luma` has the reduced picture of every frame. Frames between two keys get colors of both, by their
    distance in time; `progress` gets the number of anchors done.
    """
    stops = [frame - span.start for frame in anchor_frames(span)]
    keys = sorted(keys, key=lambda key: key.frame)
    complete = _completing(luma, keys, predict)
    ordered = [_completed(key, complete) for key in keys]
    found = dict[int, str]()
    for stop, cells in _by_intervals(luma, ordered, stops, complete):
        found[stop] = packed(np.moveaxis(cells, -1, 0))
        progress(len(found))
    height, width = (side // CELL for side in luma[0].shape)
    return AnchorColors(span, height, width, tuple(found[stop] for stop in stops))


@dataclass(frozen=True)
class _Key:
    frame: int
    colors: KnownColors


def _completed(key: FrameColors, complete: _Complete) -> _Key:
    return _Key(key.frame, KnownColors(complete(key.frame, key.chroma, key.sure, 1), key.sure))


def _by_intervals(
    luma: Planes, keys: Sequence[_Key], stops: Sequence[int], complete: _Complete
) -> Iterator[tuple[int, Plane]]:
    """The cells [h, w, 2] of each stop: before the first key, between keys, and after the last one."""
    yield from _chroma(_travel(luma, keys[0], keys[0].frame, 0, stops, complete))
    for one, two in pairwise(keys):
        inside = [stop for stop in stops if one.frame < stop < two.frame]
        there = _travel(luma, one, one.frame + 1, two.frame - 1, inside, complete)
        ahead = {stop: _Kept.of(colors) for stop, colors in there}
        for stop, back in _travel(luma, two, two.frame - 1, one.frame + 1, inside, complete):
            share = (stop - one.frame) / (two.frame - one.frame)
            yield stop, _mixed(ahead.pop(stop), _Kept.of(back), share)
        if two.frame in stops:
            yield two.frame, _cells(two.colors.chroma)
    last = keys[-1].frame
    yield from _chroma(_travel(luma, keys[-1], last + 1, len(luma) - 1, stops, complete))


def _chroma(found: Iterator[tuple[int, KnownColors]]) -> Iterator[tuple[int, Plane]]:
    return ((stop, _cells(colors.chroma)) for stop, colors in found)


@dataclass(frozen=True)
class _Kept:
    """Cells of a stop, until those of the next key arrive: chroma and what is known in 8 bit, compressed.

    A shot may have thousands of stops between two keys.
    """

    size: tuple[int, int]
    chroma: str
    known: bytes

    @classmethod
    def of(cls, colors: KnownColors) -> _Kept:
        """The colors as cells."""
        cells, known = _cells(colors.chroma), _cells(colors.known)
        codes = np.rint(255 * np.clip(known, 0, 1)).astype(np.uint8)
        size = (int(known.shape[0]), int(known.shape[1]))
        return cls(size, packed(np.moveaxis(cells, -1, 0)), zlib.compress(codes.tobytes()))

    def planes(self) -> tuple[Plane, Plane]:
        """Chroma [h, w, 2], and where it is known [h, w]."""
        codes = np.frombuffer(zlib.decompress(self.known), np.uint8).reshape(self.size)
        known = np.multiply(codes, np.float32(1 / 255), dtype=np.float32)
        return np.moveaxis(unpacked(self.chroma, *self.size), 0, -1), known


def _mixed(ahead: _Kept, back: _Kept, share: float) -> Plane:
    """The cells of two keys; what only one of them knows comes from that one."""
    (first, one), (second, two) = ahead.planes(), back.planes()
    one, two = (1 - share) * (one + 0.01), share * (two + 0.01)
    mixed = one[..., None] * first + two[..., None] * second
    return cast(Plane, mixed / (one + two)[..., None])


def _travel(
    luma: Planes,
    key: _Key,
    first: int,
    last: int,
    stops: Sequence[int],
    complete: _Complete,
) -> Iterator[tuple[int, KnownColors]]:
    """The colors of a key at the stops from `first` to `last`, forward or backward in time."""
    low, high = min(first, last), max(first, last)
    wanted = {abs(stop - key.frame) for stop in stops if low <= stop <= high}
    sign = 1 if last > key.frame else -1
    if not wanted or not (0 <= first < len(luma)):
        return
    way = _Way(luma, range(key.frame, key.frame + sign * (max(wanted) + 1), sign))

    def completed(number: int, chroma: Plane, sure: Plane) -> Plane:
        return complete(key.frame + sign * number, chroma, sure, sign)

    for number, colors in carried(way, key.colors, wanted, completed):
        yield key.frame + sign * number, colors


class _Way:
    """Some frames in the order of a way through them, each read when it is needed."""

    def __init__(self, luma: Planes, frames: range) -> None:
        self._luma = luma
        self._frames = frames

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, number: int, /) -> Plane:
        return self._luma[self._frames[number]]


def _completing(luma: Planes, keys: Sequence[FrameColors], predict: Predict) -> _Complete:
    """Completes chroma where it is not known: like similar areas, and as the network suggests."""
    chosen: list[ColorCells] = []

    def complete(frame: int, chroma: Plane, sure: Plane, ahead: int) -> Plane:
        hole = float((sure < 0.5).mean())
        if not hole:
            return chroma
        picture, asked = luma[frame], hole > NEW
        if asked and not chosen:
            key = keys[0]
            chosen.append(_color_cells(luma[key.frame], key.chroma, key.sure, predict))
        cells = _color_cells(picture, chroma, sure, predict if asked else None)
        motion = None
        if 0 <= frame + ahead < len(luma):
            height, width = cells.sure.shape
            motion = flow_at_size(optical_flow(picture, luma[frame + ahead], 0), height, width)
        whole = continued_colors(cells, motion, chosen[0] if asked else None)
        opened = (cells.sure < WHOLLY).astype(np.float32)
        return np.where(sure[..., None] > 0.5, chroma, _spread_within(whole, opened, picture))

    return complete


def _color_cells(picture: Plane, chroma: Plane, sure: Plane, predict: Predict | None) -> ColorCells:
    """Luma and chroma of a frame as cells, with the network's prediction (None: gray)."""
    size = (picture.shape[1] // CELL, picture.shape[0] // CELL)
    share = fitting(sure, size)
    weighed = fitting(chroma * sure[..., None], size)
    cells = cast(Plane, weighed / np.maximum(share, 1e-3)[..., None])
    guess = np.zeros_like(cells) if predict is None else fitting(predict(picture), size)
    return ColorCells(cells, share, guess, fitting(picture, size))


def _spread_within(cells: Plane, opened: Plane, picture: Plane) -> Plane:
    """Chroma of the cells [h, w, 2] where `opened` is 1, at the size of the picture, without other cells'."""
    size = (picture.shape[1], picture.shape[0])
    weighed = np.dstack([cells * opened[..., None], opened])
    found = cv2.resize(weighed, size, interpolation=cv2.INTER_LINEAR)
    return cast(Plane, found[..., :2] / np.maximum(found[..., 2:], 1e-3))


def fitting(planes: Plane, size: tuple[int, int]) -> Plane:
    """Planes [h, w] or [h, w, C] with as many cells as wanted (columns, rows)."""
    if (planes.shape[1], planes.shape[0]) == size:
        return planes
    return np.asarray(cv2.resize(planes, size, interpolation=cv2.INTER_AREA), np.float32)


def enlarged(cells: Plane, luma: Plane) -> Plane:
    """Chroma [h, w, 2] at the size of luma [H, W], with edges at its edges."""
    small = torch.from_numpy(np.ascontiguousarray(np.moveaxis(cells, -1, 0)))[None]
    guide = torch.from_numpy(np.ascontiguousarray(luma))[None, None]
    found = guided_enlargement(small.float(), guide.float())[0]
    return np.ascontiguousarray(np.moveaxis(found.numpy(), 0, -1))


def _cells(chroma: Plane) -> Plane:
    """Chroma [H, W, 2] as means of cells [h, w, 2]."""
    return fitting(chroma, (chroma.shape[1] // CELL, chroma.shape[0] // CELL))
