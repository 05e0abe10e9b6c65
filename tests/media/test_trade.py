"""Professional sources: what cameras, tapes and archives deliver is read, restored and verified."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from restore.jobs.prepare import JobRequest
from restore.jobs.restore_film import restore_film
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.media.source import Source
from restore.recipe import Recipe
from restore.timing import Span
from tests.media.films import run_ffmpeg
from tests.media.test_identity import planes_of, worst

SD = "testsrc2=s=96x64:r=25:d=0.24"
SMALL = "testsrc2=s=256x144:r=25:d=0.24"
HD = "testsrc2=s=1920x1080:r=25:d=0.12"
PAL = "testsrc2=s=720x576:r=50:d=0.24,tinterlace=interleave_bottom"
NTSC = "testsrc2=s=720x480:r=60000/1001:d=0.2,tinterlace=interleave_bottom"
INTRA = ("-flags", "+ildct+ilme")
PCM = ("-c:a", "pcm_s16le")

TRADE: dict[str, tuple[str, tuple[str, ...], str, str | None]] = {
    "phone.mp4": (SD, ("-c:v", "libx264", "-bf", "2", "-c:a", "aac"), "yuv420p", None),
    "hevc.mkv": (SD, ("-c:v", "libx265", "-c:a", "flac"), "yuv420p10le", None),
    "archive.mkv": (SD, ("-c:v", "ffv1", "-slicecrc", "1", *PCM), "yuv422p10le", None),
    "web.webm": (SD, ("-c:v", "libvpx-vp9", "-c:a", "libopus"), "yuv420p", None),
    "divx.avi": (SD, ("-c:v", "mpeg4", "-q:v", "3", "-c:a", "mp3"), "yuv420p", None),
    "camera.avi": (SD, ("-c:v", "mjpeg", *PCM), "yuvj422p", None),
    "capture.avi": (SD, ("-c:v", "huffyuv", *PCM), "yuv422p", None),
    "plain.avi": (SD, ("-c:v", "rawvideo", *PCM), "uyvy422", None),
    "tape.dv": (PAL, ("-target", "pal-dv"), "yuv420p", "bff"),
    "ntsc.dv": (NTSC, ("-target", "ntsc-dv"), "yuv411p", "bff"),
    "dv.avi": (PAL, ("-c:v", "dvvideo", *PCM), "yuv420p", "bff"),
    "dv.mov": (NTSC, ("-c:v", "dvvideo", *PCM), "yuv411p", "bff"),
    "dvcpro50.mov": (PAL, ("-c:v", "dvvideo", *PCM), "yuv422p", "bff"),
    "edit.mov": (
        SD,
        ("-c:v", "prores_ks", "-profile:v", "3", "-c:a", "pcm_s24le", "-timecode", "01:00:00:00"),
        "yuv422p10le",
        None,
    ),
    "v210.mov": (SD, ("-c:v", "v210", "-c:a", "pcm_s24le"), "yuv422p10le", None),
    "hqx.mov": (SMALL, ("-c:v", "dnxhd", "-profile:v", "dnxhr_hqx", *PCM), "yuv422p10le", None),
    "hqx.mxf": (
        SMALL,
        ("-c:v", "dnxhd", "-profile:v", "dnxhr_hqx", "-timecode", "10:00:00:00", *PCM),
        "yuv422p10le",
        None,
    ),
    "dnxhd.mxf": (HD, ("-c:v", "dnxhd", "-b:v", "185M", *PCM), "yuv422p", None),
    "imx.mxf": (PAL, ("-c:v", "mpeg2video", "-q:v", "2", *INTRA, *PCM), "yuv422p", "bff"),
    "jpeg2000.mxf": (SD, ("-c:v", "jpeg2000", *PCM), "yuv422p10le", None),
    "dvd.vob": (PAL, ("-target", "pal-dvd", *INTRA), "yuv420p", "bff"),
    "mpeg1.mpg": (SD, ("-c:v", "mpeg1video", "-q:v", "3", "-bf", "2", "-c:a", "mp2"), "", None),
    "mpeg2.mpg": (PAL, ("-c:v", "mpeg2video", "-bf", "2", *INTRA, "-c:a", "mp2"), "", "bff"),
    "mpeg2.ts": (SD, ("-c:v", "mpeg2video", "-q:v", "3", "-bf", "2", "-c:a", "mp2"), "", None),
    "h264.ts": (SD, ("-c:v", "libx264", "-c:a", "aac"), "yuv420p", None),
    "avchd.mts": (
        PAL,
        ("-c:v", "libx264", *INTRA, "-c:a", "ac3", "-f", "mpegts", "-mpegts_m2ts_mode", "1"),
        "yuv420p",
        "bff",
    ),
    "stream.m2v": (SD, ("-c:v", "mpeg2video", "-q:v", "3", "-bf", "2", "-an"), "", None),
    "stream.h264": (SD, ("-c:v", "libx264", "-an"), "yuv420p", None),
    "theora.ogv": (SD, ("-c:v", "libtheora", "-q:v", "8", "-c:a", "libvorbis"), "", None),
}
"""What is drawn, how it is coded, the pixel format that is found (4:2:0 of 8 bit where empty), its fields."""


def deliver(name: str, folder: Path) -> Source:
    """One of them, a few frames long, with a sound track where its kind has one."""
    drawn, arguments, stored, _ = TRADE[name]
    path = folder / name
    sound = () if "-an" in arguments else ("-f", "lavfi", "-i", "sine=r=48000:d=0.24")
    pixels = () if "-target" in arguments else ("-pix_fmt", stored or "yuv420p")
    fields = ("-vf", "setparams=field_mode=bff") if TRADE[name][3] else ()
    run_ffmpeg("-f", "lavfi", "-i", drawn, *sound, *fields, *pixels, *arguments, path)
    return probe(path)


@pytest.mark.parametrize(
    "name", ["tape.dv", "hqx.mxf", "edit.mov", "mpeg1.mpg", "mpeg2.ts", "plain.avi"]
)
def test_what_is_delivered_can_be_read(name: str, tmp_path: Path) -> None:
    """Format and fields are found, and every frame comes by its number, from the middle too."""
    source = deliver(name, tmp_path)
    assert source.stored_format == (TRADE[name][2] or "yuv420p")
    assert source.color.fields == TRADE[name][3]
    count = len(source.frames)
    assert [p.index for p in read_frames(source, source.frames, Span(count - 2, count))] == [
        count - 2,
        count - 1,
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", TRADE)
def test_what_is_delivered_comes_back_unchanged(name: str, tmp_path: Path) -> None:
    """A run without treatment, with the real audit: code values, tags and fields as delivered."""
    source = deliver(name, tmp_path)
    assert source.stored_format == (TRADE[name][2] or "yuv420p")
    assert source.color.fields == TRADE[name][3]
    result = probe(restore_film(JobRequest(source.path, Recipe(codec="ffv1")), lambda event: None))
    assert worst(planes_of(source), planes_of(result)) == 0
    assumed = {"assumed": (), "primaries": None, "transfer": None, "matrix_tag": None}
    assert replace(result.color, **assumed) == replace(source.color, **assumed)
    assert source.color.matrix_tag in (None, result.color.matrix_tag)
    assert result.sar == source.sar
