"""What the header of a still picture says: its kind, size and make, and a DPX's rate and timecode.

Read here and not by ffmpeg, because every picture of a sequence is looked at before the work, and a reel
has tens of thousands. After SMPTE 268M (DPX), ISO 15948 (PNG), ISO 10918-1 (JPEG), TIFF 6.0, and
OpenEXR's file layout (`exr.py`).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, Literal

from restore.media.images.exr import MAGIC, read_exr
from restore.media.images.smpte import OPENEXR_MARK, field_mark, in_pairs

Kind = Literal["dpx", "tiff", "exr", "png", "jpeg"]

KINDS: dict[str, Kind] = {
    ".dpx": "dpx",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".exr": "exr",
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
}
"""The suffixes of pictures that may form a film, in lower case."""

_DPX_BYTES = 2048
_NOTHING = 0xFFFFFFFF
"""DPX: all bits set means that the field says nothing."""

_LOGARITHMIC = (1, 3)
"""DPX transfer characteristics: printing density, logarithmic."""


@dataclass(frozen=True, slots=True)
class Header:
    """One picture. `make` tells samples and depth in words, the same for pictures of one make.

    rate         frames a second, where a DPX or an EXR says it
    timecode     HH:MM:SS:FF, where a DPX or an EXR says it
    logarithmic  a DPX whose code values are film densities
    primaries    ffmpeg's name of an EXR's
    notes        what of the picture is not kept
    unfit        why pictures of this make cannot be restored, if so
    """

    kind: Kind
    width: int
    height: int
    make: str
    rate: Fraction | None = None
    timecode: str | None = None
    logarithmic: bool = False
    primaries: str | None = None
    notes: tuple[str, ...] = ()
    unfit: str = ""


def read_header(path: Path) -> Header:
    """The facts in a picture's first bytes.

    Raises ValueError where it is none of these kinds or its header is cut off, OSError where it cannot be
    read.
    """
    with path.open("rb") as file:
        magic = file.read(8)
        file.seek(0)
        for begins, reader in _READERS:
            if magic.startswith(begins):
                try:
                    return reader(file)
                except struct.error as error:
                    raise ValueError("its header is cut off") from error
    raise ValueError("it is empty" if not magic else "it is no picture of a known kind")


def _dpx(file: BinaryIO) -> Header:
    data = file.read(_DPX_BYTES)
    end = ">" if data.startswith(b"SDPX") else "<"
    if len(data) < _DPX_BYTES:
        raise ValueError("its header is cut off")
    width, height = struct.unpack_from(end + "II", data, 772)
    elements, transfer, depth = data[771 if end == ">" else 770], data[801], data[803]
    make = f"descriptor {data[800]}, {depth} bit, {elements} elements"
    film, video = (struct.unpack_from(end + "f", data, at)[0] for at in (1724, 1940))
    (code,) = struct.unpack_from(end + "I", data, 1920)
    rate = dpx_rate(film) or dpx_rate(video)
    label = dpx_timecode(code, rate, field_mark(rate or Fraction(0)))
    return Header("dpx", width, height, make, rate, label, transfer in _LOGARITHMIC)


def dpx_rate(value: float) -> Fraction | None:
    """A rate that is stored as a float: 23.976 and 23.98 mean 24000/1001; None for nonsense."""
    if not 1 <= value <= 240:  # also false for what is no number
        return None
    for nominal in (24, 30, 48, 60, 120):
        if abs(value - nominal * 1000 / 1001) < 0.005:
            return Fraction(nominal * 1000, 1001)
    return Fraction(value).limit_denominator(1000)


def dpx_timecode(code: int, rate: Fraction | None = None, mark: int = 0) -> str | None:
    """SMPTE 12M time address bits, two decimal digits a byte: hours, minutes, seconds, frames.

    At a rate of more than 30 the frames are pairs, and the bit `mark` tells the second of one.
    """
    if code == _NOTHING:
        return None
    digits = f"{code & 0x3F7F7F3F:08x}"  # without the flags
    drop = ";" if code & 0x40 else ":"
    hours, minutes, seconds, frames = (digits[at : at + 2] for at in (0, 2, 4, 6))
    if not digits.isdecimal() or hours > "23" or minutes > "59" or seconds > "59":
        return None
    if rate is not None and in_pairs(rate):
        counted = 2 * int(frames) + bool(code & mark)
        # numbers past the last pair were written by programs that count single frames
        frames = f"{counted:02}" if counted < round(rate) else frames
    return f"{hours}:{minutes}:{seconds}{drop}{frames}"


def _png(file: BinaryIO) -> Header:
    width, height, depth, color = struct.unpack(">IIBB", file.read(26)[16:])
    kinds = {0: "gray", 2: "RGB", 3: "palette", 4: "gray with alpha", 6: "RGB with alpha"}
    return Header("png", width, height, f"{kinds.get(color, color)} {depth} bit")


def _jpeg(file: BinaryIO) -> Header:
    """The frame header (SOF0 to SOF15, but for DHT, JPG and DAC) behind whatever segments come first."""
    file.seek(2)
    while True:
        mark, code = struct.unpack(">BB", file.read(2))
        while code == 0xFF:  # fill bytes
            (code,) = struct.unpack(">B", file.read(1))
        if mark != 0xFF:
            raise ValueError("its header is damaged")
        (length,) = struct.unpack(">H", file.read(2))
        if 0xC0 <= code <= 0xCF and code not in (0xC4, 0xC8, 0xCC):
            depth, height, width, count = struct.unpack(">BHHB", file.read(6))
            parts = file.read(3 * count)
            sampling = ",".join(f"{part >> 4}x{part & 15}" for part in parts[1::3])
            return Header("jpeg", width, height, f"{depth} bit, sampling {sampling}")
        file.seek(length - 2, 1)


def _tiff(file: BinaryIO) -> Header:
    end = "<" if file.read(4).startswith(b"II") else ">"
    (start,) = struct.unpack(end + "I", file.read(4))
    file.seek(start)
    (count,) = struct.unpack(end + "H", file.read(2))
    rows = [file.read(12) for _ in range(count)]
    tags: dict[int, int] = {}
    for row in rows:
        tag, kind, number, value = struct.unpack(end + "HHII", row)
        if tag in (256, 257, 258, 262, 277):
            short = struct.unpack_from(end + "H", row, 8)[0]
            if kind == 3 and number > 2:  # bits of several samples lie elsewhere, all alike
                file.seek(value)
                (short,) = struct.unpack(end + "H", file.read(2))
            tags[tag] = value if kind == 4 else short
    if not {256, 257} <= tags.keys():
        raise ValueError("its header is damaged")
    samples, depth = tags.get(277, 1), tags.get(258, 1)
    make = f"photometric {tags.get(262)}, {samples} samples of {depth} bit"
    return Header("tiff", tags[256], tags[257], make)


def _exr(file: BinaryIO) -> Header:
    facts = read_exr(file)
    return Header(
        "exr",
        facts.width,
        facts.height,
        facts.make,
        facts.rate,
        None if facts.code is None else dpx_timecode(facts.code, facts.rate, OPENEXR_MARK),
        primaries=facts.primaries,
        notes=facts.notes,
        unfit=facts.unfit,
    )


_READERS: tuple[tuple[bytes, Callable[[BinaryIO], Header]], ...] = (
    (b"SDPX", _dpx),
    (b"XPDS", _dpx),
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"\xff\xd8\xff", _jpeg),
    (b"II*\0", _tiff),
    (b"MM\0*", _tiff),
    (MAGIC, _exr),
)
"""The first bytes of each kind, and what reads the rest."""
