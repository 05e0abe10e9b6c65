"""Reduced frames and thumbnails: one pass, all frames, the same values for source and result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.clip import ColorSpec
from restore.errors import SourceError
from restore.media.color.pixels import FORMATS, PixelFormat, pixel_format
from restore.media.container.probe import probe
from restore.media.container.readback import read_thumbnails
from restore.media.ffmpeg.decode import read_frames
from restore.media.ffmpeg.reduced import (
    area_weights,
    frame_thumbnail,
    read_reduced,
    reduced_filter,
    reduced_size,
    thumbnail,
)
from restore.media.source import Source
from restore.timing import Span
from tests.faults.tool import dying_ffmpeg
from tests.made import made_source
from tests.media.films import X264, encode, make, video_format

TOLERANCE = 2
"""Code values: one more or one less rounding, and swscale truncates deep samples to 8 bit."""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """A film of 25 frames with key frames at 0, 8, 16, 24."""
    return probe(make(tmp_path_factory.mktemp("small") / "film.mkv", *X264))


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 400))
def test_small_sizes_are_whole_thumbnail_cells(width: int, height: int, wanted: int) -> None:
    """Never larger than the film, and a multiple of the thumbnail's side where that fits."""
    columns, rows = reduced_size(width, height, wanted)
    assert 1 <= columns <= width
    assert 1 <= rows <= height
    assert columns % 32 == 0 or columns == width < 32
    assert rows % 32 == 0 or rows == height < 32


def test_small_sizes_keep_the_shape_roughly() -> None:
    """640x480 is reduced to 160x128, and so is any enlargement of it."""
    assert reduced_size(640, 480, 160) == reduced_size(2560, 1920, 160) == (160, 128)
    assert reduced_size(1920, 1080, 160) == (160, 96)
    assert reduced_size(16, 9, 160) == (16, 9)


@given(st.integers(1, 200), st.integers(1, 64))
def test_area_weights_share_out_everything_once(length: int, cells: int) -> None:
    """The weights of each cell sum to 1, and every sample has the same total weight."""
    weights = area_weights(length, cells)
    assert weights.sum(axis=1) == pytest.approx(np.ones(cells), abs=1e-4)
    assert weights.sum(axis=0) == pytest.approx(np.full(length, cells / length), rel=1e-3)


def test_a_thumbnail_is_the_mean_of_its_cells() -> None:
    """At 64x96 each thumbnail sample is the mean of 2 columns and 3 rows."""
    plane = np.random.default_rng(0).integers(0, 1024, (96, 64)).astype(np.uint16)
    means = plane.reshape(32, 3, 32, 2).mean(axis=(1, 3)) / 4
    assert np.abs(thumbnail(plane, 10) - means).max() <= 0.51


def smooth(pixels: PixelFormat, scale: int) -> tuple[np.ndarray, ...]:
    """A frame of smooth gradients, 96x64 times `scale`, over the whole range of code values."""
    planes = []
    for width, height in pixels.plane_sizes(96 * scale, 64 * scale):
        x, y = np.linspace(0, 5, width), np.linspace(0, 4, height)
        wave = 0.5 + 0.25 * (np.sin(x)[None, :] + np.cos(y)[:, None])
        planes.append(np.rint(wave * ((1 << pixels.depth) - 1)).astype(pixels.dtype))
    return tuple(planes)


@pytest.mark.parametrize("pixels", FORMATS, ids=lambda pixels: pixels.name)
def test_three_ways_to_the_same_thumbnail(pixels: PixelFormat, tmp_path: Path) -> None:
    """Reduced frames, whole frames and the read-back of the result agree, for every format."""
    ranges = ("full",) if pixels.family == "rgb" else ("limited", "full")[: 1 + (pixels.depth == 8)]
    for range_ in ranges:
        color = ColorSpec("rgb" if pixels.family == "rgb" else "bt709", range_)
        film = tmp_path / f"{range_}.mkv"
        source = probe(encode(film, video_format(pixels, 96, 64, color), [smooth(pixels, 1)]))
        (small,) = read_reduced(source, 64)
        (picture,) = read_frames(source, source.frames, Span(0, 1))
        ((_, back),) = read_thumbnails(film)
        here = thumbnail(small.y).astype(int)
        assert np.abs(here - frame_thumbnail(source, picture.planes)).max() <= TOLERANCE
        assert np.abs(here - back).max() <= TOLERANCE
        assert here.max() - here.min() > 50


def test_an_enlarged_film_has_the_same_thumbnails(tmp_path: Path) -> None:
    """Four times the size, other depth and chroma: the same thumbnail within rounding."""
    gray, deep = pixel_format("gray"), pixel_format("yuv444p10le")
    color = ColorSpec("bt709", "limited")
    encode(tmp_path / "1.mkv", video_format(gray, 96, 64, color), [smooth(gray, 1)])
    encode(tmp_path / "4.mkv", video_format(deep, 384, 256, color), [smooth(deep, 4)])
    ((_, one),) = read_thumbnails(tmp_path / "1.mkv")
    ((_, four),) = read_thumbnails(tmp_path / "4.mkv")
    assert np.abs(one.astype(int) - four).max() <= 2


def test_limited_gray_stays_as_it_is(tmp_path: Path) -> None:
    """Black of 16 and white of 235 in a gray film are 16 and 235 in its reduced frames."""
    pixels = pixel_format("gray")
    plane = np.full((64, 64), 16, np.uint8)
    plane[:, 32:] = 235
    film = encode(
        tmp_path / "g.mkv", video_format(pixels, 64, 64, ColorSpec("bt601", "limited")), [(plane,)]
    )
    (small,) = read_reduced(probe(film), 64)
    assert (small.y.min(), small.y.max()) == (16, 235)
    assert set(small.cb.flatten()) == set(small.cr.flatten()) == {128}


def test_a_pass_may_be_limited_to_a_range(source: Source) -> None:
    """PTS from the first to before the second, with the frames of the whole pass."""
    whole = list(read_reduced(source, 32))
    pts = source.frames.pts
    part = list(read_reduced(source, 32, (pts[13] - 5, pts[18])))
    assert [picture.pts for picture in part] == list(pts[13:18])
    assert all(np.array_equal(a.y, b.y) for a, b in zip(part, whole[13:18], strict=True))
    assert [picture.pts for picture in read_reduced(source, 32, (0, pts[1]))] == [pts[0]]


def test_a_sound_film_has_no_damage(source: Source) -> None:
    """An undamaged film has no errors."""
    reader = read_reduced(source, 32)
    assert len(list(reader)) == 25
    assert reader.damage == ()


def test_a_cut_off_film_gives_what_it_has_and_says_so(tmp_path: Path) -> None:
    """Every complete frame is read; the decoder's error is kept."""
    film = make(tmp_path / "film.mkv", "-c:v", "ffv1", "-slicecrc", "1")
    film.write_bytes(film.read_bytes()[: film.stat().st_size * 2 // 3])
    reader = read_reduced(probe(film), 32)
    count = len(list(reader))
    assert 10 < count < 25
    assert reader.damage


def test_flipped_bytes_are_reported(tmp_path: Path) -> None:
    """A damaged frame in the middle leaves a line in the damage report."""
    film = make(tmp_path / "film.mkv", "-c:v", "ffv1", "-slicecrc", "1", "-level", "3")
    data = bytearray(film.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 20] = bytes(20)
    film.write_bytes(data)
    reader = read_reduced(probe(film), 32)
    list(reader)
    assert any("CRC" in line or "slice" in line for line in reader.damage)


def test_rgb_is_seen_by_the_luma_that_its_result_has() -> None:
    """Pure red, green and blue have BT.709's luma in reduced frames: a result in YUV has the same."""
    source = made_source(
        stored_format="gbrp", format=pixel_format("gbrp"), color=ColorSpec("rgb", "full")
    )
    assert "out_color_matrix=bt709" in reduced_filter(source, (32, 32))
    on, off = np.full((32, 32), 255, np.uint8), np.zeros((32, 32), np.uint8)
    for planes, luma in (((off, off, on), 63), ((on, off, off), 173), ((off, on, off), 32)):
        assert set(frame_thumbnail(source, planes).flatten()) == {luma}


def test_a_killed_decoder_is_not_taken_for_the_film_s_end(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its missing frames are not damage of the film: it is an error with the signal."""
    script = dying_ffmpeg(tmp_path, "survey", "kill -9 $$", 60_000)
    monkeypatch.setenv("RESTORE_FFMPEG", str(script))
    with pytest.raises(SourceError) as caught:
        list(read_reduced(source, 64))
    assert caught.value.code == "decoder-killed"
    assert "signal 9" in caught.value.what


def test_a_decoder_that_stops_early_without_a_word_is_noticed(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing frames at the end of the container's table are damage; incomplete frames are not."""
    script = dying_ffmpeg(tmp_path, "survey", "exit 0", 60_000)
    monkeypatch.setenv("RESTORE_FFMPEG", str(script))
    reader = read_reduced(source, 64)
    count = len(list(reader))
    assert 0 < count < 22
    assert reader.damage == (f"the decoder stopped {25 - count} frames before the film's end",)


def test_pictures_that_change_within_the_film_are_reported(tmp_path: Path) -> None:
    """They are scaled to the first one's size, which is no damage, but is reported."""
    parts = [
        make(tmp_path / f"{size}.h264", *X264, drawn=f"testsrc2=s={size}:r=25:d=0.2")
        for size in ("64x48", "96x64")
    ]
    (whole := tmp_path / "film.h264").write_bytes(b"".join(path.read_bytes() for path in parts))
    reader = read_reduced(probe(whole), 64)
    assert len(list(reader)) == 10
    assert [change.rpartition(", ")[2] for change in reader.changes] == ["96x64"]
    assert reader.damage == ()


def test_tags_of_several_lines_are_no_complaint(tmp_path: Path) -> None:
    """They are separated from ffmpeg's other messages."""
    tagged = make(tmp_path / "film.mkv", *X264, "-metadata", "comment=one\ntwo\nthree")
    reader = read_reduced(probe(tagged), 64)
    assert len(list(reader)) == 25
    assert (reader.damage, reader.changes) == ((), ())
