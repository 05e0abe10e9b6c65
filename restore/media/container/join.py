"""The parts as one file: packets at the times of the frame map, and everything else copied.

Nothing is encoded again. The k-th frame of the parts in display order gets the k-th PTS of the frame
map; DTS follow from the reorder depth. Packets of sound, subtitles, attachments and data
keep their bytes and, unless the film is trimmed, their PTS and DTS.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av.error
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from restore.errors import OutputError
from restore.framemap import FrameMap, IdentityMap
from restore.media.container.appended import AppendedTimes, append, tracks_of
from restore.media.container.captions import Payloads, by_frame, read_payloads
from restore.media.container.chapter_copy import write_chapters
from restore.media.container.copies import (
    REEL,
    TIMECODE,
    Trim,
    add_copy,
    copied_packets,
    copy_chapters,
    other_streams,
    reel,
    tags_for,
    timecode,
    with_tags,
)
from restore.media.container.display_size import DisplaySize, write_display_sizes
from restore.media.container.formats import check_container, container_for, stream_losses
from restore.media.container.hdr import read_light, with_light_levels
from restore.media.container.matroska import STEREO_MODES, STEREO_TAG
from restore.media.container.mirror import read_mirror
from restore.media.container.muxers import create, needs_any_tags, too_close, write_error
from restore.media.container.mxf import in_edit_units, transferable_tags
from restore.media.container.stream_copies import appended_streams
from restore.media.container.timecode import ZERO, result_rate, trimmed_timecode
from restore.media.container.userdata import HOLDERS, with_payloads
from restore.media.names import open_input
from restore.media.source import Source
from restore.timing import FrameTable

__all__ = ["check_container", "container_for", "join", "packet_times"]

_UNSPECIFIED = 2
_CUSTOMARY = {1: (1, 1), 5: (5, 6), 6: (6, 6), 9: (9, 14)}
"""The usual primaries and transfer (H.273 numbers) for a matrix."""


@dataclass(frozen=True, slots=True)
class PacketTime:
    """PTS, DTS and duration of a packet of the film, in the table's unit."""

    pts: int
    dts: int
    duration: int


def packet_times(ranks: Sequence[int], frames: FrameTable) -> list[PacketTime]:
    """The times of packets in decoding order; `ranks` are their positions in display order.

    The DTS are the sorted PTS, delayed by as many packets as the deepest reordering needs. The first packets
    are decoded before the film begins, at the rate of its last frames, so that MP4, which computes a film's
    duration from DTS, has the right duration.
    """
    depth = max((place - rank for place, rank in enumerate(ranks)), default=0)
    count = len(ranks)
    tail = [frames.durations[r] for r in range(count - 1 - depth, count) if r != ranks[-1]]
    decoding = [frames.pts[0] - sum(tail[place:]) for place in range(depth)]
    decoding += frames.pts
    return [
        PacketTime(frames.pts[rank], decoding[place], frames.durations[rank])
        for place, rank in enumerate(ranks)
    ]


def join(
    parts: Sequence[Path],
    frames: FrameTable,
    source: Source,
    target: Path,
    tags: Mapping[str, str],
    trim: Trim | None = None,
    frame_map: FrameMap | None = None,
) -> None:
    """Write the result: the parts' frames at their times, and the source's other streams.

    `frames` are the source's frames; `frame_map` lists what the parts' frames consist of, and their times
    (None: the source's frames at their own times).

    The container follows from the target's suffix; in Matroska PTS are rounded to milliseconds.
    Captions and active format go into the frames' own packets, streams that cannot be stored are left out
    (`formats.check_losses` lists both before the run). With `trim` (seconds of the source) only other packets
    inside it are copied, and all times are shifted so that it begins at 0. Raises OutputError if parts and
    table do not match, if two PTS would be equal, or if the file cannot be written; UsageError for an unknown
    suffix.
    """
    frame_map = IdentityMap(len(frames)) if frame_map is None else frame_map
    timed = on_result_clock(frame_map.table(frames), trim)
    ranks = read_ranks(parts, len(timed))
    check_frame_times(target, timed)
    if target.suffix.lower() == ".mxf":
        timed = in_edit_units(timed)
    times = packet_times(ranks, timed)
    rate = timed.rate if target.suffix.lower() == ".mxf" else result_rate(source, frames, frame_map)
    apart = appended_streams(source, target.suffix.lower())
    base = target.with_name(f"{target.stem}.base.mkv") if apart else target
    lost = {loss.stream for loss in stream_losses(source, target.suffix.lower())} | set(apart)
    try:
        carried = by_frame(read_payloads(source), frames, frame_map)
        with ExitStack() as stack:
            template = stack.enter_context(with_light_levels(parts[0], read_light(source)))
            origin = stack.enter_context(open_input(source.path, source.container))
            all_tags = with_tags(origin.metadata, tags)
            any_tags = needs_any_tags(target, all_tags)
            output = stack.enter_context(create(base, timed.time_base, any_tags=any_tags))
            film, copies = _streams(output, template, origin, source, (timed, rate), lost)
            output.metadata.update(
                transferable_tags(all_tags) if output.format.name == "mxf" else all_tags
            )
            _label(output, film, first_timecode(origin, film, source, trim))
            chapters = copy_chapters(output, origin, trim, source.zero)
            moving = _film_packets(parts, times, timed.time_base, film)
            moving = _timed(
                _with_payloads(moving, ranks, carried, film.codec_context.codec.canonical_name)
            )
            others = _timed(copied_packets(origin, copies, trim, source.zero))
            for _, packet in heapq.merge(moving, others, key=lambda item: item[0]):
                output.mux(packet)
            shown = [_shown(stream) for stream in output.streams.video]
            tracks = tracks_of(output, origin, source.video, copies, apart)
        if target.suffix.lower() == ".mkv":
            write_display_sizes(base, shown)
        if apart:
            append(base, target, source, tracks, _timing(source, timed, trim))
        if chapters is not None:
            write_chapters(target, chapters)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise write_error(target, error) from error
    finally:
        if apart:
            base.unlink(missing_ok=True)


def _timing(source: Source, frames: FrameTable, trim: Trim | None) -> AppendedTimes:
    """The times of appended sound in a result with these frames."""
    begin, end = (round(moment * 1000) for moment in (frames.seconds(len(frames) - 1), frames.end))
    if trim is None:
        return AppendedTimes(source.zero, None, (begin, end))
    return AppendedTimes(source.zero + trim[0], trim[1] - trim[0], (begin, end))


def read_ranks(parts: Sequence[Path], count: int) -> list[int]:
    """Each packet's position in display order, for the packets of all parts in decoding order.

    Raises OutputError unless the parts contain `count` frames in total, with the same codec parameters.
    """
    ranks: list[int] = []
    setup: tuple[str, bytes] | None = None
    for part in parts:
        try:
            pts_values, own = _read_part(part)
        except (av.error.FFmpegError, OSError, IndexError) as error:
            raise _bad_part(part, f"cannot be read: {error}") from error
        if setup is not None and own != setup:
            raise _bad_part(part, "was encoded with different settings than the first one")
        setup = own
        order = {pts: len(ranks) + rank for rank, pts in enumerate(sorted(pts_values))}
        if len(order) < len(pts_values):
            raise _bad_part(part, "contains two frames with the same time")
        ranks += [order[pts] for pts in pts_values]
    if len(ranks) != count:
        raise OutputError(
            f"The parts contain {len(ranks)} frames, the film {count}.",
            str(parts[0].parent) if parts else "",
            "Run again with --restart.",
            code="parts-incomplete",
        )
    return ranks


def _read_part(part: Path) -> tuple[list[int], tuple[str, bytes]]:
    with open_input(part, "matroska") as container:
        context = container.streams.video[0].codec_context
        pts_values = [p.pts for p in container.demux(video=0) if p.size and p.pts is not None]
        return pts_values, (context.name, context.extradata or b"")


def _bad_part(part: Path, why: str) -> OutputError:
    return OutputError(
        f"A finished part {why}.", str(part), "Run again with --restart.", code="part-invalid"
    )


def on_result_clock(frames: FrameTable, trim: Trim | None) -> FrameTable:
    """The frames of a result on its own clock: a trimmed film begins at 0 where the trim begins."""
    if trim is None:
        return frames
    shift = round(trim[0] / frames.time_base)
    return FrameTable(frames.time_base, tuple(pts - shift for pts in frames.pts), frames.durations)


def check_frame_times(target: Path, frames: FrameTable) -> None:
    """Matroska counts milliseconds, so no two frames may have the same one. MXF needs a constant rate.

    `frames` are the result's, on its own clock.
    """
    if target.suffix.lower() == ".mxf":
        in_edit_units(frames)
    if target.suffix.lower() != ".mkv":
        return
    if (index := too_close(frames)) is not None:
        raise OutputError(
            f"Frames {index} and {index + 1} are less than a millisecond apart, which Matroska cannot store.",
            str(target),
            f"Use -o {target.stem}.mp4",
            code="frames-too-close",
        )


def _streams(
    output: OutputContainer,
    template: InputContainer,
    origin: InputContainer,
    source: Source,
    clock: tuple[FrameTable, Fraction],
    lost: Collection[int | None],
) -> tuple[Any, dict[int, Any]]:
    """The result's streams in the source's order: the film's, and the copies by source index.

    `clock` has the times of the frames, and the rate of the film's timecode.
    """
    copied = {stream.index for stream in other_streams(origin, source.video)} - set(lost)
    film: Any = None
    copies: dict[int, Any] = {}
    streams = list(origin.streams)
    if output.format.name == "mxf":  # the film is the first stream
        streams.sort(key=lambda stream: stream.index != source.video)
    for stream in streams:
        if stream.index == source.video:
            film = _add_film(output, template, stream, source, clock)
        elif stream.index in copied:
            copies[stream.index] = add_copy(output, stream)
    return film, copies


def _add_film(
    output: OutputContainer,
    template: InputContainer,
    original: Any,
    source: Source,
    clock: tuple[FrameTable, Fraction],
) -> Any:
    film: Any = output.add_stream_from_template(template.streams.video[0], opaque=True)
    frames, rate = clock
    film.time_base = frames.time_base
    film.codec_context.sample_aspect_ratio = template.streams.video[0].sample_aspect_ratio
    # QuickTime's timecode uses this rate, which pauses and lost frames must not reduce
    film.codec_context.framerate = rate.limit_denominator(1 << 20)
    _complete_tags(film, output.format.name)
    if film.codec_context.name == "hevc" and output.format.name in ("mp4", "mov"):
        film.codec_context.codec_tag = "hvc1"  # the tag that Apple's players require
    film.metadata.update(tags_for(output, original, statistics=False))
    if (name := reel(original.container)) is not None:
        film.metadata[REEL] = name
    if output.format.name == "matroska" and source.stereo in STEREO_MODES:
        film.metadata[STEREO_TAG] = source.stereo
    film.disposition = original.disposition
    if (mirror := read_mirror(source)) is not None:
        film.set_display_matrix(mirror)
    elif source.rotation:
        film.set_display_rotation(source.rotation)
    return film


def _shown(stream: Any) -> DisplaySize:
    """The stored size and the sample aspect of the result's frames."""
    context = stream.codec_context
    return context.width, context.height, context.sample_aspect_ratio or Fraction(1)


def first_timecode(
    origin: InputContainer, film: Any, source: Source, trim: Trim | None
) -> str | None:
    """The label of the result's first frame: the source's, advanced if the film is trimmed.

    DNxHR and MXF always have one. None if the source has none.
    """
    first = timecode(origin) or dict(source.tags).get(TIMECODE)
    if first is None:
        named = film.codec_context.name == "dnxhd" or film.container.format.name == "mxf"
        return ZERO if named else None
    return first if trim is None else trimmed_timecode(first, source, trim[0])


def _label(output: OutputContainer, film: Any, first: str | None) -> None:
    """The first frame's label, on the film and wherever the source's tags had a label."""
    if first is None:
        return
    film.metadata[TIMECODE] = first
    for name in [name for name in output.metadata if name.lower() == TIMECODE]:
        output.metadata[name] = first


def _complete_tags(film: Any, muxer: str) -> None:
    """MP4 and QuickTime store either all color tags or none.

    FFV1 has none in its stream, so missing ones are replaced by the usual primaries and transfer of its
    matrix.
    """
    context = film.codec_context
    if muxer not in ("mp4", "mov") or context.name != "ffv1":
        return
    unknown = (_UNSPECIFIED, _UNSPECIFIED)
    primaries, transfer = _CUSTOMARY.get(int(context.colorspace), unknown)
    if context.color_primaries == _UNSPECIFIED:
        context.color_primaries = primaries
    if context.color_trc == _UNSPECIFIED:
        context.color_trc = transfer


def _film_packets(
    parts: Sequence[Path], times: Sequence[PacketTime], time_base: Fraction, film: Any
) -> Iterator[Any]:
    """The parts' packets with their final PTS and DTS."""
    place = 0
    for part in parts:
        with open_input(part, "matroska") as container:
            for packet in container.demux(video=0):
                if not packet.size:
                    continue
                time = times[place]
                place += 1
                packet.stream = film
                packet.time_base = time_base
                packet.pts, packet.dts, packet.duration = time.pts, time.dts, time.duration
                yield packet


def _with_payloads(
    packets: Iterator[Any], ranks: Sequence[int], carried: Payloads, codec: str
) -> Iterator[Any]:
    """The film's packets, with the captions and the active format of their frames inserted."""
    if codec not in HOLDERS or not carried:
        yield from packets
        return
    for rank, packet in zip(ranks, packets, strict=True):
        if rank not in carried:
            yield packet
            continue
        fuller: Any = Packet(with_payloads(codec, bytes(packet), carried[rank]))
        fuller.stream, fuller.time_base = packet.stream, packet.time_base
        fuller.pts, fuller.dts, fuller.duration = packet.pts, packet.dts, packet.duration
        fuller.is_keyframe = packet.is_keyframe
        yield fuller


def _timed(packets: Iterator[Any]) -> Iterator[tuple[Fraction, Any]]:
    """Packets with their decoding time in seconds, for interleaving; others keep their position."""
    moment = Fraction(0)
    for packet in packets:
        due = packet.dts if packet.dts is not None else packet.pts
        if due is not None:
            moment = due * packet.time_base
        yield moment, packet
