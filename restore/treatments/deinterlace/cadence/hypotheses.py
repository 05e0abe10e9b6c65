"""The hypotheses about a field: the pattern of its film, its place in the pattern, and the field order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from restore.treatments.deinterlace.cadence.signs import BFF, TFF

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Indices = NDArray[np.int64]
    Flags = NDArray[np.bool_]

BEFORE, BETWEEN, AFTER, SAME = 0, 1, 2, 3
"""What a hypothesis predicts of a field between two others: the moment of the first, one between them, that
of the second; or all three show one moment."""

EARLIER, LATER = 4, 5
"""The same for the other field order: a moment before or after both."""


@dataclass(frozen=True, slots=True)
class Cadence:
    """A class of hypotheses.

    pattern  how many fields the moments have in turn
    order    TFF or BFF
    aligned  the pattern begins with the first field of a frame (True), with the second (False), or with
             either (None)
    """

    pattern: tuple[int, ...]
    order: int
    aligned: bool | None = None

    @property
    def progressive(self) -> bool:
        """Whether both fields of every frame show one moment: the order is of no importance."""
        return self.aligned is True


def _cadences() -> tuple[Cadence, ...]:
    orders = (TFF, BFF)
    late = tuple(Cadence((2,), order, aligned=False) for order in orders)
    rest = tuple(
        Cadence(pattern, order)
        for pattern in ((1,), (2, 3), (2, 3, 3, 2), (2,) * 11 + (3,))
        for order in orders
    )
    return (Cadence((2,), TFF, aligned=True), *late, *rest)


CADENCES = _cadences()
"""Every class of hypotheses; the first is progressive."""


@dataclass(frozen=True)
class Hypotheses:
    """All hypotheses, numbered; those of a cadence are consecutive.

    cadence  the index of its cadence
    first    the index of the first hypothesis of each cadence
    place    how many fields of the pattern have passed
    following  the hypothesis of the next field
    starts   whether a moment starts with the field
    order    of its cadence
    other    what it predicts of the triple of the other order: [parity of the field, hypothesis]
    valid    whether it can be true: [parity of the field, hypothesis]
    """

    cadence: Indices
    first: Indices
    place: Indices
    following: Indices
    starts: Flags
    order: Indices
    other: Indices
    valid: Flags

    def __len__(self) -> int:
        return len(self.cadence)


@cache
def all_hypotheses() -> Hypotheses:
    """The hypotheses of all cadences."""
    rows: list[tuple[int, int, int, bool, int, int, int, bool, bool]] = []
    first: list[int] = []
    for number, cadence in enumerate(CADENCES):
        first.append(len(rows))
        cycle = sum(cadence.pattern)
        shifts = (0,) if cycle % 2 else {None: (0, 1), True: (0,), False: (1,)}[cadence.aligned]
        for shift in shifts:
            begin = len(rows)
            for place in range(cycle):
                moments = [_moment(cadence.pattern, place + step) for step in range(-2, 4)]
                even = _predicted(moments[3], moments[0], moments[2])
                odd = _predicted(moments[1], moments[2], moments[4])
                fits = (
                    cycle % 2 == 1 or (place + shift) % 2 == 0,
                    cycle % 2 == 1 or (place + shift) % 2 == 1,
                )
                starts = moments[2] != moments[1]
                after = begin + (place + 1) % cycle
                rows.append((number, place, after, starts, cadence.order, even, odd, *fits))
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return Hypotheses(
        cadence=columns[0],
        first=np.array(first),
        place=columns[1],
        following=columns[2],
        starts=columns[3].astype(bool),
        order=columns[4],
        other=np.stack(columns[5:7]),
        valid=np.stack(columns[7:9]).astype(bool),
    )


def _moment(pattern: tuple[int, ...], place: int) -> int:
    """The number of the moment of a field; 0 for the pattern's first."""
    cycles, rest = divmod(place, sum(pattern))
    number = cycles * len(pattern)
    for size in pattern:
        if rest < size:
            break
        rest, number = rest - size, number + 1
    return number


def _predicted(own: int, before: int, after: int) -> int:
    """What is predicted of a field at the moment `own`, compared with fields at two other moments."""
    if before == after:
        return SAME
    nearer = abs(own - before) - abs(own - after)
    if nearer == 0:
        return BETWEEN
    if own in (before, after):
        return BEFORE if own == before else AFTER
    return EARLIER if nearer < 0 else LATER
