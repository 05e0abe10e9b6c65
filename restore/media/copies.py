"""What stands beside the film, copied as it is: sound, subtitles, attachments, data, tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from av.container import InputContainer, OutputContainer
from av.stream import Discard

Trim = tuple[Fraction, Fraction]
"""Seconds of the source from which to which a film is cut out."""

_PRIVATE_TAGS = {"encoder", "vendor_id", "major_brand", "minor_version", "compatible_brands"}
"""Tags that describe the file they stand in, so they must not move to another one."""

_STATISTICS = ("BPS", "DURATION", "NUMBER_OF_FRAMES", "NUMBER_OF_BYTES", "_STATISTICS")
"""Matroska's own figures about a stream, which no longer hold for a restored one."""


ESSENTIAL = ("video", "audio", "subtitle", "attachment")
"""Kinds of streams that a result never goes without (data may stay behind, and the log says so)."""

TIMECODE = "timecode"
"""The tag that ffmpeg reads a timecode track into, and builds one from."""


def companions(container: InputContainer, film: int) -> list[Any]:
    """The streams of an opened source that stand beside the film and belong into the result."""
    return [
        stream
        for stream in container.streams
        if stream.index != film and not (stream.type == "data" and _serves_others(stream))
    ]


def _serves_others(stream: Any) -> bool:
    """QuickTime keeps chapter lists and timecode as streams; muxers write their own from the tags."""
    return stream.discard == Discard.all or TIMECODE in stream.metadata


def timecode(container: InputContainer) -> str | None:
    """The timecode of the first frame, from whichever stream carries it, or the container's own tag."""
    tagged: list[Any] = [*container.streams, container]
    told = [
        value
        for carrier in tagged
        for name, value in carrier.metadata.items()
        if name.lower() == TIMECODE
    ]
    return told[0] if told else None


def add_copy(output: OutputContainer, stream: Any) -> Any:
    """A stream of the result like this one of the source; raises ValueError if it cannot hold it."""
    if stream.type == "attachment":
        name = stream.metadata.get("filename", "attachment")
        mime = stream.metadata.get("mimetype", "application/octet-stream")
        return output.add_attachment(name, mime, stream.data)
    if stream.type not in ("video", "audio", "subtitle", "data"):
        raise ValueError(f"streams of type {stream.type} cannot be copied")
    if stream.type == "data" and output.format.name == "matroska":
        raise ValueError("Matroska holds no data streams")
    added: Any = output.add_stream_from_template(stream, opaque=True)
    added.metadata.update(public_tags(stream.metadata))
    added.disposition = stream.disposition
    return added


def public_tags(tags: dict[str, str], *, statistics: bool = True) -> dict[str, str]:
    """Tags that still hold in another file; `statistics` keeps Matroska's figures too."""
    return {
        name: value
        for name, value in tags.items()
        if name.lower() not in _PRIVATE_TAGS
        and (statistics or not name.upper().startswith(_STATISTICS))
    }


def copy_tags(
    output: OutputContainer, origin: InputContainer, tags: Mapping[str, str], trim: Trim | None
) -> None:
    """The source's own tags and chapters; where both have a tag, both texts stay."""
    merged = public_tags(origin.metadata)
    for name, value in tags.items():
        old = next((key for key in merged if key.lower() == name.lower()), None)
        merged[old or name] = f"{merged[old]}; {value}" if old else value
    output.metadata.update(merged)
    chapters = [_trimmed_chapter(chapter, trim) for chapter in origin.chapters()]
    output.set_chapters([chapter for chapter in chapters if chapter is not None])


def _trimmed_chapter(chapter: Any, trim: Trim | None) -> Any:
    """A chapter as far as it lies inside the trim, on the result's clock; None if outside."""
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
    origin: InputContainer, copies: Mapping[int, Any], trim: Trim | None
) -> Iterator[Any]:
    """The source's packets of the other streams, inside the trim, on the result's clock."""
    wanted = [stream for stream in origin.streams if stream.index in copies]
    wanted = [stream for stream in wanted if stream.type != "attachment"]
    if not wanted:
        return
    read_only(origin, wanted)
    last: dict[int, int] = {}
    for packet in origin.demux(wanted):
        if not packet.size and packet.pts is None:
            continue  # the demuxer's end mark
        if trim is not None and packet.stream.type != "video":  # a cover picture has no time
            if not inside(packet, trim):
                continue
            _move(packet, trim)
        _settle(packet, last)
        packet.stream = copies[packet.stream_index]
        yield packet


def read_only(container: InputContainer, wanted: Sequence[Any]) -> None:
    """Let the demuxer skip all streams but these: the film is most of a file's bytes."""
    indices = {stream.index for stream in wanted}
    for stream in list[Any](container.streams):
        if stream.index not in indices:
            stream.discard = Discard.all


def inside(packet: Any, trim: Trim) -> bool:
    """Whether a packet beside the film belongs to the trimmed film.

    Sound belongs to where its packet begins; a subtitle belongs to every moment that it is shown.
    """
    if packet.pts is None:
        return False
    start = packet.pts * packet.time_base
    if packet.stream.type == "subtitle":
        end = (packet.pts + (packet.duration or 0)) * packet.time_base
        return start < trim[1] and (end > trim[0] or start >= trim[0])
    return trim[0] <= start < trim[1]


def _move(packet: Any, trim: Trim) -> None:
    """Put a packet on the trimmed film's clock; a subtitle begun earlier shows from the start on."""
    offset = round(trim[0] / packet.time_base)
    early = max(0, offset - packet.pts)
    if early and packet.duration:
        packet.duration = max(1, packet.duration - early)
    pts = max(0, packet.pts - offset)
    packet.dts = pts if packet.dts is None or early else packet.dts - offset
    packet.pts = pts


def _settle(packet: Any, last: dict[int, int]) -> None:
    """Decoding stamps that never go back, as muxers demand, for packets that lack them or do."""
    stamp = packet.dts if packet.dts is not None else packet.pts
    if stamp is None:
        stamp = last.get(packet.stream_index, -1) + 1
    stamp = max(stamp, last.get(packet.stream_index, stamp))
    last[packet.stream_index] = stamp
    packet.dts = stamp
    if packet.pts is None:
        packet.pts = stamp
