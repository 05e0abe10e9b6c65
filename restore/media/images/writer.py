"""Image sequences as results: the pattern of their names, their pixel formats, writing one image.

DPX (SMPTE ST 268) is written as RGB with 8, 10, 12 or 16 bits, TIFF uncompressed and PNG with 8 or 16, in
RGB or gray; all of it full range, in the film's own transfer and primaries. EXR stores the linear light of
16-bit values in uncompressed 32-bit floats: for grainy frames ZIP saves 6 % and takes more than ten times as
long. ffmpeg writes DPX, TIFF and PNG (twice as fast as OpenImageIO), OpenImageIO EXR; ffmpeg reads all of it
back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import av.error
import numpy as np
import numpy.typing as npt

from restore.errors import UsageError
from restore.media.codecs import CODECS, IMAGE_CODECS
from restore.media.color.linear import to_codes, to_light
from restore.media.color.pixels import PixelFormat, Plane, format_name
from restore.media.images.dpx import with_dpx_header
from restore.media.images.exr import write_exr
from restore.media.images.image_facts import ImageFacts

KINDS = {suffix: name for name in IMAGE_CODECS for suffix in CODECS[name].containers}
"""The suffixes of images, with the codec (ffmpeg's and the recipe's name) of each."""

SUFFIXES = {name: CODECS[name].containers[0] for name in IMAGE_CODECS}
"""The suffix of each kind if the user gives no name."""

_OPTIONS = {
    "tiff": {"compression_algo": "raw"},
    "png": {"compression_level": "2", "pred": "up"},
}

_STORED = {
    ("dpx", "gbrp"): "rgb24",
    ("dpx", "gbrp10le"): "gbrp10be",
    ("dpx", "gbrp12le"): "gbrp12be",
    ("dpx", "gbrp16le"): "rgb48be",
    ("tiff", "gbrp"): "rgb24",
    ("tiff", "gbrp16le"): "rgb48le",
    ("tiff", "gray"): "gray",
    ("tiff", "gray16le"): "gray16le",
    ("png", "gbrp"): "rgb24",
    ("png", "gbrp16le"): "rgb48be",
    ("png", "gray"): "gray",
    ("png", "gray16le"): "gray16be",
    ("exr", "gbrp16le"): "gbrpf32le",
    ("exr", "gray16le"): "grayf32le",
}
"""The format that each encoder stores for a working format."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Names of images: `folder`, `prefix`, a number of `digits` from 1 on, `suffix`."""

    folder: Path
    prefix: str
    digits: int
    suffix: str

    @property
    def kind(self) -> str:
        """dpx, tiff, png or exr."""
        return KINDS[self.suffix.lower()]

    @property
    def word(self) -> str:
        """The name with its pattern, as on the command line: `frame_%06d.dpx`."""
        return f"{self.prefix}%0{self.digits}d{self.suffix}"

    def name(self, number: int) -> str:
        """The name of image `number`, counted from 1."""
        return f"{self.prefix}{number:0{self.digits}d}{self.suffix}"

    def companion(self, ending: str) -> str:
        """The name of a further file next to the images: `frame.sound.mkv`."""
        stem = self.prefix.rstrip("_-. ")
        return f"{stem}.{ending}" if stem else ending

    def owns(self, name: str) -> bool:
        """Whether a file of that name may be an image of this sequence."""
        middle = name.removeprefix(self.prefix).removesuffix(self.suffix)
        return name == self.prefix + middle + self.suffix and bool(
            re.fullmatch(rf"[0-9]{{{self.digits},}}", middle)
        )


def image_kind(suffix: str) -> str | None:
    """The kind of images in a plan's `suffix` (their pattern); None for a film's."""
    return KINDS.get(Path(suffix).suffix.lower()) if "%" in suffix else None


def names_images(path: Path) -> bool:
    """Whether a result's name is that of an image sequence."""
    return path.suffix.lower() in KINDS


def parse_pattern(path: Path) -> Pattern:
    """The pattern in a result's name; raises UsageError if it is not a pattern."""
    match = re.fullmatch(r"([^%]*)%0([1-9])d([^%]*)", path.stem)
    if not match or match[3]:
        raise UsageError(
            "The name of an image sequence needs one number, at its end.",
            str(path),
            f"For instance: -o {path.parent / 'frame_%06d'}{path.suffix}",
            code="image-pattern",
        )
    return Pattern(path.parent, match[1], int(match[2]), path.suffix)


def images_path(folder: Path, kind: str) -> Path:
    """The default name of an image sequence in its folder."""
    return folder / f"frame_%06d{SUFFIXES[kind]}"


def check_room(pattern: Pattern, frames: int) -> None:
    """Raise UsageError if the numbers are too short: longer ones would sort wrongly."""
    if frames >= 10**pattern.digits:
        raise UsageError(
            f"{frames} images need numbers of more than {pattern.digits} digits.",
            pattern.word,
            f"Use %0{len(str(frames))}d.",
            code="image-pattern",
        )


def image_pixel_format(kind: str, source: PixelFormat, colored: bool, depth: int | None) -> str:
    """The working format of images: gray stays gray if the kind supports it, all others become RGB.

    The depth is the source's (or the next larger one) unless `depth` sets another.
    """
    depths = CODECS[kind].chosen
    stored = depth or next((own for own in depths if own >= source.depth), depths[-1])
    gray = source.family == "gray" and not colored and kind != "dpx"
    return format_name("gray" if gray else "rgb", stored)


def write_image(
    path: Path, pixels: PixelFormat, planes: tuple[Plane, ...], facts: ImageFacts
) -> None:
    """Write one image; planes [h, w] of the working format; the suffix determines the kind.

    EXR stores their light, by the transfer curve. Raises OSError if it cannot be written,
    av.error.FFmpegError if it cannot be encoded.

    """
    kind = KINDS[path.suffix.lower()]
    if kind == "exr":
        light = [to_light(plane, facts.transfer) for plane in planes]
        names = "GBR" if pixels.family == "rgb" else "Y"
        write_exr(path, dict(zip(names, light, strict=True)), facts)
        return
    data = _encoded(kind, pixels, planes, facts.sar)
    path.write_bytes(with_dpx_header(data, path.name, facts) if kind == "dpx" else data)


def _encoded(kind: str, pixels: PixelFormat, planes: tuple[Plane, ...], sar: Fraction) -> bytes:
    height, width = planes[0].shape
    stored = _STORED[kind, pixels.name]
    context: Any = av.CodecContext.create(kind, "w")
    context.width, context.height, context.pix_fmt = width, height, stored
    context.time_base = Fraction(1, 25)
    context.sample_aspect_ratio = sar
    context.options = _OPTIONS.get(kind, {})
    frame: Any = av.VideoFrame(width, height, stored)
    for plane, data in zip(frame.planes, _as_stored(stored, planes), strict=True):
        rows = np.frombuffer(plane, np.uint8).reshape(height, plane.line_size)
        packed = data.view(np.uint8).reshape(height, -1)
        rows[:, : packed.shape[1]] = packed
    frame.pts = 0
    packets = [*context.encode(frame), *context.encode(None)]
    return b"".join(bytes(packet) for packet in packets)


def read_back(path: Path, pixels: PixelFormat, transfer: str | None = None) -> tuple[Plane, ...]:
    """The planes [h, w] of an image that `write_image` wrote, as ffmpeg decodes them.

    Raises ValueError if it is not such an image.
    """
    kind = KINDS[path.suffix.lower()]
    context: Any = av.CodecContext.create(kind, "r")
    try:
        frames = [*context.decode(av.Packet(path.read_bytes())), *context.decode(None)]
    except av.error.FFmpegError as error:
        raise ValueError(f"it cannot be decoded: {error}") from error
    if len(frames) != 1:
        raise ValueError(f"it contains {len(frames)} images")
    frame = frames[0]
    stored = _STORED[kind, pixels.name]
    # DPX headers state the byte order, and the decoder converts it for planar images
    if (found := frame.format.name) not in (stored, stored.replace("be", "le")):
        raise ValueError(f"it is {found}, not {stored}")
    dtype = np.dtype(np.uint8 if pixels.depth == 8 else ">u2" if found.endswith("be") else "<u2")
    if kind == "exr":
        dtype = np.dtype("<f4")
    planes: list[npt.NDArray[Any]] = []
    for plane in frame.planes:
        rows = np.frombuffer(plane, np.uint8).reshape(frame.height, plane.line_size)
        across = frame.width * dtype.itemsize * (3 if found.startswith("rgb") else 1)
        samples = np.ascontiguousarray(rows[:, :across]).view(dtype)
        if kind == "exr":
            samples = to_codes(samples, transfer)
        planes.append(samples.astype(pixels.dtype, copy=False))
    if found.startswith("rgb"):
        red, green, blue = np.moveaxis(planes[0].reshape(frame.height, frame.width, 3), -1, 0)
        planes = [green, blue, red]
    return cast("tuple[Plane, ...]", tuple(planes))


def _as_stored(stored: str, planes: tuple[Plane, ...]) -> list[npt.NDArray[Any]]:
    """Planes in the layout of the encoder's format: interleaved or high bytes first, if required."""
    laid: list[npt.NDArray[Any]] = list(planes)
    if stored.startswith("rgb"):
        green, blue, red = planes
        laid = [np.stack((red, green, blue), axis=-1)]
    if stored.endswith("be"):
        laid = [plane.astype(">u2") for plane in laid]
    return [np.ascontiguousarray(plane) for plane in laid]
