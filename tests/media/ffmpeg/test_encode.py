"""Parts: the frames written are decoded again, with their tags; an encoder that fails says why."""

from __future__ import annotations

import itertools
import os
import signal
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from restore.clip import ColorSpec
from restore.errors import OutputError
from restore.media.codecs import FilmCodec
from restore.media.color.convert import from_clip, to_clip
from restore.media.color.pixels import FORMATS, PixelFormat, pixel_format
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.media.ffmpeg.encode import PartEncoder, Planes, count_packets
from restore.media.ffmpeg.encoders import VideoFormat, output_pixel_format
from restore.timing import Span
from tests.media.films import encode, noise, slopes, video_format

COLOR = ColorSpec("bt709", "limited", "left", "bt709", "bt709", matrix_tag="bt709")

SIZES = [(64, 48), (33, 17), (1, 1)]


def identity_cases() -> list[tuple[PixelFormat, str, tuple[int, int]]]:
    """Every pixel format, with alternating ranges and sizes (so that each family has each range)."""
    turns = zip(itertools.cycle(("limited", "full")), itertools.cycle(SIZES), strict=False)
    return [(pixels, *turn) for pixels, turn in zip(FORMATS, turns, strict=False)]


@pytest.mark.parametrize(("pixels", "range_", "size"), identity_cases(), ids=str)
def test_the_whole_way_is_the_identity(
    pixels: PixelFormat, range_: str, size: tuple[int, int], tmp_path: Path
) -> None:
    """Encode to FFV1, decode, Clip, code values: the same numbers and the same meaning."""
    matrix = "rgb" if pixels.family == "rgb" else "bt601"
    tag = {"rgb": "gbr", "bt601": "bt470bg"}[matrix]
    range_ = "full" if matrix == "rgb" else range_
    color = replace(COLOR, matrix=matrix, range=range_, matrix_tag=tag)
    frames = noise(pixels, *size, 2)
    part = encode(tmp_path / "part.mkv", video_format(pixels, *size, color), frames)
    source = probe(part)
    assert source.format == pixels
    assert (source.color.matrix, source.color.range) == (color.matrix, color.range)
    decoded = list(read_frames(source, source.frames, Span(0, 2)))
    back = from_clip(to_clip(decoded, pixels, color), pixels, color, dither=True)
    for planes, again in zip(frames, back, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(planes, again, strict=True))


def coded(codec: FilmCodec, source: str, *, odd: bool, color: ColorSpec = COLOR) -> VideoFormat:
    """A small film in that codec with an unusual rate and aspect."""
    pixels = output_pixel_format(codec, pixel_format(source), False, odd)
    width, height = (65, 49) if odd else (64, 48)
    preset = {"h264": "ultrafast", "hevc": "ultrafast", "av1": "10"}.get(codec)
    rate, sar = Fraction(24000, 1001), Fraction(16, 15)
    return VideoFormat(codec, pixels, width, height, rate, sar, color, None, preset)


@pytest.mark.parametrize("odd", [False, True])
@pytest.mark.parametrize("source", ["yuv420p", "yuv420p10le"])
@pytest.mark.parametrize("codec", ["h264", "hevc", "av1", "prores", "ffv1"])
def test_every_codec_keeps_count_size_and_tags(
    codec: FilmCodec, source: str, odd: bool, tmp_path: Path
) -> None:
    """The part has the color description, in its stream or in the container, and similar frames."""
    video = coded(codec, source, odd=odd)
    frames = slopes(pixel_format(video.pixel_format), video.width, video.height, 6)
    found = probe(encode(tmp_path / "part.mkv", video, frames))
    assert len(found.frames) == 6
    assert (found.width, found.height, found.sar) == (video.width, video.height, video.sar)
    assert replace(found.color, siting="left") == COLOR
    assert found.keys[0].seek == found.frames.pts[0]
    decoded = list(read_frames(found, found.frames, Span(0, 6)))
    depth = (
        found.format.depth - pixel_format(video.pixel_format).depth
    )  # ProRes 4444 decodes to 12 bit
    for picture, planes in zip(decoded, frames, strict=True):
        difference = (picture.planes[0].astype(float) / (1 << depth)) - planes[0]
        worst = np.median(np.abs(difference)) / (1 << (pixel_format(video.pixel_format).depth - 8))
        assert worst <= 6


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1"])
def test_full_range_is_tagged_not_converted(codec: FilmCodec, tmp_path: Path) -> None:
    """White of 255 stays near 255 and is tagged as full range."""
    video = coded(codec, "yuv420p", odd=False, color=replace(COLOR, range="full"))
    white = (np.full((48, 64), 255, np.uint8),) + (np.full((24, 32), 128, np.uint8),) * 2
    found = probe(encode(tmp_path / "part.mkv", video, [white]))
    (picture,) = read_frames(found, found.frames, Span(0, 1))
    assert found.color.range == "full"
    assert int(picture.planes[0].min()) >= 252


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1", "prores", "ffv1"])
def test_the_same_frames_give_the_same_bytes(codec: FilmCodec, tmp_path: Path) -> None:
    """Encoding twice gives equal files, and short and long parts have the same stream parameters."""
    video = coded(codec, "yuv420p", odd=False)
    frames = slopes(pixel_format(video.pixel_format), 64, 48, 9)
    one = encode(tmp_path / "1.mkv", video, frames)
    two = encode(tmp_path / "2.mkv", video, frames)
    short = encode(tmp_path / "3.mkv", video, frames[:1])
    assert one.read_bytes() == two.read_bytes()
    with av.open(str(one)) as a, av.open(str(short)) as b:
        assert (
            a.streams.video[0].codec_context.extradata == b.streams.video[0].codec_context.extradata
        )


def test_a_frame_of_the_wrong_shape_is_the_callers_mistake(tmp_path: Path) -> None:
    """Shapes, types and the number of planes are checked before anything is written."""
    video = video_format(pixel_format("gray"), 8, 4, COLOR)
    good = np.zeros((4, 8), np.uint8)
    with PartEncoder(video, tmp_path / "part.mkv") as encoder:
        for planes in ((good.T,), (good.astype(np.uint16),), (good, good)):
            with pytest.raises(ValueError, match="gray needs planes"):
                encoder.write(planes)


def test_planes_need_not_lie_in_one_piece(tmp_path: Path) -> None:
    """Non-contiguous arrays are written correctly."""
    pixels = pixel_format("gray")
    wide = noise(pixels, 16, 4, 1)[0][0]
    part = encode(tmp_path / "part.mkv", video_format(pixels, 8, 4, COLOR), [(wide[:, ::2],)])
    source = probe(part)
    (picture,) = read_frames(source, source.frames, Span(0, 1))
    assert np.array_equal(picture.planes[0], wide[:, ::2])


def write_one(encoder: PartEncoder, planes: Planes) -> None:
    """A part with one frame."""
    encoder.write(planes)
    encoder.finish()


def endless(encoder: PartEncoder) -> None:
    """Write frames until the encoder fails (a hundred times the capacity of a pipe)."""
    frame = np.zeros((1080, 1920), np.uint8)
    for _ in range(200):
        encoder.write((frame,))
    encoder.finish()


def test_an_encoder_killed_midway_is_an_error_not_a_broken_pipe(tmp_path: Path) -> None:
    """One of the next writes fails and says what happened."""
    video = video_format(pixel_format("gray"), 1920, 1080, COLOR)
    with PartEncoder(video, tmp_path / "part.mkv") as encoder:
        encoder.write((np.zeros((1080, 1920), np.uint8),))
        os.kill(encoder.process.pid, signal.SIGKILL)
        with pytest.raises(OutputError) as caught:
            endless(encoder)
        assert caught.value.code == "encoder-failed"
        assert "signal 9" in caught.value.what


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_has_its_own_error(tmp_path: Path) -> None:
    """A full disk is reported with what to do."""
    full = tmp_path / "part.mkv"
    full.symlink_to("/dev/full")
    video = video_format(pixel_format("gray"), 1920, 1080, COLOR)
    with (
        PartEncoder(video, full) as encoder,
        pytest.raises(OutputError) as caught,
    ):
        endless(encoder)
    assert caught.value.code == "disk-full"


def test_a_folder_that_is_missing_is_an_error_at_the_end_at_the_latest(tmp_path: Path) -> None:
    """An encoder that could not open its file fails."""
    video = video_format(pixel_format("gray"), 8, 4, COLOR)
    with PartEncoder(video, tmp_path / "none" / "part.mkv") as encoder, pytest.raises(OutputError):
        write_one(encoder, (np.zeros((4, 8), np.uint8),))


def test_a_size_that_the_encoder_refuses_is_reported_with_its_message(tmp_path: Path) -> None:
    """x265 supports no size below 16 pixels, and its message is reported."""
    video = replace(coded("hevc", "yuv420p", odd=False), width=8, height=8)
    planes = (np.zeros((8, 8), np.uint8),) + (np.zeros((4, 4), np.uint8),) * 2
    with (
        PartEncoder(video, tmp_path / "part.mkv") as encoder,
        pytest.raises(OutputError) as caught,
    ):
        write_one(encoder, planes)
    assert caught.value.code == "encoder-failed"
    assert "too small" in caught.value.what


def test_leaving_early_ends_the_process(tmp_path: Path) -> None:
    """After an error of the caller no encoder is running."""
    video = video_format(pixel_format("gray"), 8, 4, COLOR)
    with pytest.raises(KeyError), PartEncoder(video, tmp_path / "part.mkv") as encoder:
        raise KeyError
    assert not Path(f"/proc/{encoder.process.pid}").exists()


def test_a_part_that_lost_frames_is_noticed(tmp_path: Path) -> None:
    """The frames in the file are counted and compared with those written; an unreadable part is an error."""
    video = video_format(pixel_format("gray"), 8, 4, COLOR)
    part = encode(tmp_path / "part.mkv", video, noise(pixel_format("gray"), 8, 4, 3))
    assert count_packets(part) == 3
    part.write_bytes(b"nothing")
    with pytest.raises(OutputError) as caught:
        count_packets(part)
    assert caught.value.code == "part-unreadable"
