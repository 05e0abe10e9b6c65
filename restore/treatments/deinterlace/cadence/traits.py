"""Traits of shots apart from their cadence: repeated frames, lettering, chroma, exchanged fields, flags."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from restore.treatments.deinterlace.cadence.hypotheses import AFTER, BEFORE, BETWEEN, SAME, TFF
from restore.treatments.deinterlace.cadence.likelihood import of_position

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from restore.treatments.deinterlace.cadence.evidence import Evidence
    from restore.treatments.deinterlace.cadence.path import Predictions
    from restore.treatments.deinterlace.cadence.signs import Signs

    Figures = NDArray[np.float64]
    Indices = NDArray[np.int64]

ENOUGH = 40.0
"""The least log-likelihood by which lettering or chroma must differ from the film's cadence."""

EACH = 0.8
"""The same for a field, on average."""

OFTEN = 0.2
"""The least share of fields in which a band moves that is considered."""

AGAINST = -1.2
"""The mean log-likelihood of video in a band that is not video."""

SHARE = 0.12
"""The largest change of a repeated frame, as a share of the changes before and after it."""

REACH = 4
"""Frames on each side among which there must be one that moves."""

BLENDED = (5, 6)
"""Periods of conversions in fields: from 60 to 50 a second, and from 50 to 60."""

PERIODIC = 10.0
"""By how many deviations the F value of a period exceeds 1."""

MOST = 0.8
"""The least share of frames that must agree."""

SMOOTH = 0.7
"""The least share of a single rise and fall in each period."""

SINGLE = 0.35
"""The least distance of the highest phase from the next one, as a share of all: one field is not mixed."""

STRONG = 0.6
"""More than this is not the trace of mixed fields, but of uneven motion."""

PULLDOWN = (1.35, 1.65)
"""The quotient of the durations of frames that are shown for 3 and for 2 fields, rounded times included."""


def repeated_frames(signs: Signs, likely: Sequence[int], start: int, stop: int) -> tuple[int, ...]:
    """Those of the `likely` frames that repeat the one before, between frames that move."""
    energy = signs.energy[TFF]
    change = energy[1:-1:2] + energy[2:-1:2]  # from frame n to frame n + 1
    still = set(likely)

    def moved(frames: range) -> float | None:
        return next((float(change[n - 1]) for n in frames if n not in still), None)

    found: list[int] = []
    for frame in likely:
        before = moved(range(frame - 1, max(start, frame - 1 - REACH), -1))
        after = moved(range(frame + 1, min(stop, frame + 1 + REACH)))
        near = [each for each in (before, after) if each is not None]
        at_edge = frame - start < REACH or stop - frame <= REACH
        if len(near) == 2 or (near and at_edge):
            own = float(change[frame - 1])
            if own <= SHARE * min(near) and min(near) > 0:
                found.append(frame)
    return tuple(found)


def is_mixed(evidence: Evidence, path: Predictions, start: int, stop: int) -> bool:
    """Whether a part of the frames is video, although the fields follow the cadence of film."""
    fields = _telling(path, start, stop)
    if not fields.size:
        return False
    nearer, variance = evidence.bands[:, path.order[fields], fields]
    scores = of_position(nearer.astype(np.float64), variance.astype(np.float64))
    gain = (
        scores[..., BETWEEN]
        - np.take_along_axis(scores, path.own[fields][:, None, None], axis=2)[..., 0]
    )
    gain[variance == 0] = 0
    moving = np.maximum((variance < 1).sum(axis=0), 1)
    total = gain.sum(axis=0)
    return bool(((total > ENOUGH) & (total > EACH * moving)).any())


def is_video_in_few_bands(evidence: Evidence, order: int, start: int, stop: int) -> bool:
    """Whether most of the frame contradicts video, although its strongest motion is video: lettering."""
    nearer, variance = evidence.bands[:, order, start:stop].astype(np.float64)
    moving = (variance < 1) & (variance > 0)
    scores = of_position(nearer, np.where(moving, variance, 1))[..., BETWEEN] * moving
    count = moving.sum(axis=0)
    active = count >= OFTEN * (stop - start)
    against = scores.sum(axis=0) < AGAINST * count
    return bool(active.any() and (against & active).sum() >= active.sum() / 2)


def has_progressive_chroma(
    evidence: Evidence, path: Predictions, parts: Sequence[tuple[int, int]]
) -> bool:
    """Whether the chroma of both fields of every frame shows one moment in these parts, but not the luma."""
    if evidence.chroma is None:
        return False
    fields = np.concatenate([np.arange(*part) for part in parts] or [np.arange(0)])
    whole = np.where(fields % 2 == 0, AFTER, BEFORE)
    order = path.order[fields]
    nearer, variance = (
        evidence.chroma.nearer[order, fields],
        evidence.chroma.variance[order, fields],
    )
    own = path.own[fields]
    use = (
        np.isfinite(nearer) & (own != whole) & (own != SAME) & (np.nan_to_num(variance, nan=1) < 1)
    )
    if not use.any():
        return False
    scores = of_position(nearer[use], variance[use])
    rows = np.arange(int(use.sum()))
    gain = scores[rows, whole[use]] - scores[rows, own[use]]
    return bool(gain.sum() > max(ENOUGH, EACH * len(rows)))


def _telling(path: Predictions, start: int, stop: int) -> Indices:
    """The fields for which film and video predict different signs."""
    fields = np.arange(start, stop)
    return fields[(path.own[fields] == BEFORE) | (path.own[fields] == AFTER)]


def is_blended(signs: Signs, order: int, start: int, stop: int) -> bool:
    """Whether video was converted from another rate by mixing fields.

    Then the fields differ from the mean of their neighbors by more and by less in turn, with the period of
    the conversion, whatever moves.
    """
    middle = signs.middle[order, start:stop]
    middle = np.clip(middle[np.isfinite(middle)], -2, 2)
    return any(_has_period(middle, period) for period in BLENDED)


def _has_period(values: Figures, period: int) -> bool:
    """Whether values rise and fall with a period: an F test of the means of its phases."""
    cycles = len(values) // period
    if cycles < 3:
        return False
    smooth = np.convolve(values, np.full(period, 1 / period), "valid")
    rest = values[period // 2 : period // 2 + len(smooth)] - smooth
    rows = rest[: len(rest) // period * period].reshape(-1, period)
    if len(rows) < 3:
        return False
    means = rows.mean(axis=0)
    between = len(rows) * float((means**2).sum()) / (period - 1)
    within = float(((rows - means) ** 2).sum()) / (rows.size - period) + 1e-6
    spread = 2 / (period - 1) + 2 / (rows.size - period)
    turn = np.exp(2j * np.pi * np.arange(period) / period)
    once = 2 / period * abs(complex((means * turn).sum())) ** 2
    smooth_enough = once >= SMOOTH * float((means**2).sum())
    *_, second, first = np.sort(means)
    single = first - second >= SINGLE * float(np.ptp(means))
    clear = between / within > 1 + PERIODIC * spread**0.5
    return bool(clear and smooth_enough and single and np.abs(means).max() <= STRONG)


def is_soft(durations: Sequence[int]) -> bool:
    """Whether frames are shown for 3 fields and for 2 in turn."""
    pairs = [(max(pair) / max(min(pair), 1), pair[0] > pair[1]) for pair in pairwise(durations)]
    fit = [PULLDOWN[0] <= quotient <= PULLDOWN[1] for quotient, _ in pairs]
    turns = [a[1] != b[1] for a, b in pairwise(pairs)]
    return len(pairs) >= 4 and bool(np.mean(fit) >= MOST) and bool(np.mean(turns) >= MOST)
