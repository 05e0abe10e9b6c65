"""Timecodes: the label of any frame from the first one's (SMPTE ST 12-1, drop-frame included)."""

from __future__ import annotations

import re
from fractions import Fraction

from restore.timing import FrameTable

ZERO = "00:00:00:00"
"""The label of the first frame where the source has none."""


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


def trimmed_timecode(first: str, frames: FrameTable, start: Fraction) -> str:
    """The label of the frame that is shown at `start` (seconds), `first` being that of the film's first."""
    return timecode_at(first, frames.index_at(start), frames.rate)


def _with_left_out(count: int, base: int, dropped: int) -> int:
    """The place among all labels of the `count`-th that drop-frame counting uses."""
    ten_minutes = 600 * base - 9 * dropped
    tens, rest = divmod(count, ten_minutes)
    minutes = 0 if rest < 60 * base else 1 + (rest - 60 * base) // (60 * base - dropped)
    return count + dropped * (9 * tens + minutes)


def timecode_bits(label: str) -> int:
    """A label as DPX and EXR headers keep it: hours, minutes, seconds, frames, a hexadecimal digit each.

    Drop-frame labels (those with a semicolon) have their flag.
    """
    return int(re.sub(r"\D", "", label), 16) | (0 if label[-3:-2] == ":" else 0x40)
