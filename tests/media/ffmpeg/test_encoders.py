"""Encoders: pixel formats and the exact arguments."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from restore.clip import ColorSpec
from restore.media.codecs import FilmCodec
from restore.media.color.pixels import format_name, pixel_format
from restore.media.ffmpeg.encode import semi_planar
from restore.media.ffmpeg.encoders import VideoFormat, encode_arguments, output_pixel_format
from restore.media.ffmpeg.hardware import hardware_encoder, hardware_input, hardware_supports
from tests.media.films import noise

VIDEO = VideoFormat(
    codec="h264",
    pixel_format="yuv420p",
    width=64,
    height=48,
    rate=Fraction(24000, 1001),
    sar=Fraction(16, 15),
    color=ColorSpec("bt709", "limited", "topleft", "bt709", None),
    crf=None,
    preset=None,
)

TAGS = "colorspace=bt709:color_primaries=bt709"

START = ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-f", "rawvideo"]


def test_h264_gets_every_setting() -> None:
    """Planes are passed unchanged, nothing converts them, and the frames have the tags."""
    assert encode_arguments(VIDEO, Path("/w/part.mkv")) == [
        *START,
        *("-framerate", "24000/1001", "-pixel_format", "yuv420p", "-protocol_whitelist", "pipe,fd"),
        *(
            "-s",
            "64x48",
            "-i",
            "pipe:0",
            "-map",
            "0:0",
            "-f",
            "matroska",
            "-color_range",
            "tv",
            "-crf",
            "16",
        ),
        *("-fflags", "+bitexact", "-flags:v", "+bitexact", "-fps_mode", "passthrough"),
        *("-noauto_conversion_filters", "-preset", "medium", "-threads", "4"),
        *("-vcodec", "libx264", "-vf"),
        f"setparams=range=tv:{TAGS}:chroma_location=topleft:field_mode=prog,setsar=sar=16/15:max=65535",
        *("-x264-params", "mbtree=0", "file:/w/part.mkv", "-y"),
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"crf": 0, "preset": "slow"}, ["-crf 0", "-preset slow", "-vcodec libx264"]),
        ({"width": 1920, "height": 1080}, ["-threads 8"]),
        ({"codec": "hevc"}, ["-crf 18", "libx265", "open-gop=0:frame-threads=3:pools=16"]),
        ({"codec": "av1"}, ["-crf 24", "-preset 6", "-vcodec libsvtav1"]),
        ({"codec": "av1", "pixel_format": "yuv444p"}, ["-crf 20", "-cpu-used 6", "libaom-av1"]),
        ({"codec": "av1", "pixel_format": "yuv420p12le"}, ["libaom-av1"]),
        ({"codec": "av1", "pixel_format": "yuv444p", "preset": "12"}, ["-cpu-used 8"]),
        ({"codec": "prores", "pixel_format": "yuv422p10le"}, ["-profile:v 3", "prores_ks"]),
        ({"codec": "prores", "pixel_format": "yuv444p10le"}, ["-profile:v 4"]),
        ({"codec": "dnxhr", "pixel_format": "yuv422p10le"}, ["-profile:v dnxhr_hqx", "dnxhd"]),
        ({"codec": "dnxhr", "pixel_format": "yuv444p10le"}, ["-profile:v dnxhr_444"]),
        ({"hardware": "h264_nvenc"}, ["-pixel_format nv12", "-rc vbr", "-cq 16", "-preset p6"]),
        ({"hardware": "h264_nvenc", "crf": 0, "preset": "p2"}, ["-cq 1 ", "-preset p2"]),
        (
            {"codec": "hevc", "hardware": "hevc_qsv", "pixel_format": "yuv420p10le"},
            ["-pixel_format p010le", "-global_quality 18", "-preset slow", "-vcodec hevc_qsv"],
        ),
        (
            {"codec": "av1", "hardware": "av1_vaapi"},
            [
                "-init_hw_device vaapi=device",
                "-filter_hw_device device",
                "-rc_mode CQP",
                "-global_quality 24",
                ":max=65535,hwupload",
            ],
        ),
        ({"codec": "hevc", "hardware": "hevc_videotoolbox"}, ["-q:v 65", "hevc_videotoolbox"]),
        ({"codec": "ffv1"}, ["-level 3", "-slicecrc 1", "-g 1", "-slices 4", "-vcodec ffv1"]),
        ({"codec": "ffv1", "width": 1920, "height": 1080}, ["-slices 16"]),
        ({"codec": "ffv1", "pixel_format": "gbrp"}, ["-pixel_format bgr0"]),
        (
            {"color": ColorSpec("bt601", "full")},
            ["-color_range pc", "range=pc:colorspace=smpte170m:c"],
        ),
        ({"color": ColorSpec("bt2020", "limited")}, ["colorspace=bt2020nc"]),
        ({"rate": Fraction(1, 100)}, ["-framerate 1 "]),
        ({"rate": Fraction(1000)}, ["-framerate 240 "]),
    ],
)
def test_each_codec_has_its_words(changes: dict[str, object], expected: list[str]) -> None:
    """Defaults are in one table; options replace them."""
    line = " ".join(encode_arguments(replace(VIDEO, **changes), Path("/w/part.mkv")))
    assert [words for words in expected if words not in line] == []


def test_lossless_and_professional_codecs_know_no_crf() -> None:
    """Encoders without CRF are not given one."""
    for codec in ("ffv1", "prores", "dnxhr"):
        assert "-crf" not in encode_arguments(replace(VIDEO, codec=codec, crf=20), Path("/p.mkv"))


@pytest.mark.parametrize(
    ("codec", "source", "colored", "odd", "expected"),
    [
        ("h264", "yuv422p10le", False, False, "yuv420p"),
        ("h264", "gray", False, True, "yuv444p"),
        ("hevc", "yuv444p", True, False, "yuv420p"),
        ("hevc", "yuv422p10le", False, False, "yuv420p10le"),
        ("hevc", "yuv420p9le", False, False, "yuv420p10le"),
        ("hevc", "gbrp16le", False, False, "yuv420p12le"),
        ("hevc", "yuv420p12le", False, True, "yuv444p12le"),
        ("av1", "gray10le", False, False, "yuv420p10le"),
        ("av1", "yuv420p14le", False, False, "yuv420p12le"),
        ("av1", "yuv420p", False, True, "yuv444p"),
        ("prores", "gray", True, False, "yuv422p10le"),
        ("prores", "yuv420p", False, True, "yuv444p10le"),
        ("dnxhr", "yuv420p", False, False, "yuv422p10le"),
        ("ffv1", "gray12le", False, False, "gray12le"),
        ("ffv1", "gray12le", True, False, "yuv420p12le"),
        ("ffv1", "gray9le", True, True, "yuv420p9le"),
        ("ffv1", "yuv411p", True, True, "yuv411p"),
        ("ffv1", "gbrp16le", True, False, "gbrp16le"),
    ],
)
def test_pixel_formats_follow_the_codec(
    codec: FilmCodec, source: str, colored: bool, odd: bool, expected: str
) -> None:
    """Depth and chroma of the source as far as the codec supports them; odd sizes as 4:4:4."""
    assert output_pixel_format(codec, pixel_format(source), colored, odd) == expected


@pytest.mark.parametrize(
    ("codec", "source", "depth", "expected"),
    [
        ("hevc", "yuv420p", 10, "yuv420p10le"),
        ("hevc", "yuv420p12le", 8, "yuv420p"),
        ("av1", "gray", 12, "yuv420p12le"),
        ("ffv1", "yuv422p", 10, "yuv422p10le"),
        ("ffv1", "gray10le", 16, "gray16le"),
        ("ffv1", "gbrp", 12, "gbrp12le"),
        ("ffv1", "yuv411p", 10, "yuv422p10le"),
        ("ffv1", "yuv410p", 16, "yuv420p16le"),
        ("ffv1", "yuv440p", 16, "yuv444p16le"),
        ("ffv1", "yuv411p", 8, "yuv411p"),
    ],
)
def test_a_depth_that_is_asked_for(
    codec: FilmCodec, source: str, depth: int, expected: str
) -> None:
    """A larger or smaller depth than the source's; where a format does not have it, with finer chroma."""
    assert output_pixel_format(codec, pixel_format(source), False, False, depth) == expected


def test_hardware_takes_what_it_can() -> None:
    """4:2:0 with 8 bits, and with 10 except for H.264; other formats are encoded in software."""
    assert hardware_supports("h264_nvenc", "yuv420p")
    assert hardware_supports("hevc_nvenc", "yuv420p10le")
    assert not hardware_supports("h264_nvenc", "yuv420p10le")
    assert not hardware_supports("hevc_nvenc", "yuv444p")
    assert hardware_encoder("nvenc", "av1") == "av1_nvenc"
    assert hardware_encoder("videotoolbox", "av1") is None
    assert hardware_encoder("nvenc", "ffv1") is None


@pytest.mark.parametrize(("depth", "shift"), [(8, 0), (10, 6)])
def test_frames_go_to_hardware_with_their_chroma_by_turns(depth: int, shift: int) -> None:
    """Cb and Cr interleaved, samples above 8 bit in the high bits: nv12 and p010."""
    name = format_name("yuv", depth, 1, 1)
    ((luma, cb, cr),) = noise(pixel_format(name), 8, 4, 1)
    packed = semi_planar((luma, cb, cr))
    assert np.array_equal(packed[0] >> shift, luma)
    assert np.array_equal(packed[1][:, 0::2] >> shift, cb)
    assert np.array_equal(packed[1][:, 1::2] >> shift, cr)
    assert hardware_input(name) == ("nv12" if depth == 8 else "p010le")
