"""Signs of the cadence in the frames: for each field, to which of its neighbors it belongs.

A field X lies between two fields a and b of the other parity. The comb energy of X with a is the mean of
(X - a above) * (X - a below): it is large if they show different moments, and noise has none on average.
With the energy of the change from a to b as unit, the difference of both comb energies is -1 if X shows the
moment of a, 1 if it shows that of b, and 0 if its moment is halfway between them. Static detail is in both
and cancels out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Map = NDArray[np.float32]
    Figures = NDArray[np.float64]

Sign = tuple[float, float, float, float, float]
"""The figures of one field, in the order of `Signs`."""

CELL = 8
"""Columns and field rows of a cell; cells are counted separately, so that their spread is known."""

MOVING = 0.05
"""The least energy of a cell that moves, in squared 8-bit codes, apart from noise."""

SURE = 3.0
"""By how many deviations of its noise the energy of a moving cell exceeds 0."""

QUIET = 20
"""The percentile of the cells' noise that is the frame's: motion looks like noise, too."""

UNKNOWN = 1e6
"""The variance of `nearer` if nothing moves."""

TFF, BFF = 0, 1
"""Indices of the field orders in arrays."""


@dataclass(frozen=True, slots=True)
class Signs:
    """The signs of a film's fields; arrays [order, field], NaN or 0 where a neighbor is missing.

    Under top field first (order 0), field 2i is the top field of frame i, field 2i + 1 its bottom field;
    under bottom field first the reverse. The neighbors of field f are f - 1 and f + 1.

    nearer    -1: shows the moment of the field before; 1: of the field after; 0: halfway between them
    variance  of `nearer`
    energy    of the change from the field before to the field after, in squared 8-bit codes
    noise     of `energy` in a cell
    middle    how much the field differs from the mean of its neighbors, as a share of `energy`
    """

    nearer: Figures
    variance: Figures
    energy: Figures
    noise: Figures
    middle: Figures

    @property
    def fields(self) -> int:
        """The number of fields."""
        return self.nearer.shape[1]


def arranged(steps: Sequence[Sequence[Sign] | None]) -> Signs:
    """The signs of every step between frames as arrays by order and field; None: not measured."""
    figures = np.full((5, 2, 2 * len(steps) + 2), np.nan)
    for place, step in enumerate(steps):
        for number, sign in enumerate(step or ()):
            order, late = divmod(number, 2)
            figures[:, order, 2 * place + 1 + late] = sign
    nearer, variance, energy, noise, middle = figures
    return Signs(nearer, variance, np.nan_to_num(energy), np.nan_to_num(noise), middle)


@dataclass(frozen=True, slots=True)
class FieldPair:
    """The rows of both fields of a frame."""

    top: Map
    bottom: Map


def field_pair(plane: NDArray[np.uint8], *, exchanged: bool = False) -> FieldPair:
    """The fields of a plane; `exchanged`: each has the rows of the other."""
    frame = plane.astype(np.float32)
    if exchanged:
        return FieldPair(frame[1::2], frame[: len(frame) // 2 * 2 : 2])
    return FieldPair(frame[0::2], frame[1::2])


@dataclass(frozen=True, slots=True)
class Combs:
    """Comb energies of a field with the one before and the one after, and the change between these."""

    before: Map
    after: Map
    change: Change


def combs(a: FieldPair, b: FieldPair) -> tuple[Combs, ...]:
    """Those of the four fields between two frames: top first: odd, even; bottom first: odd, even."""
    top, bottom = _change(a.top, b.top), _change(a.bottom, b.bottom)
    pairs = (
        (_under(a.bottom, a.top), _under(a.bottom, b.top), top),
        (_over(b.top, a.bottom), _over(b.top, b.bottom), bottom),
        (_over(a.top, a.bottom), _over(a.top, b.bottom), bottom),
        (_under(b.bottom, a.top), _under(b.bottom, b.top), top),
    )
    return tuple(_alike(*each) for each in pairs)


def _alike(before: Map, after: Map, change: Change) -> Combs:
    """Maps of the same size: fields of odd heights differ by a row."""
    rows, columns = (min(each.shape[axis] for each in (before, change.energy)) for axis in (0, 1))
    energy = change.energy[:rows, :columns]
    return Combs(before[:rows, :columns], after[:rows, :columns], Change(energy, change.noise))


@dataclass(frozen=True, slots=True)
class Change:
    """The energy of the change between two fields of one parity, by cells; white noise has none on average.

    `noise` is the deviation of a cell's energy that white noise causes.
    """

    energy: Map
    noise: float


def _change(a: Map, b: Map) -> Change:
    change = np.asarray(b - a, np.float32)
    energy = cells(change[1:] * change[:-1])
    whole = cells(change[1:] * change[1:])
    noise = max(float(np.percentile(whole - energy, QUIET)), 0.0)
    return Change(energy, noise / CELL)


def _under(bottom: Map, top: Map) -> Map:
    """The comb energy of a bottom field between the rows of a top field, by cells."""
    rows = min(len(bottom), len(top) - 1)
    middle = bottom[:rows]
    return cells((middle - top[:rows]) * (middle - top[1 : rows + 1]))


def _over(top: Map, bottom: Map) -> Map:
    """The comb energy of a top field between the rows of a bottom field, by cells."""
    rows = min(len(top), len(bottom))
    middle = top[1:rows]
    return cells((middle - bottom[: rows - 1]) * (middle - bottom[1:rows]))


def cells(energy: NDArray[Any]) -> Map:
    """Means by cells; at least 4 by 4 of them."""
    rows, columns = (max(min(4, length), round(length / CELL)) for length in energy.shape)
    means = cv2.resize(energy, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(means, np.float32)


def sign_of(found: Combs) -> Sign:
    """The figures of a field, see Signs."""
    energy, weight = _weighed(found)
    nearer, variance = _position(found.before - found.after, energy, weight)
    moving = energy > 0
    total = float(energy.sum())
    rest = float(((found.before + found.after) / 2 - energy / 4)[moving].sum())
    middle = rest / total if total > 0 else np.nan
    return nearer, variance, float(energy.mean()), found.change.noise, middle


def signs_of_bands(found: Combs, bands: int) -> list[tuple[float, float]]:
    """The same without energy and noise for horizontal bands of the frame, from the top."""
    energy, weight = _weighed(found)
    difference = found.before - found.after
    parts = (np.array_split(each, bands) for each in (difference, energy, weight))
    return [_position(*each) for each in zip(*parts, strict=True)]


def _weighed(found: Combs) -> tuple[Map, Map]:
    """The energy of the cells that move, and how much each cell counts.

    A cell counts little if the field resembles neither neighbor nor their mean: fine horizontal detail.
    """
    energy = found.change.energy
    energy = np.where(energy > MOVING + SURE * found.change.noise, energy, np.float32(0))
    middle = (found.before + found.after) / 2 - energy / 4
    rest = np.minimum(np.minimum(found.before, found.after), middle)
    unexplained = np.maximum(rest, 0) / np.maximum(energy, np.float32(1e-3))
    weight = (energy > 0) / (1 + unexplained**2)
    return np.asarray(energy, np.float32), np.asarray(weight, np.float32)


def _position(difference: Map, energy: Map, weight: Map) -> tuple[float, float]:
    """`nearer` and its variance."""
    total = float((weight * energy).sum())
    if total <= 0:
        return 0.0, UNKNOWN
    nearer = float((weight * difference).sum()) / total
    spread = weight * (difference - nearer * energy)
    return nearer, float((spread**2).sum()) / total**2
