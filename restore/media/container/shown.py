"""The packets of other streams, without those that an edit list hides."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from av.container import InputContainer
from av.packet import Packet

from restore.media.container.edit_list import Edit, TrackEdits, read_edits
from restore.media.container.packets import demuxed
from restore.media.container.streams import file_of, read_only
from restore.media.names import open_input

_RAW_TIMES = {"ignore_editlist": "1"}
"""With this option ffmpeg's MP4 demuxer returns every stored packet, on its track's own clock."""

_NOTED = Fraction(1, 4)
"""Seconds of hidden frames at the end from which a note is made; smaller values are rounding."""


def cut_tracks(
    container: InputContainer, streams: Sequence[Any], *, early: bool = False
) -> Mapping[int, TrackEdits]:
    """The edits of the streams (by index) that an edit list cuts; `early` as in `shown_packets`."""
    if "mov" not in container.format.name:
        return {}
    edits = read_edits(file_of(container))
    return {
        stream.index: edits[stream.id]
        for stream in streams
        if stream.type in ("audio", "subtitle", "data") and stream.id in edits
        if edits[stream.id].cuts(_rate(stream), exact=_is_pcm(stream), early=early)
    }


def about_edits(container: InputContainer, film: Any, hidden: int) -> Iterator[str]:
    """Notes about edit lists that cut; `hidden` packets of the film are not shown."""
    if "mov" not in container.format.name:
        return
    edits = read_edits(file_of(container)).get(film.id)
    if edits is not None and (hidden or edits.hidden_end > _NOTED or len(edits.edits) > 1):
        yield (
            f"an edit list shows {float(edits.shown):.3f} s of the {float(edits.length):.3f} "
            f"s of video that are stored: the result contains what is shown"
        )
    others = [stream for stream in container.streams if stream.index != film.index]
    for index in cut_tracks(container, others):
        yield f"an edit list also cuts stream {index}: what it hides is left out"


def shown_packets(
    container: InputContainer,
    streams: Sequence[Any],
    zero: Fraction = Fraction(0),
    *,
    early: bool = False,
) -> Iterator[Any]:
    """The packets of these streams in decoding order, with the times at which they are shown.

    Times count from `zero`, in seconds of the file's own clock.

    If an edit list cuts, uncompressed sound is cut to the sample, other streams at the nearest packet. An
    encoder's priming stays, hidden or not, and with `early` everything that is due before the film begins.
    """
    cut = cut_tracks(container, streams, early=early)
    whole = [stream for stream in streams if stream.index not in cut]
    read_only(container, whole)
    sources = [demuxed(container, whole, zero)] if whole else []
    for stream in streams:
        if stream.index in cut:
            sources.append(_edited(file_of(container), stream.index, cut[stream.index].edits))
    if len(sources) == 1:
        yield from sources[0]
        return
    for _, packet in heapq.merge(*map(_timed, sources), key=lambda item: item[0]):
        yield packet


def _timed(packets: Iterator[Any]) -> Iterator[tuple[Fraction, Any]]:
    """Packets with their decoding moment in seconds; those without a PTS follow the one before."""
    moment = Fraction(0)
    for packet in packets:
        due = packet.dts if packet.dts is not None else packet.pts
        if due is not None:
            moment = max(moment, due * packet.time_base)
        yield moment, packet


def _edited(path: Path, index: int, edits: Sequence[Edit]) -> Iterator[Any]:
    """A stream's packets as the edits show them."""
    with open_input(path, options=_RAW_TIMES) as container:
        stream: Any = container.streams[index]
        read_only(container, [stream])
        for edit in edits:
            container.seek(int(edit.start / stream.time_base), stream=stream)
            for packet in demuxed(container, stream):
                if packet.pts is None or not packet.size:
                    continue
                start = packet.pts * packet.time_base
                if edit.stop is not None and start >= edit.stop:
                    break
                if (shown := _inside(packet, edit)) is not None:
                    yield shown


def _inside(packet: Any, edit: Edit) -> Any:
    """The packet as this edit shows it, on the film's clock; None if it is hidden."""
    unit = packet.time_base
    duration = packet.duration or 0
    early = max(0, round(edit.start / unit) - packet.pts)
    stop = packet.pts + duration if edit.stop is None else round(edit.stop / unit)
    late = max(0, packet.pts + duration - stop)
    shift = round((edit.at - edit.start) / unit)
    if _is_pcm(packet.stream) and duration and packet.size % duration == 0:
        return _cut_sound(packet, early, late, shift)
    if packet.stream.type == "subtitle":
        if early >= duration:
            return None
        packet.pts, packet.duration = packet.pts + early, duration - early - late
    elif 2 * (early + late) >= max(1, duration):
        return None
    packet.pts = packet.dts = packet.pts + shift
    return packet


def _cut_sound(packet: Any, early: int, late: int, shift: int) -> Any:
    """Uncompressed sound without these numbers of samples at its beginning and end."""
    left = packet.duration - early - late
    if left <= 0:
        return None
    each = packet.size // packet.duration
    samples: Any = Packet(bytes(packet)[early * each : (early + left) * each])
    samples.stream, samples.time_base = packet.stream, packet.time_base
    samples.pts = samples.dts = packet.pts + early + shift
    samples.duration, samples.is_keyframe = left, True
    return samples


def _is_pcm(stream: Any) -> bool:
    return str(getattr(stream, "name", "")).startswith("pcm_")


def _rate(stream: Any) -> int:
    return stream.codec_context.sample_rate if stream.type == "audio" else 0
