"""MXF (OP1a): what this container can store, and its constant frame rate.

ffmpeg's muxer writes exactly one film, as the first stream, and PCM sound of 48 kHz that begins with the
film; it divides sound into frames of the film, pads the last one with silence, and cannot store sound that
begins later, subtitles, attachments, chapters or arbitrary tags.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any

from restore.errors import UsageError
from restore.media.codecs import CODECS
from restore.media.container.copies import TIMECODE, other_streams, public_tags
from restore.media.container.losses import Loss
from restore.media.container.mirror import display_change
from restore.media.container.shown import shown_packets
from restore.media.container.stream_facts import StreamFacts, changed_facts, stream_facts
from restore.media.names import open_input
from restore.media.source import Source
from restore.timing import FrameTable

_CODECS = tuple(name for name, codec in CODECS.items() if ".mxf" in codec.containers)
"""The codecs of films that are written to MXF."""

_SOUND = ("pcm_s16le", "pcm_s24le")
_SOUND_RATE = 48_000

_KEPT = (TIMECODE, "material_package_name", "comment_")
"""Prefixes of the tags that are kept in MXF."""

_OF_FILE = {
    *(
        "operational_pattern_ul",
        "material_package_umid",
        "uid",
        "generation_uid",
        "modification_date",
    ),
    *("company_name", "product_name", "product_version", "product_version_num", "product_uid"),
    *("application_platform", "toolkit_version_num"),
}
"""Tags about the MXF file itself and the program that wrote it (SMPTE ST 377-1)."""

_BROADCAST = tuple(Fraction(n * 1000, 1001) for n in (24, 30, 48, 60, 120))
_STAMP = Fraction(1, 1000)
"""Largest deviation in seconds of a PTS in a film with a constant rate: Matroska rounds to milliseconds."""


def mxf_holds(stream: Any) -> bool:
    """Whether MXF can store a stream other than the film."""
    if stream.type != "audio" or stream.codec_context is None:
        return False
    context = stream.codec_context
    return context.name in _SOUND and context.sample_rate == _SOUND_RATE


def constant_rate(frames: FrameTable) -> Fraction | None:
    """The constant rate of a film that begins at 0; None if it has none."""
    average = frames.rate
    near = min(_BROADCAST, key=lambda rate: abs(rate - average))
    usual = [rate for rate in (Fraction(round(average)), near) if rate > 0]
    slack = max(_STAMP, frames.time_base)
    best = min(usual, key=lambda rate: _farthest(frames, rate))
    for rate in (best, average.limit_denominator(100), average):
        if _farthest(frames, rate) <= slack:
            return rate
    return None


def _farthest(frames: FrameTable, rate: Fraction) -> Fraction:
    """The largest deviation of the PTS from a constant rate, in seconds."""
    return max(abs(pts * frames.time_base - index / rate) for index, pts in enumerate(frames.pts))


def in_edit_units(frames: FrameTable) -> FrameTable:
    """The frames of a film with a constant rate, in units of its frames; UsageError for any other film."""
    rate = constant_rate(frames)
    if rate is None:
        raise UsageError(
            "MXF needs a film with a constant frame rate that begins at 0; this film is different.",
            f"{len(frames)} frames, {float(frames.rate):.3f} a second on average, "
            f"the first at {float(frames.start):.3f} s",
            "Use -o with a name that ends in .mov or .mkv.",
            code="rate-not-constant",
        )
    return FrameTable(1 / rate, tuple(range(len(frames))), (1,) * len(frames))


def check_untrimmed(source: Source) -> None:
    """Raise UsageError for sound that would have to be cut: in MXF it begins exactly with the film."""
    if any(stream.kind == "audio" for stream in source.streams):
        raise UsageError(
            "A part of a film with sound cannot be stored in MXF: its sound would not be in sync.",
            str(source.path),
            "Use -o with a name that ends in .mov, or restore the whole film.",
            code="mxf-trim",
        )


def mxf_obstacle(source: Source, codec: str) -> str | None:
    """The first part of a film or its streams that MXF cannot store; None if there is none."""
    if codec not in _CODECS:
        return f"{codec} film (only {' and '.join(_CODECS)})"
    if source.chapters:
        return f"chapters ({source.chapters} of them)"
    if (shown := display_change(source)) is not None:
        return shown
    end = source.frames.end
    for index, (start, stop) in _sound(source).items():
        if abs(start - source.frames.start) > 2 * _STAMP:
            return f"sound of stream {index}, which begins at {float(start):.3f} s"
        if stop > end + source.frames.durations[-1] * source.frames.time_base:
            return (
                f"sound of stream {index}, which is {float(stop - end):.3f} s longer than the film"
            )
    return None


def transferable_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """An MXF file's tags that are still right in another MXF file."""
    return {name: value for name, value in tags.items() if name.lower() not in _OF_FILE}


def mxf_metadata_losses(source: Source, without: Collection[int | None]) -> tuple[Loss, ...]:
    """The metadata of film and sound that MXF cannot store: titles, languages, tags, marks."""
    with open_input(source.path, source.container) as container:
        tags = public_tags({name.lower(): value for name, value in container.metadata.items()})
        if source.container == "mxf":
            tags = transferable_tags(tags)
        lost = [Loss("tags", None, f"tag {name}") for name in tags if not name.startswith(_KEPT)]
        film: Any = container.streams[source.video]
        for stream in (film, *other_streams(container, source.video)):
            if stream.index in without:
                continue
            facts = stream_facts(stream)
            kept = StreamFacts(codec=facts.codec, marks=None, name=facts.name)
            of_film = stream.index == source.video
            whose = "film" if of_film else f"stream {stream.index}"
            index = None if of_film else stream.index
            wrong = changed_facts(facts, kept)
            lost += [Loss(kind, index, f"metadata of {whose} ({text})") for kind, text in wrong]
    return tuple(lost)


def _sound(source: Source) -> dict[int, tuple[Fraction, Fraction]]:
    """The start and end of each stream's sound, in seconds."""
    found: dict[int, tuple[Fraction, Fraction]] = {}
    with open_input(source.path, source.container) as container:
        streams = list(container.streams.audio)
        if not streams:
            return found
        for packet in shown_packets(container, streams, source.zero):
            if packet.pts is None:
                continue
            start = packet.pts * packet.time_base
            stop = start + (packet.duration or 0) * packet.time_base
            first = found.get(packet.stream_index, (start, stop))
            found[packet.stream_index] = (first[0], max(stop, first[1]))
    return found
