"""Timecodes in headers of DPX and EXR: digits and flags in 32 bits (SMPTE ST 12-1)."""

from __future__ import annotations

import re
from fractions import Fraction

NO_TIMECODE = 0xFFFFFFFF
"""The value in a DPX header without a timecode: all bits set."""

OPENEXR_MARK = 1 << 15
"""The field mark of EXR at any rate (OpenEXR's TV60 packing), and of DPX except at 50 frames a second."""

_MARK_50 = 1 << 31
_DROP = 1 << 6


def field_mark(rate: Fraction) -> int:
    """The bit that marks the second frame of a pair in DPX (SMPTE ST 12-1 has two places for it)."""
    return _MARK_50 if round(rate) == 50 else OPENEXR_MARK


def in_pairs(rate: Fraction) -> bool:
    """Whether two frames share a number: the digits of SMPTE ST 12-1 end at 39, too few above 30."""
    return round(rate) > 30 and labels_fit(rate)


def labels_fit(rate: Fraction) -> bool:
    """Whether headers of DPX and EXR can store labels at this number of frames a second."""
    return round(rate) <= 60


def timecode_label(code: int, rate: Fraction | None = None, mark: int = 0) -> str | None:
    """HH:MM:SS:FF (a semicolon for drop frame) of time address bits; None if they contain no timecode.

    Above 30 frames a second the digits number pairs of frames, and the bit `mark` is set in the second one.
    """
    if code == NO_TIMECODE:
        return None
    digits = f"{code & 0x3F7F7F3F:08x}"  # without the flags
    drop = ";" if code & _DROP else ":"
    hours, minutes, seconds, frames = (digits[at : at + 2] for at in (0, 2, 4, 6))
    if not digits.isdecimal() or hours > "23" or minutes > "59" or seconds > "59":
        return None
    if rate is not None and in_pairs(rate):
        counted = 2 * int(frames) + bool(code & mark)
        # numbers above the last pair were written by programs that count single frames
        frames = f"{counted:02}" if counted < round(rate) else frames
    return f"{hours}:{minutes}:{seconds}{drop}{frames}"


def timecode_bits(label: str, rate: Fraction, mark: int) -> int | None:
    """A label in the form of DPX and EXR headers: hours, minutes, seconds, frames, a hexadecimal digit each.

    Drop-frame labels (those with a semicolon) have their flag. Above 30 frames a second the digits number
    pairs of frames, and the bit `mark` is set in the second one. None if the digits are not sufficient (above
    60 frames a second), and for text that is not a timecode.
    """
    match = re.fullmatch(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d)", label.strip())
    if not match or not labels_fit(rate):
        return None
    frame, second = int(match[5]), 0
    if in_pairs(rate):
        frame, second = divmod(frame, 2)
    if frame > 39:  # the next bits are flags
        return None
    digits = int(f"{match[1]}{match[2]}{match[3]}{frame:02}", 16)
    return digits | (mark if second else 0) | (0 if match[4] == ":" else _DROP)
