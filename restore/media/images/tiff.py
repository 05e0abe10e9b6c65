"""Which TIFFs ffmpeg reads correctly, which OpenImageIO must read, and which cannot be restored.

Tested with ffmpeg 9.0.2 and OpenImageIO 3.2.2 on every combination of samples, compression, strips, tiles and
planes. ffmpeg reads tiles as black, 16-bit CMYK as RGB with alpha, 12-bit gray and signed samples wrongly, of
several pages only the first, and refuses 10 and 14 bit, BigTIFF and planes of gray. OpenImageIO reads all of
these correctly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from OpenImageIO import ImageSpec

_WHITE_IS_ZERO, _GRAY, _RGB, _MASK, _CMYK, _YCBCR = 0, 1, 2, 4, 5, 6
"""Photometric interpretations (TIFF 6.0)."""

_PACKED_DEPTHS = (10, 12, 14)
"""Depths that only OpenImageIO reads."""

_AS_RGB = "magick IN.tif -colorspace sRGB -depth 16 OUT.tif"

_SEPARATE = 2
"""Planar configuration: each channel separately."""


@dataclass(frozen=True, slots=True)
class TiffFacts:
    """One image; the fields are those of `header.Header`. `stored` is empty if ffmpeg reads it."""

    make: str
    stored: str
    notes: tuple[str, ...]
    unfit: str
    advice: str


def tiff_facts(spec: ImageSpec, *, big: bool, pages: bool) -> TiffFacts:
    """The facts in the header of a TIFF; `big`: a BigTIFF, `pages`: it contains several images."""
    photometric = spec.get_int_attribute("tiff:PhotometricInterpretation", -1)
    bits = spec.get_int_attribute("oiio:BitsPerSample", 8 * spec.format.size())
    unfit, advice = _unfit(spec, photometric, pages=pages)
    odd = _beyond_ffmpeg(spec, photometric, bits, big=big)
    if odd and not unfit and not _read_by_openimageio(photometric, bits):
        unfit, advice = f"{odd} are not read with photometric {photometric}", _AS_RGB
    make = f"photometric {photometric}, {spec.nchannels} samples of {bits} bit"
    cmyk = "CMYK becomes RGB by (1 - ink) * (1 - black), without an ink profile"
    return TiffFacts(
        make=f"{make}, {odd}" if odd else make,
        stored=_stored(spec.nchannels, bits) if odd else "",
        notes=(cmyk,) if photometric == _CMYK else (),
        unfit=unfit,
        advice=advice,
    )


def _unfit(spec: ImageSpec, photometric: int, *, pages: bool) -> tuple[str, str]:
    """Why such images cannot be restored by any reader, and what helps; empty if they can."""
    if pages:
        return "each file contains several pages", "tiffsplit IN.tif OUT_"
    if str(spec.format) not in ("uint8", "uint16"):
        why = f"their samples are {spec.format}, not integers of 8 to 16 bits"
        return why, "oiiotool IN.tif -d uint16 -o OUT.tif"
    if not 0 <= photometric <= _YCBCR or photometric == _MASK:
        colors = spec.get_string_attribute("tiff:ColorSpace") or f"photometric {photometric}"
        return f"their colors are {colors}, not gray, RGB, CMYK or YCbCr", _AS_RGB
    return "", ""


def _beyond_ffmpeg(spec: ImageSpec, photometric: int, bits: int, *, big: bool) -> str:
    """The property of a TIFF that ffmpeg does not read correctly, as text; empty if it does."""
    planes = spec.get_int_attribute("tiff:PlanarConfiguration", 1) == _SEPARATE
    found = {
        "BigTIFF": big,
        "tiles": spec.tile_width > 0,
        "CMYK": photometric == _CMYK,
        f"{bits} bit": bits in _PACKED_DEPTHS,
        "separate planes of gray": planes and spec.nchannels < 3,
        "more than four channels": spec.nchannels > 4,
    }
    return ", ".join(words for words, is_so in found.items() if is_so)


def _read_by_openimageio(photometric: int, bits: int) -> bool:
    """Whether OpenImageIO returns the stored samples (of 16 bits, "white is zero" is not inverted)."""
    plain = photometric in (_GRAY, _RGB, _CMYK) and bits in (8, 16, *_PACKED_DEPTHS)
    return plain or (photometric == _WHITE_IS_ZERO and bits == 8)


def _stored(channels: int, bits: int) -> str:
    """The pixel format by ffmpeg's name."""
    color, alpha = channels >= 3, channels in (2, 4)
    if bits in (8, 16):
        if not color:
            return {8: "ya8", 16: "ya16le"}[bits] if alpha else {8: "gray", 16: "gray16le"}[bits]
        return {8: "rgba", 16: "rgba64le"}[bits] if alpha else {8: "rgb24", 16: "rgb48le"}[bits]
    return f"gbr{'ap' if alpha else 'p'}{bits}le" if color else f"gray{bits}le"
