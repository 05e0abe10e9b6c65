"""Timecodes: the label of any frame from the first one's (SMPTE ST 12-1, drop-frame included)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING

from restore.framemap import FrameMap, IdentityMap
from restore.timing import FrameTable

if TYPE_CHECKING:
    from restore.media.source import Source

ZERO = "00:00:00:00"
"""The label of the first frame if the source has none."""

_SPREAD = 8
"""Durations that differ by a smaller share are equal: in milliseconds, 120 frames a second last 8 or 9."""

_COMMON = 5
"""A duration is common if at least one frame in this many has it; single short ones are not."""


def nominal_rate(source: Source) -> Fraction:
    """The rate in frames a second of a film's timecode.

    For an image sequence it is that of its numbers; otherwise it follows from the shortest common duration. A
    frame of two or more such durations counts as that many frames, so that missing frames do not slow the
    timecode.
    """
    frames = source.frames
    if source.sequence is not None:
        return 1 / frames.time_base
    durations = Counter(ticks for ticks in frames.durations if ticks > 0) or Counter([1])
    usual = _usual(durations)
    counted = total = 0
    for ticks, number in durations.items():
        count, whole = _multiple(ticks, usual)
        if whole:
            counted += number * count
            total += number * ticks
    if not counted:  # all durations differ
        return frames.rate
    return Fraction(counted) / (total * frames.time_base)


def result_rate(source: Source, frames: FrameTable, frame_map: FrameMap) -> Fraction:
    """The rate of a result's timecode, in frames a second; `frames` are the source frames that are mapped."""
    if isinstance(frame_map, IdentityMap):
        return nominal_rate(source)
    return nominal_rate(replace(source, frames=frame_map.table(frames), sequence=None))


def _multiple(ticks: int, usual: Fraction) -> tuple[int, bool]:
    """The multiple of `usual` that is nearest to a duration, and whether it is close to it.

    In integers: a film of an hour has 100,000 frames, and fractions take 30 microseconds each.
    """
    scaled, unit = ticks * usual.denominator, usual.numerator
    count, rest = divmod(scaled, unit)
    if 2 * rest > unit or (2 * rest == unit and count % 2):  # half is rounded to even, as by round
        count += 1
    return count, _SPREAD * abs(scaled - count * unit) <= unit


def _usual(durations: Mapping[int, int]) -> Fraction:
    """The shortest common duration, as the mean of those like it; the mean of all if none is common.

    `durations` has the number of frames of each duration.
    """
    distinct = sorted(durations)
    frames = [0, *accumulate(durations[ticks] for ticks in distinct)]
    totals = [0, *accumulate(ticks * durations[ticks] for ticks in distinct)]
    for place, shortest in enumerate(distinct):
        stop = bisect_right(distinct, shortest * (_SPREAD + 1) // _SPREAD)
        if (frames[stop] - frames[place]) * _COMMON >= frames[-1]:
            return Fraction(totals[stop] - totals[place], frames[stop] - frames[place])
    return Fraction(totals[-1], frames[-1])


def timecode_at(first: str, frames: int, rate: Fraction) -> str:
    """The label of the frame that comes `frames` after the one labelled `first`.

    `rate` is frames a second; labels count whole frames, so 29.97 counts 30 and leaves out two labels a
    minute where `first` says so with a semicolon. Labels begin again after 24 hours. Text that is not a
    timecode is returned unchanged.
    """
    match = re.fullmatch(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d)", first.strip())
    base = max(1, round(rate))
    if not match or (match[4] != ":" and base % 30):
        return first
    hours, minutes, seconds, own = (int(match[i]) for i in (1, 2, 3, 5))
    dropped = 2 * (base // 30) if match[4] != ":" else 0
    count = ((hours * 60 + minutes) * 60 + seconds) * base + own
    count -= dropped * (hours * 60 + minutes - (hours * 60 + minutes) // 10)
    count += frames
    if dropped:
        count = _with_left_out(count, base, dropped)
    seconds, frame = divmod(count, base)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours % 24:02}:{minutes:02}:{seconds:02}{match[4]}{frame:02}"


def timecode_after(first: str, seconds: Fraction, rate: Fraction) -> str:
    """The label of the frame shown `seconds` after the one labelled `first`, by time, not by count."""
    return timecode_at(first, round(seconds * rate), rate)


def trimmed_timecode(first: str, source: Source, start: Fraction) -> str:
    """The label of the frame that is shown at `start` (seconds), `first` being that of the film's first."""
    return timecode_after(first, start - source.frames.start, nominal_rate(source))


def _with_left_out(count: int, base: int, dropped: int) -> int:
    """The position among all labels of the `count`-th label that drop-frame counting uses."""
    ten_minutes = 600 * base - 9 * dropped
    tens, rest = divmod(count, ten_minutes)
    minutes = 0 if rest < 60 * base else 1 + (rest - 60 * base) // (60 * base - dropped)
    return count + dropped * (9 * tens + minutes)
