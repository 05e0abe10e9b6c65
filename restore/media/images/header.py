"""The facts in the header of an image file: kind, size, samples, orientation, rate and timecode.

OpenImageIO reads headers, some 6,000 a second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from restore.media.images.dpx import HEADER_BYTES, dpx_facts
from restore.media.images.exr import exr_facts
from restore.media.images.tiff import tiff_facts

if TYPE_CHECKING:
    from OpenImageIO import ImageInput, ImageSpec

Kind = Literal["dpx", "tiff", "exr", "png", "jpeg"]

Decoder = Literal["ffmpeg", "openimageio"]

KINDS: dict[str, Kind] = {
    ".dpx": "dpx",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".exr": "exr",
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
}
"""The suffixes of images that may form a film, in lower case."""

_FORMATS: dict[str, Kind] = {
    "dpx": "dpx",
    "tiff": "tiff",
    "openexr": "exr",
    "png": "png",
    "jpeg": "jpeg",
}
"""OpenImageIO's names of them."""


@dataclass(frozen=True, slots=True)
class Header:
    """One image. `make` describes samples and depth as text, the same for images of one make.

    width, height  as stored, before the orientation is applied
    rate         frames a second, if a DPX or an EXR has it
    timecode     HH:MM:SS:FF, if a DPX or an EXR has it
    logarithmic  a DPX whose code values are film densities
    primaries    ffmpeg's name of an EXR's
    orientation  the order of the stored rows and columns (EXIF numbers; 1: from the top and from the left)
    decoder      what reads the samples
    stored       ffmpeg's name for them, if OpenImageIO reads them
    sar          sample aspect ratio, if that of the decoder must not be used
    notes        parts of the image that are not kept, as text
    unfit        why images of this make cannot be restored, if so
    advice       a command that converts them to supported ones
    """

    kind: Kind
    width: int
    height: int
    make: str
    rate: Fraction | None = None
    timecode: str | None = None
    logarithmic: bool = False
    primaries: str | None = None
    orientation: int = 1
    decoder: Decoder = "ffmpeg"
    stored: str = ""
    sar: Fraction | None = None
    notes: tuple[str, ...] = ()
    unfit: str = ""
    advice: str = ""


def read_header(path: Path) -> Header:
    """The facts in an image's header.

    Raises ValueError if it is none of these kinds or its header is damaged, OSError if it cannot be read.
    """
    import OpenImageIO as oiio

    with path.open("rb") as file:
        head = file.read(HEADER_BYTES)
    if not head:
        raise ValueError("it is empty")
    str(path).encode()  # a name that is not UTF-8 is a ValueError as well
    image = oiio.ImageInput.open(str(path))
    if image is None:
        oiio.geterror()  # the next caller must not find it
        raise ValueError("it is not an image, or its header is damaged")
    try:
        kind = _FORMATS.get(image.format_name())
        if kind is None:
            raise ValueError(f"it is a {image.format_name()}, not one of {', '.join(_FORMATS)}")
        spec = image.spec()
        orientation = spec.get_int_attribute("Orientation", 1)
        plain = Header(
            kind,
            spec.width,
            spec.height,
            "",
            orientation=orientation if 1 <= orientation <= 8 else 1,
            notes=_about_profile(spec),
        )
        return _READERS[kind](plain, spec, head, image)
    finally:
        image.close()


def _about_profile(spec: ImageSpec) -> tuple[str, ...]:
    """A note about a color profile, which is not applied."""
    if spec.getattribute("ICCProfile") is None:
        return ()
    name = spec.get_string_attribute("ICCProfile:profile_description").strip()
    named = f' "{name}"' if name else ""
    return (f"the images have an ICC profile{named}, which is not applied",)


def aspect(spec: ImageSpec) -> Fraction | None:
    """The sample aspect ratio; None where there is none."""
    value = spec.get_float_attribute("PixelAspectRatio", 0.0)
    return Fraction(value).limit_denominator(255) if 0.01 < value < 100 else None


def _dpx(plain: Header, spec: ImageSpec, head: bytes, image: ImageInput) -> Header:
    facts = dpx_facts(spec, head)
    turned = plain.orientation > 4  # OpenImageIO then returns width and height as shown
    return replace(
        plain,
        width=spec.height if turned else spec.width,
        height=spec.width if turned else spec.height,
        make=facts.make,
        rate=facts.rate,
        timecode=facts.timecode,
        logarithmic=facts.logarithmic,
        sar=None if facts.has_aspect else Fraction(1),
    )


def _png(plain: Header, spec: ImageSpec, head: bytes, image: ImageInput) -> Header:
    """Depth and color type by the file's own bytes: OpenImageIO converts palettes and fewer bits."""
    depth, color = head[24], head[25]
    kinds = {0: "gray", 2: "RGB", 3: "palette", 4: "gray with alpha", 6: "RGB with alpha"}
    return replace(plain, make=f"{kinds.get(color, color)} {depth} bit")


def _jpeg(plain: Header, spec: ImageSpec, head: bytes, image: ImageInput) -> Header:
    colors = spec.get_string_attribute("jpeg:ColorSpace") or f"{spec.nchannels} channels"
    sampling = spec.get_string_attribute("jpeg:subsampling") or "of its own"
    return replace(plain, make=f"{colors}, sampling {sampling}")


def _tiff(plain: Header, spec: ImageSpec, head: bytes, image: ImageInput) -> Header:
    facts = tiff_facts(spec, big=head[2:4] in (b"+\0", b"\0+"), pages=_has_pages(image))
    return replace(
        plain,
        make=facts.make,
        decoder="openimageio" if facts.stored else "ffmpeg",
        stored=facts.stored,
        sar=aspect(spec) if facts.stored else None,
        notes=plain.notes + facts.notes,
        unfit=facts.unfit,
        advice=facts.advice,
    )


def _has_pages(image: ImageInput) -> bool:
    """Whether a TIFF contains more than one image; smaller copies of the first one do not count."""
    number = 1
    while image.seek_subimage(number, 0):
        if not image.spec().get_int_attribute("tiff:subfiletype", 0) & 1:
            return True
        number += 1
    return False


def _exr(plain: Header, spec: ImageSpec, head: bytes, image: ImageInput) -> Header:
    facts = exr_facts(spec)
    return replace(
        plain,
        make=facts.make,
        rate=facts.rate,
        timecode=facts.timecode,
        primaries=facts.primaries,
        orientation=1,
        decoder="openimageio",
        stored=facts.stored,
        sar=aspect(spec),
        notes=plain.notes + facts.notes,
        unfit=facts.unfit,
        advice="oiiotool IN.exr --ch R,G,B --croptofull -d half -o OUT.exr",
    )


_READERS: dict[Kind, Callable[[Header, ImageSpec, bytes, ImageInput], Header]] = {
    "dpx": _dpx,
    "png": _png,
    "jpeg": _jpeg,
    "tiff": _tiff,
    "exr": _exr,
}
"""The functions that read the facts of each kind, given those that all kinds share."""
