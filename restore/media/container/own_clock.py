"""Films whose clock is that of a broadcaster or a disc, or begins before zero."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from restore.media.source import SeekPoint, Source
from restore.timing import FrameTable

_OWN_CLOCKS = ("mpegts", "mpeg")
"""Demuxers of streams whose clock is independent of the film."""


def on_own_clock(source: Source, first: int | None) -> Source:
    """A film on a clock that begins with its first frame, if the file has that of a broadcaster or a disc.

    MPEG streams begin at any time within 26.5 hours; other containers cannot store times before zero.
    """
    frames = source.frames
    ticks = frames.pts[0] if first is None or source.unstamped else first
    if ticks == 0 or (source.container not in _OWN_CLOCKS and frames.pts[0] >= 0):
        return source
    zero = ticks * frames.time_base
    return replace(
        source,
        zero=zero,
        frames=FrameTable(
            frames.time_base, tuple(pts - ticks for pts in frames.pts), frames.durations
        ),
        keys=tuple(SeekPoint(key.clean - ticks, key.seek - ticks) for key in source.keys),
        notes=(
            *source.notes,
            f"the film's clock begins at {_clock(zero)}, the result's at 0 (--keep-clock keeps it)",
        ),
    )


def _clock(seconds: Fraction) -> str:
    """A time on a clock: -0.400 s, 26:29:03.318."""
    whole = round(abs(seconds) * 1000)
    sign = "-" if seconds < 0 else ""
    if whole < 60_000:
        return f"{sign}{whole / 1000:.3f} s"
    minutes, rest = divmod(whole, 60_000)
    return f"{sign}{minutes // 60}:{minutes % 60:02}:{rest / 1000:06.3f}"
