"""Sound in special framings (discs, broadcast, old AVI), which other containers accept only as plain PCM.

Such a track is decoded and stored as plain PCM of the same depth: different bytes, the same samples. ADPCM is
decoded in integers by a fixed rule, so that its samples are the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from av.container import OutputContainer

_FRAMED = ("pcm_", "s302m", "adpcm_")
"""Prefixes of the names of codecs that store samples directly, or as differences."""

_PLAIN = {
    "u8": "pcm_u8",
    "s16": "pcm_s16le",
    "s32": "pcm_s32le",
    "s64": "pcm_s64le",
    "flt": "pcm_f32le",
    "dbl": "pcm_f64le",
}


def plain_codec(stream: Any) -> str | None:
    """The plain PCM that holds this track's samples exactly; None for any other sound."""
    context = stream.codec_context
    if stream.type != "audio" or context is None:
        return None
    if not context.codec.canonical_name.startswith(_FRAMED) or context.format is None:
        return None
    name = context.format.name.removesuffix("p")
    if name == "s32" and _bits(stream) <= 24:
        return "pcm_s24le"
    return _PLAIN.get(name)


def _bits(stream: Any) -> int:
    """The number of significant bits in a 32-bit sample: 24 in all framings of discs and broadcast."""
    framed = stream.codec_context.codec.canonical_name
    return 24 if framed in ("pcm_dvd", "pcm_bluray", "s302m") or "24" in framed else 32


def needs_plain(output: OutputContainer, stream: Any) -> bool:
    """Whether this container accepts the track only as plain PCM."""
    codec = plain_codec(stream)
    if codec is None or codec not in output.supported_codecs:
        return False
    return stream.codec_context.codec.canonical_name not in output.supported_codecs


def is_plain(copy: Any, stream: Any) -> bool:
    """Whether a track of the result holds the source's samples in another framing."""
    if copy.type != "audio":
        return False
    return copy.codec_context.codec.canonical_name != stream.codec_context.codec.canonical_name


def add_plain(output: OutputContainer, stream: Any) -> Any:
    """A track of plain PCM for these samples; raises ValueError if there is none for them."""
    codec = plain_codec(stream)
    if codec is None:
        raise ValueError(f"{stream.codec_context.name} is not uncompressed sound")
    context = stream.codec_context
    return output.add_stream(codec, rate=context.sample_rate, layout=context.layout.name)


def repacked(packet: Any, track: Any) -> Iterator[Any]:
    """A packet's samples as packets of plain PCM, with the packet's own PTS."""
    at = packet.pts
    for frame in packet.decode():
        frame.pts, frame.time_base = at, packet.time_base
        at += round(frame.samples / (frame.sample_rate * packet.time_base))
        yield from track.encode(frame)
