"""The header of a DPX (SMPTE ST 268): reading the existing parts, and writing all parts.

It has five parts, of which only the first two are required: file, image, orientation, film, television.
ffmpeg writes the first three, and the image data begin where the film part would be; OpenImageIO then reads
rate and timecode from samples. OpenImageIO is not used for writing: it can only pack 12-bit samples.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from restore.media.images.image_facts import ImageFacts
from restore.media.images.smpte import NO_TIMECODE, field_mark, timecode_bits, timecode_label

if TYPE_CHECKING:
    from OpenImageIO import ImageSpec

_ORIENTATION_END, _FILM_END, HEADER_BYTES = 1664, 1920, 2048
"""The ends of the third, fourth and fifth part."""

_IMAGE_OFFSETS = (4, 780 + 28)
"""Fields with the offset of the image data: the file's, and its first element's."""

_LOGARITHMIC = ("Printing density", "Logarithmic")
"""Transfer characteristics whose code values are film densities."""

_TRANSFERS = {"bt709": 6, "smpte170m": 8, "bt470bg": 7}
_UNSPECIFIED = 4


@dataclass(frozen=True, slots=True)
class DpxFacts:
    """One image; the fields are those of `header.Header`. `has_aspect`: the header has a field for it."""

    make: str
    rate: Fraction | None
    timecode: str | None
    logarithmic: bool
    has_aspect: bool


def dpx_facts(spec: ImageSpec, head: bytes) -> DpxFacts:
    """The facts in the header of a DPX that begins with `head`; ValueError if it is cut off."""
    if len(head) < HEADER_BYTES:
        raise ValueError("its header is cut off")
    end = ">" if head.startswith(b"SDPX") else "<"
    offsets = [struct.unpack_from(end + "I", head, at)[0] for at in _IMAGE_OFFSETS]
    begin = min((offset for offset in offsets if offset), default=0)
    rate, code = None, NO_TIMECODE
    if begin >= _FILM_END:
        rate = dpx_rate(spec.get_float_attribute("dpx:FrameRate", 0.0))
    if begin >= HEADER_BYTES:
        rate = rate or dpx_rate(spec.get_float_attribute("dpx:TemporalFrameRate", 0.0))
        code = (spec.getattribute("smpte:TimeCode") or (NO_TIMECODE,))[0]
    elements = head[771 if end == ">" else 770]
    return DpxFacts(
        make=f"descriptor {head[800]}, {head[803]} bit, {elements} elements",
        rate=rate,
        timecode=timecode_label(code, rate, field_mark(rate or Fraction(0))),
        logarithmic=spec.get_string_attribute("dpx:Transfer") in _LOGARITHMIC,
        has_aspect=begin >= _ORIENTATION_END,
    )


def dpx_rate(value: float) -> Fraction | None:
    """A rate that is stored as a float: 23.976 and 23.98 mean 24000/1001; None for nonsense."""
    if not 1 <= value <= 240:  # also false for NaN
        return None
    for nominal in (24, 30, 48, 60, 120):
        if abs(value - nominal * 1000 / 1001) < 0.005:
            return Fraction(nominal * 1000, 1001)
    return Fraction(value).limit_denominator(1000)


def with_dpx_header(image: bytes, name: str, facts: ImageFacts) -> bytes:
    """A DPX made by ffmpeg, with the film and television parts of the header, which ffmpeg does not write.

    In these, unknown numbers have all bits set and unknown texts are empty.

    """
    order = ">" if image[:4] == b"SDPX" else "<"
    head = bytearray(image[:_ORIENTATION_END])
    if struct.unpack_from(f"{order}I", head, 4)[0] != _ORIENTATION_END:
        raise ValueError("a DPX header of unexpected length")
    longer = HEADER_BYTES - _ORIENTATION_END
    for offset, value in ((4, HEADER_BYTES), (16, len(image) + longer), (28, longer)):
        struct.pack_into(f"{order}I", head, offset, value)
    struct.pack_into(f"{order}I", head, _IMAGE_OFFSETS[1], HEADER_BYTES)
    struct.pack_into("100s", head, 36, name.encode()[:99])
    struct.pack_into("100s", head, 160, b"restore")
    code = _TRANSFERS.get(facts.transfer or "", _UNSPECIFIED)
    struct.pack_into("BB", head, 801, code, code)
    film, television = bytearray(256), bytearray(b"\xff" * 128)
    rate = float(facts.rate)
    struct.pack_into(f"{order}IIIf", film, 48, facts.place, facts.count, 1, rate)
    struct.pack_into(f"{order}I", film, 64, 0xFFFFFFFF)  # shutter angle
    bits = timecode_bits(facts.timecode or "", facts.rate, field_mark(facts.rate))
    if bits is not None:
        struct.pack_into(f"{order}I", television, 0, bits)
    struct.pack_into("B", television, 8, 0)  # not interlaced
    struct.pack_into(f"{order}f", television, 20, rate)
    return bytes(head + film + television) + image[_ORIENTATION_END:]
