"""What an EXR's header says, and what ffmpeg's encoder leaves out of it.

After the OpenEXR file layout: a magic number, a version with flags, attributes (name, type, size, value),
a table of the places where chunks of rows begin, the chunks.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from typing import BinaryIO

from restore.media.color.linear import PRIMARIES
from restore.media.images.smpte import OPENEXR_MARK, timecode_bits

MAGIC = b"\x76\x2f\x31\x01"

_LARGEST = 1 << 20
"""Bytes of an attribute that is read; longer ones (a preview picture) are passed over."""

_DEEP, _MULTIPART = 0x800, 0x1000
"""Flags in the version field."""

_UNCOMPRESSED, _DWA = 0, (8, 9)
"""Compressions by their number: none; DWAA and DWAB."""

_MAIN = ("R", "G", "B", "Y")
"""The channels that are the picture."""

_TYPES = {0: "uint", 1: "half", 2: "float"}

_SAME = 0.0015
"""How far a chromaticity may lie from a standard's: headers round to three digits."""

Attributes = dict[str, tuple[str, bytes]]
"""Type and value of each attribute, in the file's order."""


@dataclass(frozen=True, slots=True)
class ExrFacts:
    """One picture: `make` as in `stills.Header`; `unfit` says why it cannot be restored, if so.

    code      SMPTE 12M time address bits, None where there are none
    primaries ffmpeg's name; BT.709's where the header says nothing; None for others
    notes     what of the picture is not kept
    """

    width: int
    height: int
    make: str
    rate: Fraction | None
    code: int | None
    primaries: str | None
    notes: tuple[str, ...]
    unfit: str


def read_attributes(file: BinaryIO) -> tuple[int, Attributes]:
    """The flags and the attributes of the (first) header; the file is then behind it.

    Raises ValueError or struct.error where it is damaged or cut off.
    """
    flags = struct.unpack("<4xI", file.read(8))[0]
    found: Attributes = {}
    while name := _text(file):
        kind, size = _text(file), struct.unpack("<I", file.read(4))[0]
        if size > _LARGEST:
            file.seek(size, 1)
            continue
        value = file.read(size)
        if len(value) < size:
            raise ValueError("its header is cut off")
        found[name] = (kind, value)
    return flags, found


def _text(file: BinaryIO) -> str:
    """A name, which ends with a zero byte."""
    letters = bytearray()
    while (letter := file.read(1)) != b"\0":
        if not letter:
            raise ValueError("its header is cut off")
        if len(letters) > 255:
            raise ValueError("its header is damaged")
        letters += letter
    return letters.decode("latin-1")


def read_exr(file: BinaryIO) -> ExrFacts:
    """The facts in an EXR's header; raises ValueError or struct.error where it is damaged."""
    flags, found = read_attributes(file)
    if not {"channels", "dataWindow", "displayWindow", "compression"} <= found.keys():
        raise ValueError("its header is damaged")
    window = struct.unpack("<4i", found["dataWindow"][1])
    if window[0] > window[2] or window[1] > window[3]:
        raise ValueError("its header is damaged")
    channels = _channels(found["channels"][1])
    main = {name: rest for name, rest in channels.items() if name in _MAIN}
    kinds = sorted({_TYPES.get(kind, "unknown") for kind, _ in main.values()})
    layers = sorted(channels.keys() - main.keys() - {"A"})
    notes = (f"EXR channels that are left out: {', '.join(layers)}",) if layers else ()
    primaries = "bt709"
    if "chromaticities" in found:
        primaries = _primaries(struct.unpack("<8f", found["chromaticities"][1]))
        if primaries is None:
            notes += ("the EXR's primaries have no name in films: its values are kept, untagged",)
    order = "".join(name for name in _MAIN if name in main)
    make = f"{order} {'/'.join(kinds)}" + (" with alpha" if "A" in channels else "")
    if primaries != "bt709":
        make += f", {primaries or 'unknown'} primaries"
    return ExrFacts(
        width=window[2] - window[0] + 1,
        height=window[3] - window[1] + 1,
        make=make,
        rate=_rate(found),
        code=struct.unpack("<I4x", found["timeCode"][1])[0] if "timeCode" in found else None,
        primaries=primaries,
        notes=notes,
        unfit=_unfit(flags, found, channels, kinds),
    )


def _channels(value: bytes) -> dict[str, tuple[int, tuple[int, int]]]:
    """Type and sampling of each channel by its name."""
    found: dict[str, tuple[int, tuple[int, int]]] = {}
    file = BytesIO(value)
    while name := _text(file):
        kind, across, down = struct.unpack("<I4xII", file.read(16))
        found[name] = (kind, (across, down))
    return found


def _unfit(
    flags: int,
    found: Attributes,
    channels: Mapping[str, tuple[int, tuple[int, int]]],
    kinds: list[str],
) -> str:
    """Why such a picture cannot be restored; empty where it can."""
    main = {name: rest for name, rest in channels.items() if name in _MAIN}
    if flags & (_DEEP | _MULTIPART):
        return "they have several parts, or more than one sample a pixel"
    if set(main) not in ({"R", "G", "B"}, {"Y"}) or {"RY", "BY"} & channels.keys():
        return "their channels are neither R, G, B nor Y alone"
    if kinds not in (["half"], ["float"]):
        return f"their samples are {' and '.join(kinds)}, not all half or all float"
    if any(sampling != (1, 1) for _, sampling in main.values()):
        return "their channels have different sizes"
    if found["dataWindow"][1] != found["displayWindow"][1]:
        return "their data window is not their display window"
    if _compression(found) in _DWA and "Y" in main:
        return "ffmpeg does not read gray in DWA compression rightly"
    return ""


def _compression(found: Attributes) -> int:
    return struct.unpack("<B", found["compression"][1])[0]


def _rate(found: Attributes) -> Fraction | None:
    if "framesPerSecond" not in found:
        return None
    top, bottom = struct.unpack("<iI", found["framesPerSecond"][1])
    rate = Fraction(top, bottom) if bottom else Fraction(0)
    return rate if 1 <= rate <= 240 else None


def _primaries(told: tuple[float, ...]) -> str | None:
    """The name of these chromaticities."""
    for name, own in PRIMARIES.items():
        if all(abs(a - b) < _SAME for a, b in zip(told, own, strict=True)):
            return name
    return None


def with_exr_header(
    picture: bytes, rate: Fraction, timecode: str | None, primaries: str | None
) -> bytes:
    """An uncompressed EXR with rate, timecode and chromaticities, the table of its rows moved along."""
    file = BytesIO(picture)
    _, found = read_attributes(file)
    begin = file.tell()
    fine = rate.limit_denominator(100_000)
    found["framesPerSecond"] = ("rational", struct.pack("<iI", fine.numerator, fine.denominator))
    found["writer"] = ("string", b"restore")
    found.pop("gamma", None)  # ffmpeg's own word: light has no gamma
    bits = None if timecode is None else timecode_bits(timecode, rate, OPENEXR_MARK)
    if bits is not None:
        found["timeCode"] = ("timecode", struct.pack("<II", bits, 0))
    if primaries in PRIMARIES:
        found["chromaticities"] = ("chromaticities", struct.pack("<8f", *PRIMARIES[primaries]))
    words = (
        f"{name}\0{kind}\0".encode("latin-1") + struct.pack("<I", len(value)) + value
        for name, (kind, value) in found.items()
    )
    head = picture[:8] + b"".join(words) + b"\0"
    _, top, _, bottom = struct.unpack("<4i", found["dataWindow"][1])
    if _compression(found) != _UNCOMPRESSED:
        raise ValueError("a chunk of an EXR is not one row")
    count = bottom - top + 1
    places = struct.unpack_from(f"<{count}Q", picture, begin)
    moved = struct.pack(f"<{count}Q", *(place + len(head) - begin for place in places))
    return head + moved + picture[begin + len(moved) :]
