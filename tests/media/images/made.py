"""Image files made on the spot: by OpenImageIO, by ffmpeg, and TIFFs byte by byte."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import OpenImageIO as oiio

from tests.media.films import run_ffmpeg

Samples = npt.NDArray[Any]

DRAWN = "testsrc2=s=64x48:r=24:d=0.25,noise=alls=30:allf=t"

_TYPES = {
    "uint8": oiio.UINT8,
    "uint16": oiio.UINT16,
    "int16": oiio.INT16,
    "uint32": oiio.UINT32,
    "float16": oiio.HALF,
    "float32": oiio.FLOAT,
}


def image(
    path: Path, samples: Samples, *, tile: int = 0, names: str = "", **attributes: Any
) -> Path:
    """A file with samples [h, w, channels] by OpenImageIO; `__` in an attribute's name is a colon.

    A tuple is an attribute's type and value; `names` are the channels' names, a letter each.
    """
    height, width, channels = samples.shape
    spec = oiio.ImageSpec(width, height, channels, _TYPES[samples.dtype.name])
    spec.tile_width = spec.tile_height = tile
    if names:
        spec.channelnames = tuple(names)
    for name, value in attributes.items():
        typed = (oiio.TypeDesc(value[0]), value[1]) if isinstance(value, tuple) else (value,)
        spec.attribute(name.replace("__", ":"), *typed)
    path.parent.mkdir(parents=True, exist_ok=True)
    output = oiio.ImageOutput.create(str(path))
    assert output is not None, oiio.geterror()
    assert output.open(str(path), spec), output.geterror()
    data = np.ascontiguousarray(samples)
    written = (
        output.write_tiles(0, width, 0, height, 0, 1, data) if tile else output.write_image(data)
    )
    assert written, output.geterror()
    output.close()
    return path


def sequence(folder: Path, suffix: str, frames: list[Samples], **attributes: Any) -> Path:
    """The same for several frames, numbered from 1; returns the folder."""
    for number, samples in enumerate(frames, start=1):
        image(folder / f"f_{number:04d}{suffix}", samples, **attributes)
    return folder


def random_samples(
    dtype: type[Any] = np.uint16,
    channels: int = 3,
    count: int = 2,
    size: tuple[int, int] = (48, 64),
) -> list[Samples]:
    """Frames of random code values (height, width: `size`), or of light between 0 and 1."""
    rng = np.random.default_rng(channels)
    shape = (*size, channels)
    if np.issubdtype(dtype, np.floating):
        return [rng.random(shape, np.float32).astype(dtype) for _ in range(count)]
    return [rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True) for _ in range(count)]


def planar(samples: Samples) -> tuple[Samples, ...]:
    """Samples [h, w, channels] in the order of working formats: gray, or green, blue, red."""
    if samples.shape[2] < 3:
        return (samples[..., 0],)
    return samples[..., 1], samples[..., 2], samples[..., 0]


def tiff(path: Path, *pages: tuple[Samples, dict[int, int]]) -> Path:
    """A TIFF of one strip a page, with further tags (number: value); photometric 2 by default."""
    data = bytearray(b"II*\0\0\0\0\0")
    link = 4
    for samples, more in pages:
        height, width, channels = samples.shape
        bits = len(data)
        data += struct.pack(f"<{channels}H", *[8 * samples.itemsize] * channels)
        pixels = len(data)
        data += samples.tobytes()
        data += b"\0" * (len(data) % 2)
        tags = {256: width, 257: height, 258: 8 * samples.itemsize, 259: 1, 262: 2, 273: pixels}
        tags |= {277: channels, 278: height, 279: samples.nbytes, 284: 1} | more
        struct.pack_into("<I", data, link, len(data))
        data += struct.pack("<H", len(tags))
        for tag, value in sorted(tags.items()):
            several = tag == 258 and channels > 1
            row = (tag, 3, channels, bits) if several else (tag, 4, 1, value)
            data += struct.pack("<HHII", *row)
        link = len(data)
        data += b"\0\0\0\0"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(data))
    return path


def draw(folder: Path, suffix: str, stored: str, first: int = 86400, name: str = "f_%06d") -> Path:
    """Six images of ffmpeg's in a folder; returns the folder."""
    folder.mkdir(parents=True)
    escaped = str(folder).replace("%", "%%")
    arguments = ("-pix_fmt", stored, "-start_number", str(first), "-f", "image2")
    run_ffmpeg("-f", "lavfi", "-i", DRAWN, *arguments, f"{escaped}/{name}{suffix}")
    return folder


def lengthen(folder: Path) -> None:
    """Give DPX files of ffmpeg's, whose picture begins at byte 1664, a whole header of 2048 bytes."""
    for path in folder.iterdir():
        data = bytearray(path.read_bytes())
        order = ">" if data.startswith(b"SDPX") else "<"
        for at in (4, 808):
            struct.pack_into(f"{order}I", data, at, 2048)
        path.write_bytes(bytes(data[:1664]) + b"\xff" * 384 + bytes(data[1664:]))


def write_header(folder: Path, kind: str, at: int, value: float) -> None:
    """One field in the headers of all DPX files, in their own byte order."""
    for path in folder.iterdir():
        data = bytearray(path.read_bytes())
        struct.pack_into((">" if data.startswith(b"SDPX") else "<") + kind, data, at, value)
        path.write_bytes(data)
