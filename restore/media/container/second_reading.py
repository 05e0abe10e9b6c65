"""Comparison of two readings of a film file: notes about differences, before the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from operator import ne
from typing import Any, cast

from restore.media.container.mediainfo import ContainerFacts, facts_of, read_facts
from restore.media.source import Source

ASPECT = 0.005
"""Share by which display aspects may differ: MediaInfo rounds to thousandths, results to even sides."""

_TICK = 0.005
"""Seconds by which durations may always differ: containers count milliseconds."""

_FRAMES = 2
"""Frames, and longest frames, by which counts of files without an index may be off (program streams)."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact, its value from the second reader, and from the first."""

    name: str
    other: str
    own: str

    def __str__(self) -> str:
        return f"{self.name} {self.other} instead of {self.own}"


def with_second_reading(source: Source) -> Source:
    """The source with a note for every fact that MediaInfo reads differently."""
    return replace(source, notes=(*source.notes, *_notes(source)))


def _notes(source: Source) -> Iterator[str]:
    theirs = read_facts(source)
    if theirs is not None:
        frame = float(max(source.frames.durations) * source.frames.time_base)
        found = differences(facts_of(source), theirs, seconds=_FRAMES * frame, frames=_FRAMES)
        for difference in found:
            yield f"MediaInfo reads the source differently: {difference}"


def differences(
    own: ContainerFacts, other: ContainerFacts, *, seconds: float, frames: int
) -> Iterator[Difference]:
    """The facts that both readings have, with different values.

    Lengths may differ by `seconds`, counts by `frames`, aspects by rounding. The display aspect of
    stereoscopic films is that of one view or of both, so it is not compared.
    """
    aspect = None if own.stereo or other.stereo else own.display_aspect
    pairs: tuple[tuple[str, Any, Any, Callable[[Any, Any], bool]], ...] = (
        ("size", own.size, other.size, ne),
        ("display aspect", aspect, other.display_aspect, lambda a, b: abs(a / b - 1) > ASPECT),
        ("scan type", own.scan, other.scan, ne),
        ("field order", own.order, other.order, ne),
        ("duration", own.duration, other.duration, lambda a, b: abs(a - b) > seconds + _TICK),
        ("number of frames", own.frames, other.frames, lambda a, b: abs(a - b) > frames),
        ("rotation", own.rotation, other.rotation, ne),
        ("sound channels", own.channels, other.channels, _other_channels),
        ("number of chapters", own.chapters, other.chapters, ne),
    )
    for name, a, b, apart in pairs:
        if a is not None and b is not None and apart(a, b):
            yield Difference(name, fact_text(b), fact_text(a))
    if other.stereo is not None and other.stereo != own.stereo:
        yield Difference("stereo mode", other.stereo, own.stereo or "none")


def _other_channels(own: Any, other: Any) -> bool:
    """Whether tracks have different numbers of channels; the number of tracks is compared elsewhere."""
    pairs: Iterator[tuple[frozenset[int], frozenset[int]]] = zip(own, other, strict=False)
    return len(own) == len(other) and any(not (a & b) for a, b in pairs if a and b)


def fact_text(value: object) -> str:
    """A fact as text."""
    if isinstance(value, float):
        return f"{value:.3f}"
    if not isinstance(value, tuple):
        return str(value)
    parts = cast("tuple[object, ...]", value)
    if all(isinstance(part, int) for part in parts):
        return "x".join(map(str, parts))
    each = cast("tuple[frozenset[int], ...]", parts)
    return ", ".join("/".join(map(str, sorted(counts))) for counts in each)
