"""Count and times: the number of frames, the time of each, and the end of the film."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from restore.audit.check import Check, ms
from restore.timing import FrameTable, Span


def check_count(expected: int, found: int) -> Check:
    """The result has the expected number of frames."""
    return Check("frames", expected == found, f"{found} of {expected}")


def check_parts(frames: Span, parts: Sequence[Span]) -> Check:
    """According to their receipts, the parts contain every frame once and in order."""
    ends = [frames.start, *(part.stop for part in parts)]
    gap = next((i for i, part in enumerate(parts) if part.start != ends[i]), None)
    if gap is not None:
        return Check(
            "parts", False, f"part {gap} begins at frame {parts[gap].start}, not {ends[gap]}"
        )
    if ends[-1] != frames.stop:
        return Check("parts", False, f"the last part ends at frame {ends[-1]}, not {frames.stop}")
    return Check("parts", True, f"{len(parts)} with consecutive receipts")


def check_times(frames: FrameTable, found: Sequence[Fraction], tick: Fraction) -> Check:
    """Every frame has its time: exactly, or within one tick of the container."""
    apart = [abs(frames.seconds(k) - at) for k, at in enumerate(found[: len(frames)])]
    worst = max(apart, default=Fraction(0))
    if worst == 0:
        return Check("times", True, "all equal exactly")
    if worst < tick:
        return Check("times", True, f"equal to the container's tick of {ms(tick)}")
    first = next(k for k, off in enumerate(apart) if off >= tick)
    return Check("times", False, f"frame {first} is {ms(apart[first])} off")


def check_duration(frames: FrameTable, found: FrameTable, tick: Fraction) -> Check:
    """The film ends at its time, by the PTS in the container."""
    off = abs(frames.end - found.end)
    seconds = f"{float(found.end - found.start):.3f} s"
    if off == 0:
        return Check("duration", True, f"{seconds}, exactly")
    detail = f"{seconds}, {ms(off)} off"
    return Check("duration", off < 2 * tick, detail + f" with a tick of {ms(tick)}")
