"""Slices of FFV1: every size can be encoded, and comes back bit for bit."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.clip import ColorSpec
from restore.media.color.pixels import pixel_format
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.media.ffmpeg.encode import VideoFormat
from restore.media.ffmpeg.ffv1_slices import ffv1_slices
from restore.timing import Span
from tests.media.films import encode


@pytest.mark.parametrize(
    ("size", "pixels", "count"),
    [
        ((720, 480), "yuv420p", 4),
        ((1920, 1080), "yuv422p10le", 16),
        ((31, 200), "yuv420p", 1),
        ((320, 239), "yuv420p", 2),  # 239 rows in two parts lose a row of chroma
        ((320, 239), "yuv422p", 4),
        ((720, 483), "yuv420p", 9),
        ((1920, 1079), "yuv420p", 49),
        ((400, 20), "yuv420p", 4),  # a single slice is only possible up to 352x288
        ((320, 240), "yuv410p", 1),
        ((720, 482), "yuv410p", 4),
        ((1, 400), "yuv420p", 1),
    ],
)
def test_the_number_of_slices(size: tuple[int, int], pixels: str, count: int) -> None:
    """4, 16 for high definition, 1 for small frames and 4:1:0, or the nearest possible number."""
    assert ffv1_slices(*size, pixel_format(pixels)) == count


@given(st.integers(16, 2200), st.integers(16, 2200))
def test_frames_of_even_size_keep_their_number(width: int, height: int) -> None:
    """Without odd rows of chroma nothing but the size decides, so that results stay the same."""
    even = max(32, width // 2 * 2), max(32, height // 2 * 2)
    wanted = 16 if even[0] * even[1] >= 1280 * 720 else 4
    assert ffv1_slices(*even, pixel_format("yuv420p")) == wanted


@pytest.mark.parametrize(
    ("size", "pixels"),
    [
        ((2, 2), "yuv420p"),
        ((5, 3), "yuv420p"),
        ((33, 47), "yuv420p"),
        ((320, 239), "yuv420p"),
        ((353, 31), "yuv420p"),
        ((721, 483), "yuv420p"),
        ((1436, 1079), "yuv420p"),
        ((720, 482), "yuv410p"),
        ((361, 290), "yuv411p"),
    ],
)
def test_odd_sizes_come_back_bit_for_bit(
    tmp_path: Path, size: tuple[int, int], pixels: str
) -> None:
    """Noise in all planes, through the encoder with its own options."""
    width, height = size
    found = pixel_format(pixels)
    color = ColorSpec("bt601", "limited")
    video = VideoFormat("ffv1", pixels, width, height, Fraction(25), Fraction(1), color, None, None)
    draw = np.random.default_rng(1)
    chroma = -(-height >> found.sub_h), -(-width >> found.sub_w)
    planes = tuple(
        draw.integers(0, 256, shape, np.uint8) for shape in ((height, width), chroma, chroma)
    )
    film = probe(encode(tmp_path / "film.mkv", video, [planes, planes]))
    frames = [*read_frames(film, film.frames, Span(0, 2))]
    assert len(frames) == 2
    for frame in frames:
        assert all(np.array_equal(a, b) for a, b in zip(frame.planes, planes, strict=True))
