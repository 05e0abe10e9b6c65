"""Formatting for people: times, file sizes, counts, and text without control characters."""

from __future__ import annotations

import re
from fractions import Fraction

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""Characters that control a terminal or break a line."""


def clock(seconds: float | Fraction) -> str:
    """A duration as 0:07, 12:30 or 1:02:03 (whole seconds, rounded)."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def moment(seconds: float | Fraction) -> str:
    """A time in a film as 0:07.250: minutes, seconds and milliseconds."""
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(abs(thousandths), 60_000)
    sign = "-" if thousandths < 0 else ""
    return f"{sign}{minutes}:{rest // 1000:02}.{rest % 1000:03}"


def size(count: int | float) -> str:
    """Bytes as 812 B, 3.4 MB or 1.2 GB (powers of ten)."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if round(value) < 1000:
            whole = unit == "B" or round(value, 1) >= 100
            return f"{value:.0f} {unit}" if whole else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def counted(count: int, thing: str) -> str:
    """`1 frame`, `2 frames`, `1,204 frames`."""
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def rate(frames_per_second: float | Fraction) -> str:
    """A frame rate with at most three decimals: 24, 23.976."""
    return f"{float(frames_per_second):.3f}".rstrip("0").rstrip(".")


def line(text: str) -> str:
    """The text on one line: line breaks and terminal control characters in a film's name are escaped."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
