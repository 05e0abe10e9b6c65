"""Timecodes: the label of any frame from the first one's (SMPTE ST 12-1, drop-frame included)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from restore.media.source import Source

ZERO = "00:00:00:00"
"""The label of the first frame where the source has none."""

_SPREAD = 8
"""Durations that differ by less than this part are one: milliseconds make 8 and 9 of 120 frames a second."""

_COMMON = 5
"""One frame in so many must last that long for it to be a usual duration: stray short ones are none."""


def nominal_rate(source: Source) -> Fraction:
    """The frames a second that a film's labels count by.

    Of numbered pictures it is that of their numbers; else it follows from the shortest duration that many
    frames have. Frames that last two or more of these count as so many: what was left out slows no clock.
    """
    frames = source.frames
    if source.sequence is not None:
        return 1 / frames.time_base
    durations = [ticks for ticks in frames.durations if ticks > 0] or [1]
    usual = _usual(durations)
    steps = ((ticks, round(ticks / usual)) for ticks in durations)
    whole = [(t, count) for t, count in steps if _SPREAD * abs(t - count * usual) <= usual]
    counted = sum(count for _, count in whole)
    if not counted:  # no two frames last alike
        return frames.rate
    return Fraction(counted) / (sum(t for t, _ in whole) * frames.time_base)


def _usual(durations: Sequence[int]) -> Fraction:
    """The shortest duration that is common, by the mean of those like it; the mean of all if none is."""
    ordered = sorted(durations)
    for place, shortest in enumerate(ordered):
        stop = bisect_right(ordered, shortest * (_SPREAD + 1) // _SPREAD)
        if (stop - place) * _COMMON >= len(ordered):
            return Fraction(sum(ordered[place:stop]), stop - place)
    return Fraction(sum(ordered), len(ordered))


def timecode_at(first: str, frames: int, rate: Fraction) -> str:
    """The label of the frame that comes `frames` after the one labelled `first`.

    `rate` is frames a second; labels count whole frames, so 29.97 counts 30 and leaves out two labels a
    minute where `first` says so with a semicolon. Labels begin again after 24 hours. Text that is no
    timecode comes back as it is.
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
    """The label of the frame shown `seconds` after the one labelled `first`, by time and not by count."""
    return timecode_at(first, round(seconds * rate), rate)


def trimmed_timecode(first: str, source: Source, start: Fraction) -> str:
    """The label of the frame that is shown at `start` (seconds), `first` being that of the film's first."""
    return timecode_after(first, start - source.frames.start, nominal_rate(source))


def _with_left_out(count: int, base: int, dropped: int) -> int:
    """The place among all labels of the `count`-th that drop-frame counting uses."""
    ten_minutes = 600 * base - 9 * dropped
    tens, rest = divmod(count, ten_minutes)
    minutes = 0 if rest < 60 * base else 1 + (rest - 60 * base) // (60 * base - dropped)
    return count + dropped * (9 * tens + minutes)
