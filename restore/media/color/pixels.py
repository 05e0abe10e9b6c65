"""Pixel formats: the planar working formats, and the stored formats that they correspond to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
"""Samples [h, w] in code values: uint8 at 8 bit, uint16 above."""

Family = Literal["gray", "yuv", "rgb"]

_SUBSAMPLING = {
    "410": (2, 2),
    "411": (2, 0),
    "420": (1, 1),
    "422": (1, 0),
    "440": (0, 1),
    "444": (0, 0),
}
"""Chroma subsampling by ffmpeg's names: log2 of the luma columns and rows per chroma sample."""

_DEPTHS = (8, 9, 10, 12, 14, 16)

_EQUIVALENTS = {
    "nv12": "yuv420p",
    "nv21": "yuv420p",
    "nv16": "yuv422p",
    "nv24": "yuv444p",
    "nv42": "yuv444p",
    "yuyv422": "yuv422p",
    "uyvy422": "yuv422p",
    "yvyu422": "yuv422p",
    "uyyvyy411": "yuv411p",
    "p010": "yuv420p10le",
    "p210": "yuv422p10le",
    "p410": "yuv444p10le",
    "p012": "yuv420p12le",
    "p212": "yuv422p12le",
    "p412": "yuv444p12le",
    "p016": "yuv420p16le",
    "p216": "yuv422p16le",
    "p416": "yuv444p16le",
    "y210": "yuv422p10le",
    "y212": "yuv422p12le",
    "y216": "yuv422p16le",
    "nv20": "yuv422p10le",
    "vuya": "yuv444p",
    "vuyx": "yuv444p",
    "uyva": "yuv444p",
    "vyu444": "yuv444p",
    "xv30": "yuv444p10le",
    "v30x": "yuv444p10le",
    "xv36": "yuv444p12le",
    "xv48": "yuv444p16le",
    "ayuv64": "yuv444p16le",
    "x2rgb10": "gbrp10le",
    "x2bgr10": "gbrp10le",
    "rgb24": "gbrp",
    "bgr24": "gbrp",
    "0rgb": "gbrp",
    "rgb0": "gbrp",
    "0bgr": "gbrp",
    "bgr0": "gbrp",
    "rgba": "gbrp",
    "argb": "gbrp",
    "bgra": "gbrp",
    "abgr": "gbrp",
    "pal8": "gbrp",
    "rgb48": "gbrp16le",
    "bgr48": "gbrp16le",
    "rgba64": "gbrp16le",
    "bgra64": "gbrp16le",
    "monow": "gray",
    "monob": "gray",
    "ya8": "gray",
    "ya16": "gray16le",
}
"""Packed and semi-planar formats, each with the planar format that has the same code values."""

_WITH_ALPHA = re.compile(r"yuva|gbrap|rgba|argb|bgra|abgr|ya8|ya16|vuya|uyva|ayuv|yaf")

_INTERMEDIATE = {"monow": "gray", "monob": "gray"} | {
    f"gbrap{depth}{end}": "rgb48le" for depth in (10, 12, 14, 16) for end in ("le", "be")
}
"""Formats that ffmpeg (9.0) does not convert correctly to their working format, and the intermediate format
with which it does: planar RGB loses its colors with its alpha plane, 1-bit formats are read as limited
range."""


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """A planar, little-endian format; samples above 8 bit are in the low bits of 16.

    `sub_w` and `sub_h` are log2 of the luma columns and rows that share a chroma sample. Planes are
    Y, Cb, Cr for `yuv` and green, blue, red for `rgb` (ffmpeg's gbrp order).
    """

    name: str
    family: Family
    depth: int
    sub_w: int
    sub_h: int

    @property
    def dtype(self) -> type[np.uint8] | type[np.uint16]:
        """The type of one sample."""
        return np.uint8 if self.depth == 8 else np.uint16

    @property
    def bytes_per_sample(self) -> int:
        """1 for 8 bit, 2 for larger depths."""
        return 1 if self.depth == 8 else 2

    def chroma_size(self, width: int, height: int) -> tuple[int, int] | None:
        """Width and height of the chroma planes (rounded up); None unless the family is yuv."""
        if self.family != "yuv":
            return None
        return -(-width >> self.sub_w), -(-height >> self.sub_h)

    def plane_sizes(self, width: int, height: int) -> tuple[tuple[int, int], ...]:
        """Width and height of every plane of a frame."""
        if self.family == "gray":
            return ((width, height),)
        second = self.chroma_size(width, height) or (width, height)
        return ((width, height), second, second)

    def frame_bytes(self, width: int, height: int) -> int:
        """Bytes of one frame without padding."""
        samples = sum(w * h for w, h in self.plane_sizes(width, height))
        return samples * self.bytes_per_sample


def format_name(family: Family, depth: int, sub_w: int = 0, sub_h: int = 0) -> str:
    """Ffmpeg's name of the planar format with these properties (ffmpeg may not have it)."""
    tail = "" if depth == 8 else f"{depth}le"
    if family == "gray":
        return f"gray{tail}"
    if family == "rgb":
        return f"gbrp{tail}"
    sub = next(name for name, value in _SUBSAMPLING.items() if value == (sub_w, sub_h))
    return f"yuv{sub}p{tail}"


def _formats() -> dict[str, PixelFormat]:
    """Every working format that ffmpeg has."""
    found: dict[str, PixelFormat] = {}
    for depth in _DEPTHS:
        for family in ("gray", "rgb"):
            name = format_name(family, depth)
            found[name] = PixelFormat(name, family, depth, 0, 0)
        for key, (sub_w, sub_h) in _SUBSAMPLING.items():
            if depth == 8 or key in ("420", "422", "444") or (key == "440" and depth in (10, 12)):
                name = format_name("yuv", depth, sub_w, sub_h)
                found[name] = PixelFormat(name, "yuv", depth, sub_w, sub_h)
    return found


_FORMATS = _formats()
FORMATS = tuple(_FORMATS.values())
"""Every working format."""


def pixel_format(name: str) -> PixelFormat:
    """The working format of that name; ValueError for any other."""
    if name not in _FORMATS:
        raise ValueError(f"no working pixel format is called {name!r}")
    return _FORMATS[name]


def working_format(stored: str) -> PixelFormat | None:
    """The working format that holds the code values of a stored format unchanged.

    None where there is none (float samples, Bayer patterns, RGB below 8 bit, XYZ, hardware
    surfaces). An alpha plane is left out; see `has_alpha`.
    """
    name = stored.removesuffix("le").removesuffix("be")
    name = _EQUIVALENTS.get(name, name)
    name = re.sub(r"^yuvj", "yuv", name)
    name = re.sub(r"^yuva", "yuv", name)
    name = re.sub(r"^gbrap", "gbrp", name)
    if name in _FORMATS:
        return _FORMATS[name]
    return _FORMATS.get(f"{name}le")


def has_alpha(stored: str) -> bool:
    """Whether a stored format carries transparency, which the working format drops."""
    return _WITH_ALPHA.match(stored) is not None


def intermediate_filter(stored: str) -> str:
    """The filter that decoding of a stored format must begin with; empty for most formats."""
    between = _INTERMEDIATE.get(stored)
    return f"format={between}" if between else ""


@dataclass(frozen=True, slots=True)
class DecodedFrame:
    """A decoded frame: its index in the frame table and its planes [h, w] in code values.

    Samples are uint8, or uint16 for depths above 8 bit. The planes may be read-only.
    """

    index: int
    planes: tuple[Plane, ...]


@dataclass(frozen=True, slots=True)
class RawFrame:
    """A frame from a decoder: its PTS in the film's time base and its planes [h, w]."""

    pts: int
    planes: tuple[Plane, ...]
