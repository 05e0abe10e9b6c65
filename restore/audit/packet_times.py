"""The times of the packets of copied streams: every packet, not only the first."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from restore.audit.check import ms
from restore.media.container.readback import Moments, StreamDigest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ticks = NDArray[np.int64]

_COVER = "attached_pic"


def moments_wrong(
    source: StreamDigest, copy: StreamDigest, shift: Fraction, sync: Fraction
) -> str | None:
    """What is wrong with the times of a copy; None if all are kept, or if the bytes differ.

    `shift` and `sync` are seconds: how much earlier the copy's clock begins, and by how much a packet may
    be off. PTS that decrease are replaced by the largest one before, as containers require; no packet comes
    before the start of a trimmed film. Subtitles must also have the same end, if both files store it.
    """
    one, other = source.moments, copy.moments
    if source.sha256 != copy.sha256 or _COVER in (source.facts.marks or ()):
        return None
    if not one.begins or not other.begins:
        return None
    begins = _moved(one.begins, source.kind, shift)
    found, at = _looked_up(one, other, pcm=source.facts.codec.startswith("pcm_"))
    off = np.abs(begins[found] - at)
    if (bad := _first(off, sync)) is not None:
        late = np.count_nonzero(off > sync * 1_000_000)
        return f"{late} packets have another time: packet {found[bad]} is {_milliseconds(off[bad])} off"
    if source.kind != "subtitle" or len(one.ends) != len(other.ends):
        return None
    known = (_ticks(one.ends) > _ticks(one.begins)) & (_ticks(other.ends) > _ticks(other.begins))
    off = np.abs(_moved(one.ends, source.kind, shift) - _ticks(other.ends)) * known
    if (bad := _first(off, sync)) is not None:
        return f"packet {bad} ends {_milliseconds(off[bad])} off"
    return None


def _ticks(times: object) -> Ticks:
    return np.array(times, np.int64)


def _moved(times: object, kind: str, shift: Fraction) -> Ticks:
    """The times of the source's packets in the result."""
    moved = _ticks(times) + round(shift * 1_000_000)
    if shift and kind == "subtitle":
        moved = np.maximum(moved, 0)
    return moved if kind in ("video", "subtitle") else np.maximum.accumulate(moved)


def _looked_up(one: Moments, other: Moments, *, pcm: bool) -> tuple[Ticks, Ticks]:
    """Packets of the source that exist in the copy, and the times of their first bytes there.

    For uncompressed sound at any position in a packet; for other streams the packets that begin at the same
    byte.
    """
    wanted, there = _ticks(one.offsets), _ticks(other.offsets)
    begins = _ticks(other.begins)
    lengths = np.diff(there, append=there[-1])
    lasting = (_ticks(other.ends) - begins)[:-1].sum()
    if pcm and len(there) > 1 and lasting > 0:
        pace = lasting / lengths.sum()
        inside = np.flatnonzero(wanted >= there[0])
        place = np.searchsorted(there, wanted[inside], side="right") - 1
        return inside, begins[place] + ((wanted[inside] - there[place]) * pace).astype(np.int64)
    _, found, place = np.intersect1d(wanted, there, return_indices=True)
    return found, begins[place]


def _first(off: Ticks, sync: Fraction) -> int | None:
    bad = np.flatnonzero(off > float(sync * 1_000_000))
    return int(bad[0]) if len(bad) else None


def _milliseconds(microseconds: np.int64) -> str:
    return ms(Fraction(int(microseconds), 1_000_000))
