"""Which captions and active formats a film's frames carry, read from its packets without decoding."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from restore.media.names import open_input
from restore.media.probe import Source
from restore.media.userdata import READABLE, Kind, kind_of, payloads_in
from restore.timing import FrameTable

Payloads = Mapping[int, tuple[bytes, ...]]
"""What each frame carries beside its picture, by frame number or by stamp; frames without are absent."""

NAMES: dict[Kind, str] = {"captions": "closed captions", "afd": "active format description"}


def read_payloads(source: Source) -> Payloads:
    """The payloads of a film's frames by their stamps, in the film's time base.

    Raises av.error.FFmpegError where the file cannot be read to its end.
    """
    if source.codec not in READABLE:
        return {}
    found: dict[int, tuple[bytes, ...]] = {}
    same: dict[tuple[bytes, ...], tuple[bytes, ...]] = {}  # most frames carry the same filling
    with open_input(source.path, source.container) as container:
        for packet in container.demux(container.streams[source.video]):
            if packet.size and packet.pts is not None and not packet.is_discard:
                payloads = payloads_in(source.codec, bytes(packet))
                if payloads:
                    found[packet.pts] = same.setdefault(payloads, payloads)
    return found


def by_frame(payloads: Payloads, frames: FrameTable) -> Payloads:
    """The payloads of these frames by their places in the table."""
    if not payloads:
        return {}
    return {place: payloads[pts] for place, pts in enumerate(frames.pts) if pts in payloads}


def kinds(payloads: Payloads) -> tuple[Kind, ...]:
    """Which kinds there are."""
    there = {kind_of(payload) for payload in chain.from_iterable(set(payloads.values()))}
    return tuple(kind for kind in NAMES if kind in there)


def of_kind(payloads: Payloads, kind: Kind) -> Payloads:
    """Those of one kind."""
    sorted_out = {
        place: tuple(payload for payload in every if kind_of(payload) == kind)
        for place, every in payloads.items()
    }
    return {place: every for place, every in sorted_out.items() if every}
