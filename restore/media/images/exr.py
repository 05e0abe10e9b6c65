"""EXR with OpenImageIO: reading the header (channels, light, rate and timecode), and writing a file."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from restore.media.color.linear import PRIMARIES, Floats
from restore.media.images.image_facts import ImageFacts
from restore.media.images.smpte import OPENEXR_MARK, timecode_bits, timecode_label

if TYPE_CHECKING:
    from OpenImageIO import ImageSpec

_MAIN = ("R", "G", "B", "Y")
"""The channels of the visible image."""

_SAME = 0.0015
"""How much a chromaticity may differ from a standard's: headers round to three digits."""


@dataclass(frozen=True, slots=True)
class ExrFacts:
    """One image; the fields are those of `header.Header`.

    primaries  ffmpeg's name; BT.709's where the header has none; None for others
    stored     ffmpeg's name for such samples; empty if there is none
    """

    make: str
    stored: str
    rate: Fraction | None
    timecode: str | None
    primaries: str | None
    notes: tuple[str, ...]
    unfit: str


def exr_facts(spec: ImageSpec) -> ExrFacts:
    """The facts in the header of an EXR."""
    names = list(spec.channelnames)
    main = [name for name in _MAIN if name in names]
    kinds = sorted({str(spec.channelformat(names.index(name))) for name in main})
    layers = sorted(set(names) - set(main) - {"A"})
    notes = (f"EXR channels that are left out: {', '.join(layers)}",) if layers else ()
    primaries = _primaries(spec)
    if primaries is None:
        notes += (
            "the EXR's primaries are not those of a film standard: its values are kept, without a tag",
        )
    make = f"{''.join(main)} {'/'.join(kinds)}" + (" with alpha" if "A" in names else "")
    if primaries != "bt709":
        make += f", {primaries or 'unknown'} primaries"
    rate = _rate(spec)
    code = spec.getattribute("smpte:TimeCode")
    return ExrFacts(
        make=make,
        stored=_stored(main, kinds, alpha="A" in names),
        rate=rate,
        timecode=None if code is None else timecode_label(code[0], rate, OPENEXR_MARK),
        primaries=primaries,
        notes=notes,
        unfit=_unfit(spec, main, kinds),
    )


def _stored(main: list[str], kinds: list[str], *, alpha: bool) -> str:
    """The pixel format by ffmpeg's name."""
    bits = {"half": 16, "float": 32}.get(kinds[0] if kinds else "", 0)
    if "Y" in main:
        return f"{'yaf' if alpha else 'grayf'}{bits}le"
    return f"gbr{'ap' if alpha else 'p'}f{bits}le"


def _unfit(spec: ImageSpec, main: list[str], kinds: list[str]) -> str:
    """Why such an image cannot be restored; empty if it can."""
    if spec.deep or spec.get_int_attribute("oiio:subimages", 1) > 1:
        return "they have several parts, or more than one sample per pixel"
    if main not in (["R", "G", "B"], ["Y"]) or {"RY", "BY"} & set(spec.channelnames):
        return "their channels are neither R, G, B nor Y alone"
    if kinds not in (["half"], ["float"]):
        return f"their samples are {' and '.join(kinds)}, not all half or all float"
    whole = (spec.full_x, spec.full_y, spec.full_width, spec.full_height)
    if (spec.x, spec.y, spec.width, spec.height) != whole:
        return "their data window is not their display window"
    return ""


def _rate(spec: ImageSpec) -> Fraction | None:
    """Frames a second, if the header has a plausible number."""
    top, bottom = spec.getattribute("framesPerSecond") or (0, 0)
    rate = Fraction(top, bottom) if bottom else Fraction(0)
    return rate if 1 <= rate <= 240 else None


def _primaries(spec: ImageSpec) -> str | None:
    """The name of the chromaticities; BT.709's if there are none."""
    found = spec.getattribute("chromaticities")
    if found is None:
        return "bt709"
    for name, own in PRIMARIES.items():
        if all(abs(a - b) < _SAME for a, b in zip(found, own, strict=True)):
            return name
    return None


def write_exr(path: Path, channels: dict[str, Floats], facts: ImageFacts) -> None:
    """Write the channels [h, w], by name, into an uncompressed EXR; raises OSError if that fails."""
    import OpenImageIO as oiio

    samples = np.stack(list(channels.values()), axis=-1)
    spec = oiio.ImageSpec(samples.shape[1], samples.shape[0], len(channels), oiio.FLOAT)
    spec.channelnames = tuple(channels)
    rate = facts.rate.limit_denominator(100_000)
    spec.attribute("compression", "none")
    spec.attribute("DateTime", "")  # none: the same film gives the same files
    spec.attribute("Software", "restore")
    spec.attribute("PixelAspectRatio", float(facts.sar))
    spec.attribute("framesPerSecond", oiio.TypeDesc("rational"), (rate.numerator, rate.denominator))
    bits = timecode_bits(facts.timecode or "", facts.rate, OPENEXR_MARK)
    if bits is not None:
        spec.attribute("smpte:TimeCode", oiio.TypeDesc("timecode"), (bits, 0))
    if facts.primaries in PRIMARIES:
        values = PRIMARIES[facts.primaries]
        spec.attribute("chromaticities", oiio.TypeDesc("float[8]"), values)
    image = oiio.ImageOutput.create(str(path))
    assert image is not None  # its suffix is known
    written = image.open(str(path), spec) and image.write_image(samples)
    why = image.geterror()
    if not image.close() or not written:
        # OpenImageIO hides the system's reason: writing as many bytes causes the same error
        path.write_bytes(bytes(samples.nbytes))
        raise OSError(errno.EIO, why or image.geterror())
