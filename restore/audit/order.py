"""The order of the frames, verified by thumbnails: every frame shows what the frame map states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from restore.audit.check import Check
from restore.audit.expected_frames import ExpectedFrames

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.float32]

DISTINGUISHABLE = 1.0
"""Two frames can be distinguished if their thumbnails, mean and contrast removed, differ by this many
8-bit code values on average; otherwise the receipts' frame numbers decide."""

MOVED = 6.0
MOVED_CELLS = 4
"""So can frames of which this many cells differ by this much: a small figure on a still background."""

WRONG_FRAME = -0.7
"""How similar a frame may be to another one: 1 is its own thumbnail, -1 that of a neighbor.

Measured on five of the old films through 2x enlargement, strong and weak temporal denoising, and x264
from crf 16 to 30: right frames have 0.84 or more at crf 16, and -0.6 at worst; a neighbor in
their place has -0.84 to -1 at crf 16, and less than -0.7 for three of four frames at worst.
"""

MIN_SHARE = 0.65
"""The smallest share of cells that must look like a neighbor before a frame is taken for it.

Counted where they differ by at least a quarter of the largest difference. Of frames in the place of another
one, nine in ten had 0.69 to 1, in worn films with weave and flicker, through 4x enlargement; frames from
which dust or a scratch had been removed had 0.52 at most.
"""

LIKE = 0.5
"""Below this correlation with its source's thumbnail, a frame shows another picture."""

CONTRAST = 4.0
"""Deviation of a thumbnail, in code values, from which its correlation is meaningful."""

_BLOCK = 256
_NAMED = 3
"""Frames compared at once, and how many wrong ones are named."""


@dataclass(frozen=True, slots=True)
class FrameOrder:
    """The comparison of thumbnails: how many frames could be distinguished, and which are wrong.

    wrong    (frame, the number of the picture that it shows), frames counted from the result's first
    strange  frames that show none of the expected pictures
    """

    distinguished: int
    wrong: tuple[tuple[int, int], ...]
    strange: tuple[int, ...]


def check_order(order: FrameOrder, expected: ExpectedFrames, *, receipts: bool = True) -> Check:
    """Every frame shows its own picture, as far as that can be distinguished from its neighbors'.

    For frames that look alike, the run's `receipts` decide, if there are any.
    """
    count = len(expected)
    if order.wrong:
        named = ", ".join(expected.difference(a, b) for a, b in order.wrong[:_NAMED])
        return Check("order", False, f"{len(order.wrong)} frames in the wrong place: frame {named}")
    if order.strange:
        named = ", ".join(str(index) for index in order.strange[:_NAMED])
        return Check(
            "order", False, f"{len(order.strange)} frames do not match their source: {named}"
        )
    rest = count - order.distinguished
    by = "by receipt" if receipts else "by number and time only"
    by_receipt = f", {rest} too similar to their neighbors ({by})" if rest else ""
    return Check(
        "order", True, f"{order.distinguished} frames verified by their content{by_receipt}"
    )


def compare_order(
    expected: ExpectedFrames, result: Iterator[NDArray[np.uint8]], block: int = _BLOCK
) -> FrameOrder:
    """Compare the result's thumbnails, one by one, with the expected ones.

    Frames after the last expected one are ignored: their number is another check.
    """
    distinguished, wrong, strange = 0, list[tuple[int, int]](), list[int]()
    for first, rows in _blocks(result, block):
        rows = rows[: max(len(expected) - first, 0)]
        if not len(rows):
            continue
        found = _compare(expected, first, rows)
        distinguished += found.distinguished
        wrong += [(a + first, b) for a, b in found.wrong]
        strange += [index + first for index in found.strange]
    return FrameOrder(distinguished, tuple(wrong), tuple(strange))


def _compare(expected: ExpectedFrames, first: int, rows: NDArray[np.uint8]) -> FrameOrder:
    """Compare rows with what result frames from `first` on must show; the frames found count from there."""
    block = slice(first, first + len(rows))
    own, own_spread = _centered(expected.rows(expected.own[block]))
    shown, shown_spread = _centered(rows)
    like = (own * shown).mean(1) / np.maximum(own_spread * shown_spread, 1e-3)
    strange = np.flatnonzero((like < LIKE) & (own_spread > CONTRAST))
    shown = shown * _gain(own_spread, shown_spread)
    distinguished, worst = np.zeros(len(rows), bool), np.ones(len(rows), np.float32)
    looks = np.zeros(len(rows), np.int64)
    for numbers in expected.others[block].T:
        there = numbers >= 0
        other, spread = _centered(expected.rows(np.where(there, numbers, expected.own[block])))
        apart, likeness = _likeness(own, other * _gain(own_spread, spread), shown)
        apart &= there
        distinguished |= apart
        nearer = apart & (likeness < worst)
        worst[nearer], looks[nearer] = likeness[nearer], numbers[nearer]
    wrong = np.flatnonzero(worst < WRONG_FRAME)
    return FrameOrder(
        int(distinguished.sum()),
        tuple((int(index), int(looks[index])) for index in wrong),
        tuple(int(index) for index in strange if index not in wrong),
    )


def _likeness(own: Rows, other: Rows, shown: Rows) -> tuple[NDArray[np.bool_], Rows]:
    """Whether own and other frame can be distinguished, and which is shown: 1 for the own, -1 for the other.

    By the cells where they differ most: encoders remove weak differences first. The result is below 0 only
    if most of these cells agree.
    """
    between = other - own
    size = np.abs(between)
    apart = (size.mean(1) >= DISTINGUISHABLE) | ((size >= MOVED).sum(1) >= MOVED_CELLS)
    strong = np.partition(size, -16, axis=1)[:, -16, None]
    weight = size >= 0.5 * strong
    nearer = (shown - other) ** 2 - (shown - own) ** 2
    total = (between**2 * weight).sum(1)
    likeness = (nearer * weight).sum(1) / np.maximum(total, 1e-6)
    counted = size >= 0.25 * strong
    agree = ((nearer < 0) & counted).sum(1) >= MIN_SHARE * counted.sum(1)
    return apart, np.where(agree, likeness, np.maximum(likeness, 0))


def _centered(thumbnails: NDArray[np.uint8]) -> tuple[Rows, Rows]:
    """Thumbnails as rows without their mean, and their standard deviations."""
    rows = thumbnails.reshape(len(thumbnails), -1).astype(np.float32)
    rows -= rows.mean(1, keepdims=True)
    return rows, rows.std(1)


def _gain(wanted: Rows, given: Rows) -> Rows:
    """Factors that give rows another contrast; flat pictures stay flat."""
    return (wanted / np.maximum(given, np.float32(0.5)))[:, None].astype(np.float32)


def _blocks(
    thumbnails: Iterator[NDArray[np.uint8]], size: int
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Thumbnails in blocks of `size`, each with the number of its first one."""
    first = 0
    held: list[NDArray[np.uint8]] = []
    for thumbnail in thumbnails:
        held.append(thumbnail)
        if len(held) == size:
            yield first, np.stack(held)
            first, held = first + size, []
    if held:
        yield first, np.stack(held)
