"""Text subtitles in containers that store another kind: they are converted, text and times are kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av.error
from av.container import OutputContainer
from av.packet import Packet

from restore.errors import AuditError
from restore.media.container.shown import shown_packets
from restore.media.names import open_input

KINDS = ("mov_text", "subrip", "ass", "ssa", "webvtt", "text")
"""ffmpeg's names of subtitles that are text."""

STYLED = ("ass", "ssa", "webvtt")
"""Those of them that also store position and style, which the others cannot."""

_TARGETS = {"matroska": "subrip", "mp4": "mov_text", "mov": "mov_text"}
"""The codec of converted text, by muxer."""

_HEADER = b"""[Script Info]
ScriptType: v4.00+
PlayResX: 384
PlayResY: 288

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, \
Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, \
MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
"""The style of plain text, as libavcodec's encoders require it."""

_MILLISECOND = Fraction(1, 1000)


@dataclass(frozen=True, slots=True)
class Line:
    """A subtitle: start and end in microseconds, and its text without style."""

    begin: int
    end: int
    text: str


def text_codec(muxer: str, stream: Any) -> str | None:
    """The codec of a text subtitle in this muxer's containers; None if it is not converted."""
    own = _codec(stream)
    target = _TARGETS.get(muxer)
    return target if own in KINDS and own != target else None


def text_target(suffix: str) -> str:
    """The codec of converted text in a container of this suffix."""
    return "subrip" if suffix == ".mkv" else "mov_text"


def _codec(stream: Any) -> str | None:
    context = stream.codec_context
    return None if stream.type != "subtitle" or context is None else context.codec.canonical_name


def add_text(output: OutputContainer, stream: Any) -> Any:
    """A subtitle stream for this one's text; raises ValueError if there is none for it."""
    codec = text_codec(output.format.name, stream)
    if codec is None:
        raise ValueError(f"{stream.name} subtitles cannot be converted to text")
    added: Any = output.add_stream(codec)
    added.time_base = added.codec_context.time_base = _MILLISECOND
    added.codec_context.subtitle_header = stream.codec_context.subtitle_header or _HEADER
    return added


def is_text(copy: Any, stream: Any) -> bool:
    """Whether a stream of the result holds the source's text in another form."""
    return copy.type == "subtitle" and _codec(copy) != _codec(stream)


def as_text(packet: Any, copy: Any) -> Iterator[Any]:
    """A packet's text as a packet of the result's stream; nothing if it has none."""
    decoded = packet.stream.codec_context.decode2(packet)
    if decoded is None or not len(decoded):
        return
    made: Any = Packet(bytes(copy.codec_context.encode_subtitle(decoded)))
    made.stream, made.time_base, made.is_keyframe = copy, packet.time_base, True
    made.pts, made.dts, made.duration = packet.pts, packet.pts, packet.duration
    yield made


def text_lines(
    path: Path, index: int, within: tuple[Fraction, Fraction] | None, zero: Fraction
) -> list[Line]:
    """All subtitles of a stream, as libavcodec decodes them, on the clock of a result.

    `within` is the part that a result was cut to, in seconds from `zero` on. Raises AuditError if they cannot
    be decoded.
    """
    lines: list[Line] = []
    try:
        with open_input(path) as container:
            stream: Any = container.streams[index]
            for packet in shown_packets(container, [stream], zero):
                if packet.size and packet.pts is not None:
                    text = _plain(packet.decode())
                    line = _cut(packet, text, within)
                    lines += [line] if line is not None else []
    except (av.error.FFmpegError, OSError) as error:
        what = f"Subtitles cannot be decoded: {error}"
        raise AuditError(what, str(path), code="audit-subtitles") from error
    return lines


def _plain(decoded: Sequence[Any]) -> str:
    """The text of decoded subtitles: without style, line breaks as such."""
    texts = (getattr(each, "dialogue", b"") or b"" for each in decoded)
    text = "\n".join(text.decode("utf-8", "replace") for text in texts)
    text = re.sub(r"\{[^}]*\}", "", text)
    return "\n".join(line.strip() for line in re.split(r"\\[Nn]|\n", text)).strip()


def _cut(packet: Any, text: str, within: tuple[Fraction, Fraction] | None) -> Line | None:
    """A subtitle on the result's clock; None if it has no text, or is outside."""
    begin = packet.pts * packet.time_base
    end = begin + (packet.duration or 0) * packet.time_base
    if not text:
        return None
    if within is not None:
        if begin >= within[1] or (end <= within[0] and begin < within[0]):
            return None
        begin, end = max(begin, within[0]) - within[0], min(end, within[1]) - within[0]
    return Line(round(begin * 1_000_000), round(end * 1_000_000), text)


def same_text(one: Sequence[Line], other: Sequence[Line], slack: Fraction) -> bool:
    """Whether both have the same text at the same times, within `slack` seconds; an end may be unknown."""
    allowed = round(slack * 1_000_000)
    return [line.text for line in one] == [line.text for line in other] and all(
        abs(a.begin - b.begin) <= allowed
        and (abs(a.end - b.end) <= allowed or a.end <= a.begin or b.end <= b.begin)
        for a, b in zip(one, other, strict=True)
    )
