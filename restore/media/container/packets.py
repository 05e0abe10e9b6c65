"""The time of every frame of a film, from its packets, without decoding."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from restore.media.container.complete import is_complete
from restore.media.container.decode_order import pts_are_decoding_times
from restore.media.container.nal import nal_units
from restore.media.container.streams import file_of
from restore.media.source import SeekPoint
from restore.timing import FrameTable, table_from_pts

_Shown = tuple[int | None, int, int]
"""PTS, duration and kind of a packet: 2 for a clean start, 1 for a key frame that is not one."""

_NO_TIMESTAMPS = 0x80
"""libavformat's flag of containers that store no time (raw streams): AVFMT_NOTIMESTAMPS."""


_PAUSES = 1000
"""How often a demuxer may report that no data are available yet; in a file all data exist."""

_OTHER_ASPECTS = "the aspect changes within the film: the whole result has that of the first frame"

_BELIEVABLE = 2
"""In a truncated file the last frame may last this many times as long as the longest other one."""

_REPEATS = Fraction(1, 4)
"""Seconds of empty packets at the end that are worth a note."""


@dataclass(frozen=True, slots=True)
class PacketFacts:
    """The facts of the film's packets.

    `hidden` is the number of those that an edit list needs only for decoding, `unstamped` of those at the
    start whose PTS were extrapolated back from the first known one. `counted`: the PTS are decoding times, so
    frames are identified by their order.
    """

    frames: FrameTable | None
    keys: tuple[SeekPoint, ...]
    notes: tuple[str, ...]
    hidden: int = 0
    unstamped: int = 0
    counted: bool = False


def increasing(pts_values: Iterable[int]) -> list[int]:
    """PTS made strictly increasing: one that does not advance follows the last by one unit."""
    fixed: list[int] = []
    for pts_value in pts_values:
        fixed.append(max(pts_value, fixed[-1] + 1) if fixed else pts_value)
    return fixed


def demuxed(container: InputContainer, streams: Any, zero: Fraction = Fraction(0)) -> Iterator[Any]:
    """The packets of these streams, with times from `zero` (seconds of the file's clock) on.

    If damage makes a demuxer pause (MPEG-TS), reading is tried again.
    """
    pauses = 0
    while True:
        try:
            for packet in container.demux(streams):
                yield _from(zero, packet) if zero else packet
        except BlockingIOError:
            pauses += 1
            if pauses > _PAUSES:
                raise
        else:
            return


def _from(zero: Fraction, packet: Any) -> Any:
    shift = round(zero / packet.time_base)
    packet.pts, packet.dts = (
        pts_value if pts_value is None else pts_value - shift
        for pts_value in (packet.pts, packet.dts)
    )
    return packet


def read_packets(
    container: InputContainer, stream: VideoStream, first_pts: int | None
) -> PacketFacts:
    """Read all packets of the stream; those that an edit list hides are left out.

    `first_pts` is the PTS of the first decoded frame, if known.
    """
    reordered = False
    hidden = 0
    empty: list[int] = []
    shown: list[_Shown] = []
    aspects: set[int] = set()
    codec = stream.codec_context.name
    for packet in demuxed(container, stream):
        hidden += packet.is_discard
        if packet.size and not packet.is_discard:
            key = 0 if not packet.is_keyframe else 2 if _decodes_alone(codec, packet) else 1
            shown.append((packet.pts, packet.duration or 0, key))
            if key and codec == "mpeg2video":
                aspects |= stored_aspects(bytes(packet))
            reordered = reordered or packet.pts != packet.dts
        elif packet.pts is not None and not packet.is_discard:
            empty.append(packet.pts + (packet.duration or 0))  # the frame before is shown longer
    time_base = stream.time_base or Fraction(1, 1000)
    if container.format.flags & _NO_TIMESTAMPS:
        return _without_time(time_base, [duration for _, duration, _ in shown])
    unstamped = 0 if reordered else _counted_back(shown)
    facts = _with_time(time_base, shown, _end_of(container, stream, empty))
    facts = replace(facts, hidden=hidden, unstamped=unstamped)
    if len(aspects) > 1:
        facts = replace(facts, notes=(*facts.notes, _OTHER_ASPECTS))
    if container.format.name == "avi" and reordered:
        return _guessed_time(facts, first_pts)
    if not reordered and not hidden and pts_are_decoding_times(stream):
        return _counted(facts, {pts for pts, _, kind in shown if kind == 2 and codec == "h264"})
    return facts


def _without_time(time_base: Fraction, durations: Sequence[int]) -> PacketFacts:
    """Raw streams: the frames have the rate in the stream's headers."""
    if not durations:
        return PacketFacts(None, (), ())
    step = max(1, max(set(durations), key=durations.count))
    pts_values = [i * step for i in range(len(durations))]
    note = "the container stores no PTS: the frames get the rate of the stream"
    return PacketFacts(table_from_pts(time_base, pts_values, step), (), (note,))


def _counted_back(shown: list[_Shown]) -> int:
    """Give PTS to the packets at the start without one, extrapolated back from the first known one.

    Matroska stores PTS before zero, but ffmpeg's demuxer does not return them. Returns how many there are.
    """
    count = next((at for at, (pts, _, _) in enumerate(shown) if pts is not None), 0)
    for at in range(count):
        pts, step, _ = shown[count]
        assert pts is not None
        shown[at] = (pts - (count - at) * max(1, step), *shown[at][1:])
    return count


@dataclass(frozen=True, slots=True)
class _End:
    """The end of the film in seconds according to its container, and whether the file is complete."""

    at: Fraction
    whole: bool


def _end_of(container: InputContainer, stream: VideoStream, empty: Sequence[int]) -> _End | None:
    """The end of the film: that of its last empty packet, else that in its header."""
    time_base = stream.time_base or Fraction(1, 1000)
    if empty:
        return _End(max(empty) * time_base, whole=True)
    stored = _stored_end(container, stream)
    demuxer = container.format.name.split(",")[0]
    return None if stored is None else _End(stored, is_complete(file_of(container), demuxer))


def _stored_end(container: InputContainer, stream: VideoStream) -> Fraction | None:
    """The end of the stream in seconds by its own header, if there is one."""
    time_base = stream.time_base
    if container.format.name.startswith(("mov", "avi")) and time_base and stream.duration:
        return ((stream.start_time or 0) + stream.duration) * time_base
    duration = re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    if container.format.name.startswith("matroska") and duration is not None:
        return int(duration[1]) * 3600 + int(duration[2]) * 60 + Fraction(duration[3])
    return None


def _last_duration(
    time_base: Fraction, pts_values: Sequence[int], packet: int, end: _End | None
) -> int:
    """The duration of the last frame: until the film's end, if that is plausible.

    With reordered frames a packet's duration belongs to its position in decoding order. In a truncated file,
    an end far after the last frame means that frames are missing, not that the last one is long.
    """
    longest = max((b - a for a, b in pairwise(pts_values)), default=packet)
    left = 0 if end is None else round(end.at / time_base) - pts_values[-1]
    believed = end is not None and (end.whole or left <= _BELIEVABLE * max(longest, packet, 1))
    return left if left > 0 and believed else packet


def _with_time(time_base: Fraction, shown: Sequence[_Shown], end: _End | None) -> PacketFacts:
    stamped = sorted((pts, duration, key) for pts, duration, key in shown if pts is not None)
    if not stamped:
        return PacketFacts(None, (), ())
    pts_values = [pts for pts, _, _ in stamped]
    fixed = increasing(pts_values)
    notes: list[str] = []
    if len(stamped) < len(shown):
        notes.append(f"{len(shown) - len(stamped)} packets have no PTS")
    repeated = sum(a != b for a, b in zip(pts_values, fixed, strict=True))
    if repeated:
        notes.append(f"{repeated} frames repeat a PTS: they are moved by one unit")
    keys = () if notes else _entries([(pts, kind) for pts, _, kind in stamped if kind])
    last = _last_duration(time_base, fixed, stamped[-1][1], end)
    table = table_from_pts(time_base, fixed, last)
    if last * time_base > _REPEATS + 2 * max(table.durations[:-1], default=last) * time_base:
        notes.append(f"the last frame is shown for {float(last * time_base):.3f} s")
    return PacketFacts(table, keys, tuple(notes))


def _guessed_time(facts: PacketFacts, first_pts: int | None) -> PacketFacts:
    """AVI stores no PTS: with B-frames they are estimates, and differ after a seek."""
    if facts.frames is None:
        return facts
    pts_values = facts.frames.pts
    if first_pts is not None:
        pts_values = [pts + first_pts - pts_values[0] for pts in pts_values]
    frames = table_from_pts(facts.frames.time_base, pts_values, facts.frames.durations[-1])
    note = (
        "exact seeking is not possible in AVI with B-frames: it is decoded from its start each time"
    )
    return PacketFacts(frames, (), (*facts.notes, note))


def _counted(facts: PacketFacts, idr: Collection[int | None]) -> PacketFacts:
    """A film with PTS = DTS of a codec that reorders frames: the k-th frame has the k-th PTS.

    `idr` are the PTS of H.264's IDR pictures, before which all earlier frames are shown: seeking is safe
    only there.
    """
    if facts.frames is None:
        return facts
    rate = f"{float(facts.frames.rate):.6g}"
    note = (
        "the container stores only decoding times (PTS = DTS), but the codec reorders frames: "
        f"they are numbered in display order, at {rate} frames a second"
    )
    keys = tuple(SeekPoint(pts, pts) for pts in facts.frames.pts if pts in idr)
    return replace(facts, counted=True, keys=keys, notes=(*facts.notes, note))


def _entries(keys: Sequence[tuple[int, int]]) -> tuple[SeekPoint, ...]:
    """Where to seek: to a clean key frame itself, or to the one before a key frame that is not clean."""
    found: list[SeekPoint] = []
    before: int | None = None
    for pts, kind in keys:
        if kind == 2:
            found.append(SeekPoint(pts, pts))
        elif before is not None:
            found.append(SeekPoint(pts, before))
        before = pts
    return tuple(found)


def _decodes_alone(codec: str, packet: Packet[VideoStream]) -> bool:
    """Whether decoding from this key packet gives it and all later frames undamaged.

    H.264 also marks recovery points as key frames (open GOP, rolling refresh), after which frames may be
    damaged for a while; only an IDR picture is safe. In other codecs a key frame is a clean start for every
    frame shown after it.
    """
    return codec != "h264" or holds_idr(bytes(packet))


def stored_aspects(data: bytes) -> set[int]:
    """The codes of the display aspects in an MPEG-2 packet's sequence headers (ISO 13818-2, 6.2.2.1)."""
    headers = re.finditer(rb"\x00\x00\x01\xb3...(.)", data, re.DOTALL)
    return {header[1][0] >> 4 for header in headers}


def holds_idr(data: bytes) -> bool:
    """Whether an H.264 access unit contains an IDR slice (NAL unit type 5), in either framing."""
    return any(data[first] & 31 == 5 for _, first, _ in nal_units(data))
