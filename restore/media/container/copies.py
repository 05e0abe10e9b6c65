"""What is copied unchanged from the source: sound, subtitles, attachments, data, tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from av.container import InputContainer, OutputContainer
from av.stream import Discard, Disposition

from restore.media.container.chapter_copy import listed_chapters, room_for, stored_chapters
from restore.media.container.probe import TIMECODE
from restore.media.container.shown import shown_packets
from restore.media.container.sound import add_plain, is_plain, needs_plain, repacked
from restore.media.container.streams import file_of, is_undeclared
from restore.media.container.texts import add_text, as_text, is_text, text_codec
from restore.media.names import open_input

_PICTURES = {"mjpeg": "image/jpeg", "png": "image/png", "bmp": "image/bmp", "gif": "image/gif"}
"""The types of cover pictures, by codec."""

_QUICKTIME_CODES = dict[str, str](
    re.findall(
        r"(\w+)/(\w+)",
        "sqi/alb deu/ger ell/gre isl/ice mkd/mac nld/dut zho/chi fre/fra rum/ron cze/ces slo/slk",
    )
)
"""Languages with two codes (ISO 639-2 B and T): the one that QuickTime's list has, by the other."""

Trim = tuple[Fraction, Fraction]
"""The trimmed part of the source, from and to, in seconds."""

_FINE = Fraction(1, 1000)
_MICROSECOND = Fraction(1, 1_000_000)
"""The coarsest time base in which packets are moved, and the one that replaces coarser ones."""

_PRIVATE_TAGS = {"encoder", "vendor_id", "major_brand", "minor_version", "compatible_brands"}
"""Tags that describe their own file, and must not be copied to another one."""

_TRACK_NAME = "name"
"""What ffmpeg's MP4 demuxer calls a track's name; its muxer writes it from the title."""

_STATISTICS = (
    "BPS",
    "DURATION",
    "NUMBER_OF_FRAMES",
    "NUMBER_OF_BYTES",
    "_STATISTICS",
    "ALPHA_MODE",
)
"""Matroska's statistics of a stream, which are wrong for a restored one."""


REEL = "reel_name"
"""The tag with the name of the reel."""

_NAVIGATION = ("dvd_nav_packet", "epg")
"""Navigation data of a disc or a channel, which have no meaning in another file."""


def other_streams(container: InputContainer, film: int) -> list[Any]:
    """The streams of an opened source, other than the film, that are copied to the result."""
    return [
        stream
        for stream in container.streams
        if stream.index != film
        and not (stream.type == "data" and _is_written_anew(stream))
        and not is_undeclared(stream)
    ]


def _is_written_anew(stream: Any) -> bool:
    """QuickTime stores chapter lists and timecode as streams; muxers write new ones from the tags."""
    if stream.discard == Discard.all or TIMECODE in stream.metadata:
        return True
    return stream.name in _NAVIGATION


def timecode(container: InputContainer) -> str | None:
    """The timecode of the first frame, from any stream that has it, or from the container's tag."""
    return _first_tag(container, TIMECODE)


def reel(container: InputContainer) -> str | None:
    """The reel of the timecode, from any stream that has its name."""
    return _first_tag(container, REEL)


def _first_tag(container: InputContainer, name: str) -> str | None:
    carriers: list[Any] = [*container.streams, container]
    tags = ((n, value) for carrier in carriers for n, value in carrier.metadata.items())
    return next((value for own, value in tags if own.lower() == name), None)


def add_copy(output: OutputContainer, stream: Any) -> Any:
    """A stream of the result like this one of the source; raises ValueError if it cannot hold it."""
    if stream.type == "attachment":
        name = stream.metadata.get("filename", "attachment")
        mime = stream.metadata.get("mimetype", "application/octet-stream")
        return output.add_attachment(name, mime, stream.data)
    if _is_cover(stream) and output.format.name == "matroska":
        return _attach_cover(output, stream)
    if stream.type not in ("video", "audio", "subtitle", "data"):
        raise ValueError(f"streams of type {stream.type} cannot be copied")
    if stream.type == "data" and not _same_family(stream.container, output):
        raise ValueError("data streams are only valid in their own kind of container")
    if needs_plain(output, stream):
        added: Any = add_plain(output, stream)
    elif text_codec(output.format.name, stream) is not None and not _stored(output, stream):
        added = add_text(output, stream)
    else:
        added = output.add_stream_from_template(stream, opaque=True)
    if stream.type == "video":  # from the container: the stream's parameters do not have it
        added.codec_context.sample_aspect_ratio = stream.sample_aspect_ratio
    added.metadata.update(tags_for(output, stream))
    added.disposition = stream.disposition
    return added


def _stored(output: OutputContainer, stream: Any) -> bool:
    """Whether this container stores such subtitles without conversion."""
    return stream.codec_context.codec.canonical_name in output.supported_codecs


def tags_for(output: OutputContainer, stream: Any, *, statistics: bool = True) -> dict[str, str]:
    """A stream's public tags as this container can store them.

    MP4 and QuickTime store a track's title as its name, and as its handler's name. QuickTime supports only
    one of the two codes of some languages.
    """
    tags = public_tags(stream.metadata, statistics=statistics)
    named = _TRACK_NAME in tags and "mov" in stream.container.format.name
    if named:
        tags["title"] = tags.pop(_TRACK_NAME)
    if output.format.name not in ("mp4", "mov"):
        return tags
    lower = {name.lower(): name for name in tags}
    if "title" in lower and not named:
        tags = {name: value for name, value in tags.items() if name.lower() != "handler_name"}
        tags["handler_name"] = tags[lower["title"]]
    if output.format.name == "mov" and "language" in lower:
        code = tags[lower["language"]]
        tags[lower["language"]] = _QUICKTIME_CODES.get(code, code)
    return tags


def _same_family(container: InputContainer, output: OutputContainer) -> bool:
    """Whether both are of the QuickTime family: ffmpeg has one demuxer for all of it."""
    return output.format.name in container.format.name.split(",") and "mov" in container.format.name


def _is_cover(stream: Any) -> bool:
    return stream.type == "video" and bool(stream.disposition & Disposition.attached_pic)


def _attach_cover(output: OutputContainer, stream: Any) -> Any:
    """Matroska stores a cover as an attachment, which ffmpeg reads as an image again."""
    mime = _PICTURES.get(stream.codec_context.name)
    if mime is None:
        raise ValueError(f"{stream.codec_context.name} cannot be an attached image")
    name = stream.metadata.get("filename", f"cover.{mime.partition('/')[2].replace('jpeg', 'jpg')}")
    with open_input(Path(stream.container.name.removeprefix("file:"))) as again:
        data = next(bytes(p) for p in again.demux(again.streams[stream.index]) if p.size)
    return output.add_attachment(name, mime, data)


def public_tags(tags: dict[str, str], *, statistics: bool = True) -> dict[str, str]:
    """Tags that are still right in another file; with `statistics` also Matroska's figures."""
    return {
        name: value
        for name, value in tags.items()
        if name.lower() not in _PRIVATE_TAGS
        and (statistics or not name.upper().startswith(_STATISTICS))
    }


def with_tags(own: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """A source's public tags with further ones; if both have a tag, both texts are kept."""
    merged = public_tags(dict(own))
    for name, value in added.items():
        old = next((key for key in merged if key.lower() == name.lower()), None)
        merged[old or name] = f"{merged[old]}; {value}" if old else value
    return merged


def copy_chapters(
    output: OutputContainer,
    origin: InputContainer,
    trim: Trim | None,
    zero: Fraction = Fraction(0),
) -> bytes | None:
    """The parts of the source's chapters inside the trim, on a clock that begins at `zero`.

    Returns Matroska's own chapters where these are more than a list: `chapter_copy.write_chapters` puts them
    into the finished file.
    """
    chapters = [trimmed_chapter(chapter, trim, zero) for chapter in listed_chapters(origin)]
    kept: list[Any] = [chapter for chapter in chapters if chapter is not None]
    stored = None
    if output.format.name == "matroska":
        stored = stored_chapters(file_of(origin), trim, zero) or None
    if stored:
        kept.append(room_for(stored))
    output.set_chapters(kept)
    return stored


def trimmed_chapter(chapter: Any, trim: Trim | None, zero: Fraction = Fraction(0)) -> Any:
    """The part of a PyAV chapter inside the trim, on the result's clock; None if it is outside."""
    if zero:
        shift = round(zero / chapter["time_base"])
        begin, end = max(0, chapter["start"] - shift), max(0, chapter["end"] - shift)
        chapter = {**chapter, "start": begin, "end": end}
    if trim is None:
        return chapter
    start = max(trim[0], chapter["start"] * chapter["time_base"])
    end = min(trim[1], chapter["end"] * chapter["time_base"])
    if start >= end:
        return None
    unit = chapter["time_base"]
    moved = {"start": round((start - trim[0]) / unit), "end": round((end - trim[0]) / unit)}
    return {**chapter, **moved}


def copied_packets(
    origin: InputContainer,
    copies: Mapping[int, Any],
    trim: Trim | None,
    zero: Fraction = Fraction(0),
) -> Iterator[Any]:
    """The source's packets of the other streams, inside the trim, on the result's clock.

    `zero` is the time on the source file's clock from which all times count.
    """
    wanted = [stream for stream in origin.streams if stream.index in copies]
    wanted = [stream for stream in wanted if copies[stream.index].type != "attachment"]
    if not wanted:
        return
    last: dict[int, int] = {}
    for packet in _with_dts(shown_packets(origin, wanted, zero)):
        _cut_to_track_end(packet)
        if trim is not None and packet.stream.type != "video":  # a cover image has no time
            if not inside(packet, trim):
                continue
            _move(packet, trim)
        _with_rising_dts(packet, last)
        copy = copies[packet.stream_index]
        if is_plain(copy, packet.stream):
            yield from repacked(packet, copy)
            continue
        if is_text(copy, packet.stream):
            yield from as_text(packet, copy)
            continue
        packet.stream = copy
        yield packet


def _with_dts(packets: Iterable[Any]) -> Iterator[Any]:
    """All packets except the demuxer's end marks; all packets of a second film have a DTS.

    If frames are reordered, Matroska's first packets have none: it is then extrapolated back from the first
    one that exists.
    """
    waiting: dict[int, list[Any]] = {}
    begun: set[int] = set()
    for packet in packets:
        index = packet.stream_index
        if not packet.size and packet.pts is None:
            continue
        if packet.stream.type != "video" or _is_cover(packet.stream) or index in begun:
            yield packet
            continue
        waiting.setdefault(index, []).append(packet)
        if packet.dts is not None:
            begun.add(index)
            yield from _counted_back(waiting.pop(index))
    for held in waiting.values():
        yield from held


def _counted_back(packets: Sequence[Any]) -> Sequence[Any]:
    """Packets of which only the last has a DTS; the others are extrapolated back from it by its duration."""
    last = packets[-1]
    for place, packet in enumerate(packets[:-1]):
        packet.dts = last.dts - (len(packets) - 1 - place) * max(1, last.duration or 0)
    return packets


def inside(packet: Any, trim: Trim) -> bool:
    """Whether a packet of another stream belongs to the trimmed film.

    A sound packet belongs to its start time, a subtitle to the whole time in which it is shown.
    """
    if packet.pts is None:
        return False
    start = packet.pts * packet.time_base
    if packet.stream.type == "subtitle":
        end = (packet.pts + (packet.duration or 0)) * packet.time_base
        return start < trim[1] and (end > trim[0] or start >= trim[0])
    return trim[0] <= start < trim[1]


def _move(packet: Any, trim: Trim) -> None:
    """Move a packet to the trimmed film's clock; a subtitle is limited to the film's start and end."""
    if packet.time_base > _FINE:
        _in_microseconds(packet)
    offset = round(trim[0] / packet.time_base)
    early = max(0, offset - packet.pts)
    if early and packet.duration:
        packet.duration = max(1, packet.duration - early)
    pts = max(0, packet.pts - offset)
    packet.dts = pts if packet.dts is None or early else packet.dts - offset
    packet.pts = pts
    if (
        packet.duration and packet.stream.type == "subtitle"
    ):  # otherwise the subtitle would make the file longer
        left = round(trim[1] / packet.time_base) - offset - pts
        packet.duration = max(1, min(packet.duration, left))


def _cut_to_track_end(packet: Any) -> None:
    """Shorten the packet of sound within which MP4's edit list ends the track."""
    stream = packet.stream
    if stream.type != "audio" or "mov" not in stream.container.format.name:
        return
    if packet.pts is None or stream.duration is None or packet.time_base != stream.time_base:
        return
    left = (stream.start_time or 0) + stream.duration - packet.pts
    if 0 < left < (packet.duration or 0):
        packet.duration = left


def _in_microseconds(packet: Any) -> None:
    """The same times in microseconds: AVI counts sound in packets, which is too coarse for an exact cut."""
    scale = packet.time_base / _MICROSECOND
    for name in ("pts", "dts", "duration"):
        if (ticks := getattr(packet, name)) is not None:
            setattr(packet, name, round(ticks * scale))
    packet.time_base = _MICROSECOND


def _with_rising_dts(packet: Any, last: dict[int, int]) -> None:
    """A DTS that never decreases, as muxers require, for packets without one or with a lower one."""
    due = packet.dts if packet.dts is not None else packet.pts
    if due is None:
        due = last.get(packet.stream_index, -1) + 1
    settled = max(due, last.get(packet.stream_index, due))
    last[packet.stream_index] = settled
    packet.dts = settled
    if packet.pts is None or (settled > due and packet.pts < settled):
        packet.pts = settled  # nothing is shown before it is decoded
