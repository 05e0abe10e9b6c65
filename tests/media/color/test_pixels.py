"""Pixel formats: sizes, names, and stored formats with their planar equivalents."""

from __future__ import annotations

import av
import numpy as np
import pytest

from restore.media.color.pixels import FORMATS, format_name, has_alpha, pixel_format, working_format
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.timing import Span
from tests.media.films import run_ffmpeg

TWINS = {
    "nv12": "yuv420p",
    "nv16": "yuv422p",
    "nv24": "yuv444p",
    "yuyv422": "yuv422p",
    "uyvy422": "yuv422p",
    "p010le": "yuv420p10le",
    "p210le": "yuv422p10le",
    "p016le": "yuv420p16le",
    "yuvj420p": "yuv420p",
    "yuvj444p": "yuv444p",
    "yuv420p10be": "yuv420p10le",
    "gray16be": "gray16le",
    "rgb24": "gbrp",
    "bgr0": "gbrp",
    "rgba": "gbrp",
    "rgb48le": "gbrp16le",
    "gbrap10le": "gbrp10le",
    "yuva444p12le": "yuv444p12le",
    "pal8": "gbrp",
    "monow": "gray",
    "ya8": "gray",
}


@pytest.mark.parametrize(("stored", "name"), TWINS.items())
def test_stored_formats_have_a_planar_twin(stored: str, name: str) -> None:
    """Packed, semi-planar, big-endian and full-range names lead to one working format."""
    found = working_format(stored)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("stored", ["gbrpf32le", "bayer_rggb8", "xyz12le", "rgb565le", "vaapi"])
def test_formats_without_a_lossless_twin_are_none(stored: str) -> None:
    """Formats that would lose values, and those of GPU memory, are not supported."""
    assert working_format(stored) is None


@pytest.mark.parametrize("pixels", FORMATS, ids=lambda pixels: pixels.name)
def test_a_working_format_is_its_own_twin_and_ffmpegs(pixels) -> None:
    """Names, depths and subsampling agree with ffmpeg's own table."""
    theirs = av.VideoFormat(pixels.name, 64, 64)
    first = theirs.components[0]
    assert working_format(pixels.name) == pixels == pixel_format(pixels.name)
    assert format_name(pixels.family, pixels.depth, pixels.sub_w, pixels.sub_h) == pixels.name
    assert first.bits == pixels.depth
    if pixels.family == "yuv":
        chroma = theirs.components[1]
        assert pixels.chroma_size(64, 64) == (chroma.width, chroma.height)


def test_odd_sizes_round_chroma_up() -> None:
    """321x241 in 4:2:0 has 161x121 chroma samples."""
    pixels = pixel_format("yuv420p10le")
    assert pixels.chroma_size(321, 241) == (161, 121)
    assert pixels.frame_bytes(321, 241) == 2 * (321 * 241 + 2 * 161 * 121)
    assert pixel_format("gbrp").chroma_size(3, 3) is None


def test_an_unknown_name_is_an_error() -> None:
    """A stored format is not a working format."""
    with pytest.raises(ValueError, match="nv12"):
        pixel_format("nv12")


def test_transparency_is_reported() -> None:
    """Only formats with an alpha plane have it."""
    assert has_alpha("yuva420p")
    assert has_alpha("rgba")
    assert not has_alpha("rgb24")
    assert not has_alpha("yuv420p")


@pytest.mark.parametrize("stored", ["nv12", "yuyv422", "uyvy422", "rgb24", "bgra", "rgb48le"])
def test_twins_hold_the_same_code_values(stored: str, tmp_path) -> None:
    """Random values stored in a packed format come out of the decoder unchanged."""
    twin = working_format(stored)
    assert twin is not None
    packed = np.random.default_rng(1).integers(0, 256, 64 * 48 * 8, np.uint8)
    raw = tmp_path / "raw"
    size = {"nv12": 3 / 2, "yuyv422": 2, "uyvy422": 2, "rgb24": 3, "bgra": 4}.get(stored, 6)
    raw.write_bytes(packed[: int(64 * 48 * size)].tobytes())
    film = tmp_path / "film.nut"
    reading = ("-f", "rawvideo", "-pix_fmt", stored, "-s", "64x48", "-i", f"file:{raw}")
    run_ffmpeg(*reading, "-c:v", "rawvideo", f"file:{film}")
    source = probe(film)
    (picture,) = read_frames(source, source.frames, Span(0, 1))
    assert source.stored_format == stored
    assert all(
        np.array_equal(a, b) for a, b in zip(picture.planes, unpacked(packed, stored), strict=True)
    )


def unpacked(packed: np.ndarray, stored: str) -> tuple[np.ndarray, ...]:
    """The planes in a packed picture of 64x48, taken apart by hand."""
    luma = 64 * 48
    if stored == "nv12":
        chroma = packed[luma : luma * 3 // 2].reshape(24, 32, 2)
        return packed[:luma].reshape(48, 64), chroma[..., 0], chroma[..., 1]
    if stored in ("yuyv422", "uyvy422"):
        four = packed[: luma * 2].reshape(48, 32, 4)
        y0, cb, y1, cr = (0, 1, 2, 3) if stored == "yuyv422" else (1, 0, 3, 2)
        return four[..., [y0, y1]].reshape(48, 64), four[..., cb], four[..., cr]
    words = packed.view(np.uint16) if stored == "rgb48le" else packed
    step = 4 if stored == "bgra" else 3
    colors = words[: luma * step].reshape(48, 64, step)
    red, green, blue = (2, 1, 0) if stored == "bgra" else (0, 1, 2)
    return colors[..., green], colors[..., blue], colors[..., red]
