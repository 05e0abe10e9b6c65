"""What is kept of a film's frames while they pass: a few figures for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

import numpy as np

from restore.treatments.deinterlace.cadence.signs import (
    FieldPair,
    Sign,
    Signs,
    arranged,
    cells,
    combs,
    field_pair,
    sign_of,
    signs_of_bands,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from restore.treatments.measure import FieldFrame

    Figures = NDArray[np.float64]
    Short = NDArray[np.float32]

BANDS = 8
"""Horizontal bands of the frame that are also examined separately: lettering lies in a few of them."""

FIRST = 24
"""Frames that decide whether fields are exchanged."""

DETAIL = 8.0
"""The least difference between rows, in squared 8-bit codes, of a cell that shows their order."""

CLEAR = 0.02
"""The least figure of a frame that shows whether its fields are exchanged."""

MOST = 0.8
"""The least share of such frames that must agree."""

LEAST = 4
"""Rows of a plane whose fields can be compared: two rows each."""

CHROMA_STEP = 3
"""Chroma is examined in one of so many steps between frames: no divisor of a cadence."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Figures of all fields and frames.

    signs      of the luma
    bands      `nearer` and its variance in each band: [2, order, field, band]
    chroma     signs of the chroma, where it has fewer rows than the luma
    exchanged  whether all fields were exchanged
    durations  of the frames, in the film's time base
    """

    signs: Signs
    bands: Short
    chroma: Signs | None
    exchanged: bool
    durations: tuple[int, ...]


def gather(frames: Iterable[FieldFrame]) -> Evidence:
    """The evidence in these frames.

    If the fields of the first frames are exchanged, they are exchanged back: then order 0 (TFF) means that
    the rows 1, 3, 5 ... of the frames are shown first.
    """
    coming = iter(frames)
    first = list(islice(coming, FIRST))
    back = are_exchanged(np.array([_exchanged(field_pair(frame.y)) for frame in first]))
    return _gathered(chain(first, coming), exchanged=back)


def are_exchanged(figures: Figures) -> bool:
    """Whether the fields of frames with these figures (of `_exchanged`) are exchanged."""
    clear = figures[np.abs(figures) > CLEAR]
    return bool(len(clear) and np.median(clear) > 0 and (clear > 0).mean() >= MOST)


def _gathered(frames: Iterable[FieldFrame], *, exchanged: bool) -> Evidence:
    steps: list[list[Sign]] = []
    bands: list[Short] = []
    chroma: list[list[Sign] | None] = []
    durations: list[int] = []
    before: FieldFrame | None = None
    before_pair: FieldPair | None = None
    for frame in frames:
        pair = field_pair(frame.y, exchanged=exchanged)
        if before is not None and before_pair is not None:
            found = combs(before_pair, pair)
            steps.append([sign_of(each) for each in found])
            bands.append(np.array([signs_of_bands(each, BANDS) for each in found], np.float32))
            examined = len(chroma) % CHROMA_STEP == 0
            chroma.append(_of_chroma(before, frame, exchanged) if examined else None)
        durations.append(frame.duration)
        before, before_pair = frame, pair
    known = any(step is not None for step in chroma)
    return Evidence(
        arranged(steps),
        _arranged_bands(bands),
        arranged(chroma) if known else None,
        exchanged,
        tuple(durations),
    )


def _arranged_bands(bands: list[Short]) -> Short:
    """The figures of the bands by order and field; a variance of 0 where there are none."""
    found = np.zeros((2, 2, 2 * len(bands) + 2, BANDS), np.float32)
    for place, step in enumerate(bands):
        for number, signs in enumerate(step):
            order, late = divmod(number, 2)
            found[:, order, 2 * place + 1 + late] = signs.T
    return found


def _of_chroma(a: FieldFrame, b: FieldFrame, exchanged: bool) -> list[Sign] | None:
    """The signs of the chroma between two frames; None unless it has half of the luma's rows."""
    pairs: list[FieldPair] = []
    for frame in (a, b):
        if frame.cb is None or frame.cr is None:
            return None
        if len(frame.cb) < LEAST or 2 * len(frame.cb) > len(frame.y) + 1:
            return None
        pairs.append(field_pair(np.hstack([frame.cb, frame.cr]), exchanged=exchanged))
    return [sign_of(each) for each in combs(*pairs)]


def _exchanged(pair: FieldPair) -> float:
    """How much better a frame's rows fit if its fields are exchanged, as a logarithm.

    Three of four cells with detail exceed it, so fine stripes in a part of the frame do not decide.

    The row of a bottom field is between two rows of the top field. With the fields exchanged it is between
    the row above these and the upper one, and the lower one is three rows away.
    """
    rows = min(len(pair.bottom), len(pair.top) - 1)
    middle = pair.bottom[1:rows]
    if not middle.size:
        return 0.0
    above = cells((middle - pair.top[: rows - 1]) ** 2)
    below = cells((middle - pair.top[2 : rows + 1]) ** 2)
    detailed = above + below > DETAIL
    if detailed.mean() < 0.05:
        return 0.0
    return float(np.percentile(np.log((below[detailed] + 1) / (above[detailed] + 1)), 25))
