"""The captions and active format descriptions of a film's frames, read from its packets without decoding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from restore.framemap import FrameMap
from restore.media.container.decode_order import in_display_order
from restore.media.container.packets import demuxed
from restore.media.container.userdata import (
    READABLE,
    Kind,
    as_captions,
    kind_of,
    line21_blocks,
    payloads_in,
)
from restore.media.names import open_input
from restore.media.source import Source
from restore.timing import FrameTable

Payloads = Mapping[int, tuple[bytes, ...]]
"""The payloads of each frame, by frame number or by PTS; frames without payloads are absent."""

NAMES: dict[Kind, str] = {"captions": "closed captions", "afd": "active format description"}


_GROUP = b"\0\0\1\xb8"
"""MPEG-2's start code of a group of pictures."""


def read_payloads(source: Source) -> Payloads:
    """The payloads of a film's frames by PTS, in the film's time base.

    Captions of DVDs, which are in the header of each group of pictures, are assigned to its frames.

    Raises av.error.FFmpegError if the file cannot be read to its end.
    """
    if source.codec not in READABLE:
        return {}
    found: dict[int, tuple[bytes, ...]] = {}
    blocks, group = tuple[bytes, ...](), list[int]()
    same: dict[tuple[bytes, ...], tuple[bytes, ...]] = {}  # most frames have the same padding
    for pts, data in _film_packets(source):
        if payloads := payloads_in(source.codec, data):
            found[pts] = same.setdefault(payloads, payloads)
        if source.codec == "mpeg2video":
            if _GROUP in data:
                found.update(captions_by_frame(blocks, group))
                blocks, group = line21_blocks(data), []
            group.append(pts)
    found.update(captions_by_frame(blocks, group))
    return found


def _film_packets(source: Source) -> Iterator[tuple[int, bytes]]:
    """The film's packets in decoding order, each with the PTS of its frame."""
    with open_input(source.path, source.container) as container:
        stream: Any = container.streams[source.video]
        packets = (
            packet
            for packet in demuxed(container, stream, source.zero)
            if packet.size and packet.pts is not None and not packet.is_discard
        )
        if not source.counted:
            yield from ((packet.pts, bytes(packet)) for packet in packets)
            return
        places = in_display_order(stream)
        for packet in packets:
            if packet.pts in places:
                yield source.frames.pts[places[packet.pts]], bytes(packet)


def captions_by_frame(
    blocks: Sequence[bytes], group: Sequence[int]
) -> dict[int, tuple[bytes, ...]]:
    """The caption blocks of a group's header, each on the frame of the group that is shown with it.

    There are as many blocks as frames of video: with pulldown, more than coded frames.
    """
    pts_values = sorted(group)
    shares: dict[int, list[bytes]] = {}
    for number, block in enumerate(blocks if pts_values else ()):
        shares.setdefault(pts_values[number * len(pts_values) // len(blocks)], []).append(block)
    return {pts: (as_captions(share),) for pts, share in shares.items()}


def by_frame(payloads: Payloads, frames: FrameTable, frame_map: FrameMap | None = None) -> Payloads:
    """The payloads of these frames by their index in the table, or by the result frames that carry them.

    A result frame that carries those of several frames has the captions of all and the first active format.
    """
    if not payloads:
        return {}
    found: dict[int, tuple[bytes, ...]] = {}
    for place, pts in enumerate(frames.pts):
        if pts not in payloads:
            continue
        carrier = place if frame_map is None else frame_map.carrier(place)
        carried = found.get(carrier, ())
        known = any(kind_of(each) == "afd" for each in carried)
        found[carrier] = carried + tuple(
            each for each in payloads[pts] if not (known and kind_of(each) == "afd")
        )
    return found


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
