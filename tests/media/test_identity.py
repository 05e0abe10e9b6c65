"""Untouched means untouched: whole runs through real files give every format's code values back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from restore.clip import ColorSpec
from restore.jobs.prepare import JobRequest
from restore.jobs.restore_film import restore_film
from restore.media.color.pixels import FORMATS, PixelFormat
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.media.ffmpeg.encode import Planes
from restore.media.ffmpeg.process import executable
from restore.media.source import Source
from restore.recipe import Recipe
from restore.timing import Span
from tests.media.films import encode, noise, video_format

SIZE = (50, 38)
TAGS = {
    "limited": [
        ColorSpec("bt601", "limited", "left", "smpte170m", "smpte170m"),
        ColorSpec("bt601", "limited", "topleft", "bt470bg", "bt470bg"),
        ColorSpec("bt709", "limited", "left", "bt709", "bt709"),
        ColorSpec("bt2020", "limited", "topleft", "bt2020", "bt2020-10"),
    ],
    "full": [
        ColorSpec("bt601", "full", "center", "bt470bg", "bt709"),
        ColorSpec("bt709", "full", "left", "bt709", "iec61966-2-1"),
    ],
}
"""What the values mean: dealt out over the formats in turn."""

PACKED = {
    "bgr0": "ffv1",
    "bgra": "ffv1",
    "rgb24": "png",
    "rgba": "png",
    "rgb48be": "png",
    "rgba64be": "png",
    "gray16be": "png",
    "ya8": "png",
    "ya16be": "png",
    "monob": "png",
    "pal8": "png",
    "rgb48le": "tiff",
    "rgba64le": "tiff",
    "ya16le": "tiff",
    "gbrap": "magicyuv",
    "gbrap10le": "ffv1",
    "gbrap12le": "ffv1",
    "gbrap16le": "ffv1",
    "yuva420p": "ffv1",
    "yuva444p10le": "ffv1",
    "uyvy422": "rawvideo",
    "yuyv422": "rawvideo",
    "yuv422p10le": "v210",
}
"""Stored formats whose samples have another layout than the working formats, and a codec that stores them."""


def planes_of(source: Source) -> list[Planes]:
    """All frames of a film, as its decoder gives them."""
    whole = Span(0, len(source.frames))
    return [picture.planes for picture in read_frames(source, source.frames, whole)]


def worst(one: list[Planes], other: list[Planes]) -> int:
    """The greatest difference of any code value in two films of the same make."""
    assert len(one) == len(other)
    return max(
        int(np.abs(a.astype(int) - b.astype(int)).max())
        for frame, twin in zip(one, other, strict=True)
        for a, b in zip(frame, twin, strict=True)
    )


def untouched(film: Path) -> tuple[Source, Source]:
    """A run in which nothing is to be done, with the real audit: the film before and after."""
    result = restore_film(JobRequest(film, Recipe(codec="ffv1")), lambda event: None)
    return probe(film), probe(result)


def stated(color: ColorSpec, pixels: PixelFormat) -> tuple[object, ...]:
    """The tags that mean something in a format."""
    matrix = None if pixels.family == "gray" else color.matrix
    siting = color.siting if pixels.sub_w and pixels.sub_h else None
    return matrix, color.range, color.primaries, color.transfer, siting


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Lines shown when all formats are through (`pytest -n0 -m slow tests/media/test_identity.py`)."""
    lines: list[str] = []
    yield lines
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")


def check(film: Path, truth: list[Planes], color: ColorSpec | None) -> str:
    """Decoded source and result are the truth, and the result says of itself what the source says."""
    source, result = untouched(film)
    allowed = 1 if source.format.family == "rgb" else 0
    found = worst(truth, planes_of(result))
    assert worst(truth, planes_of(source)) == 0
    assert found <= allowed
    assert stated(result.color, result.format) == stated(source.color, source.format)
    if color is not None:
        assert stated(source.color, source.format) == stated(color, source.format)
    return f"greatest error {found}"


@pytest.mark.slow
@pytest.mark.parametrize("range_", TAGS)
@pytest.mark.parametrize("pixels", FORMATS, ids=lambda pixels: pixels.name)
def test_a_run_without_treatment_changes_no_code_value(
    pixels: PixelFormat, range_: str, tmp_path: Path, table: list[str]
) -> None:
    """Noise over all code values, odd chroma sizes, every depth, matrix, range and siting, by real files."""
    tags = TAGS[range_]
    color = tags[FORMATS.index(pixels) % len(tags)]
    if pixels.family == "rgb":
        color = ColorSpec("rgb", color.range, "left", color.primaries, color.transfer)
    truth = noise(pixels, *SIZE, 3)
    film = encode(tmp_path / "film.mkv", video_format(pixels, *SIZE, color), truth)
    found = check(film, truth, color)
    table.append(f"{pixels.name} {color.matrix} {range_} {color.siting}: {found}")


@pytest.mark.slow
@pytest.mark.parametrize(("stored", "codec"), PACKED.items())
def test_packed_formats_come_back_as_their_planes(
    stored: str, codec: str, tmp_path: Path, table: list[str]
) -> None:
    """Packed samples, alpha, palettes, other byte orders: the planes in them are what comes out."""
    film = tmp_path / ("film.mov" if codec in ("v210", "rawvideo") else "film.mkv")
    drawn = "testsrc2=s=64x48:r=25:d=0.12,noise=alls=90:allf=t"
    arguments = ["-f", "lavfi", "-i", drawn, "-pix_fmt", stored, "-c:v", codec]
    subprocess.run([executable(), "-v", "error", *arguments, str(film)], check=True)
    assert probe(film).stored_format == stored
    found = check(film, by_hand(film, stored), None)
    table.append(f"{stored} in {codec}: {found}")


def by_hand(film: Path, stored: str) -> list[Planes]:
    """The planes in a film's stored pictures, taken apart here and not by ffmpeg's converter."""
    arguments = [
        executable(),
        "-v",
        "error",
        "-i",
        str(film),
        "-pix_fmt",
        stored,
        "-f",
        "rawvideo",
        "-",
    ]
    data = subprocess.run(arguments, capture_output=True, check=True).stdout
    kind = np.dtype(np.uint8)
    if "16" in stored or "48" in stored or "64" in stored or "10" in stored or "12" in stored:
        kind = np.dtype(">u2" if stored.endswith("be") else "<u2")
    frames = np.frombuffer(data, kind).reshape(3, -1)
    return [tuple(np.ascontiguousarray(p) for p in taken_apart(f, stored)) for f in frames]


def taken_apart(frame: np.ndarray, stored: str) -> tuple[np.ndarray, ...]:
    """The planes of one stored picture of 64x48, alpha left out."""
    height, width = 48, 64
    if stored.startswith("mono"):
        bits = np.unpackbits(frame).reshape(height, width)
        return ((bits if stored == "monob" else 1 - bits) * np.uint8(255),)
    if stored == "pal8":
        palette = frame[height * width :].reshape(256, 4)
        return tuple(
            palette[frame[: height * width], place].reshape(height, width) for place in (1, 0, 2)
        )
    if stored in ("uyvy422", "yuyv422"):
        four = frame.reshape(height, width // 2, 4)
        luma, cb, cr = ([1, 3], 0, 2) if stored == "uyvy422" else ([0, 2], 1, 3)
        return four[..., luma].reshape(height, width), four[..., cb], four[..., cr]
    orders = {"bgr0": (1, 0, 2), "bgra": (1, 0, 2)}
    if stored.startswith(("rgb", "bgr")):
        samples = frame.reshape(height, width, -1)
        return tuple(samples[..., place] for place in orders.get(stored, (1, 2, 0)))
    if stored.startswith(("gray", "ya")):
        return (frame.reshape(height, width, -1)[..., 0],)
    wide = {"yuva420p": (32, 24), "yuv422p10le": (32, 48)}.get(stored, (width, height))
    cut = np.cumsum([height * width, wide[0] * wide[1], wide[0] * wide[1]])
    luma, one, two = np.split(frame, cut)[:3]
    shape = (wide[1], wide[0])
    return luma.reshape(height, width), one.reshape(shape), two.reshape(shape)
