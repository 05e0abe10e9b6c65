"""Interlaced films: fields keep their rows, their chroma and their order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from restore.clip import ColorSpec, Fields
from restore.jobs.prepare import JobRequest
from restore.jobs.restore_film import restore_film
from restore.media.codecs import FilmCodec
from restore.media.color.pixels import pixel_format
from restore.media.container.matroska import read_video_tracks
from restore.media.container.probe import probe
from restore.media.ffmpeg.encoders import encode_arguments, marks_fields
from restore.media.source import Source
from restore.recipe import Recipe
from restore.run.events import Event, Noted
from tests.media.films import encode, make, noise, slopes, video_format
from tests.media.test_identity import planes_of, worst

MPEG2 = ("-c:v", "mpeg2video", "-q:v", "2", "-pix_fmt", "yuv420p", "-flags", "+ildct+ilme")
DRAWN = "testsrc2=s=96x64:r=50:d=0.24,tinterlace=interleave_top"


def interlaced(fields: Fields) -> ColorSpec:
    """BT.601 of two fields."""
    return ColorSpec("bt601", "limited", fields=fields)


@pytest.mark.parametrize("fields", ["tff", "bff"])
@pytest.mark.parametrize("codec", ["h264", "prores", "ffv1"])
def test_the_codec_itself_says_which_field_is_first(
    codec: FilmCodec, fields: Fields, tmp_path: Path
) -> None:
    """A part's first frame has the field order for players, whatever the container says."""
    pixels = pixel_format("yuv422p10le" if codec == "prores" else "yuv420p")
    video = replace(video_format(pixels, 64, 48, interlaced(fields)), codec=codec)
    assert marks_fields(video)
    part = encode(tmp_path / "part.mkv", video, slopes(pixels, 64, 48, 2))
    assert probe(part).color.fields == fields


CONTAINER_ALONE = {
    "huffyuv.mkv": "-c:v huffyuv -pix_fmt yuv422p",
    "utvideo.mkv": "-c:v utvideo -pix_fmt yuv422p",
    "v210.mov": "-c:v v210 -pix_fmt yuv422p10le",
    "uncompressed.mov": "-c:v rawvideo -pix_fmt uyvy422 -tag:v 2vuy",
    "magicyuv.mov": "-c:v magicyuv -pix_fmt yuv422p",
    "mjpeg.mov": "-c:v mjpeg -q:v 2 -pix_fmt yuvj422p",
    "cineform.mov": "-c:v cfhd -pix_fmt yuv422p10le",
    "hevc.mkv": "-c:v libx265 -x265-params log-level=error",
    "huffyuv.avi": "-c:v huffyuv -pix_fmt yuv422p",
    "utvideo.avi": "-c:v utvideo -pix_fmt yuv422p",
    "mjpeg.avi": "-c:v mjpeg -q:v 2 -pix_fmt yuvj422p",
    "uncompressed.avi": "-c:v rawvideo -pix_fmt uyvy422",
    "mpeg4.avi": "-c:v mpeg4 -pix_fmt yuv420p",
    "av1.mp4": "-c:v libsvtav1 -preset 12",
}
"""Codecs whose pictures do not say that they are interlaced; ffmpeg writes it to the container."""


@pytest.mark.parametrize("fields", ["tff", "bff"])
@pytest.mark.parametrize("name", list(CONTAINER_ALONE))
def test_the_containers_field_order_holds_where_the_codec_has_none(
    name: str, fields: Fields, tmp_path: Path
) -> None:
    """Captures whose field order stands in the container alone are interlaced, either field first."""
    drawn = f"testsrc2=s=160x96:r=50:d=0.08,tinterlace=interleave_top,setfield={fields}"
    source = probe(make(tmp_path / name, *CONTAINER_ALONE[name].split(), drawn=drawn))
    assert (source.field_order, source.color.fields) == (fields, fields)


def relabeled(film: Path, order: int, target: Path) -> Path:
    """The film's packets in a container that says another field order (libavcodec's number)."""
    with av.open(str(film)) as source, av.open(str(target), "w") as output:
        stream: Any = output.add_stream_from_template(source.streams.video[0], opaque=True)
        stream.codec_context.field_order = order
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    return target


@pytest.mark.parametrize("name", ["huffyuv.avi", "mjpeg.avi"])
def test_a_capture_in_avi_passes_its_audit(name: str, tmp_path: Path) -> None:
    """MediaInfo reads AVI's header, too: result and source say the same fields to it."""
    drawn = "testsrc2=s=160x96:r=50:d=0.16,tinterlace=interleave_bottom,setfield=bff"
    film = make(tmp_path / name, *CONTAINER_ALONE[name].split(), drawn=drawn)
    for codec, suffix in (("ffv1", ".mkv"), ("prores", ".mov")):
        target = tmp_path / f"out{suffix}"
        recipe = Recipe.model_validate({"codec": codec})
        restore_film(JobRequest(film, recipe, target), print)
        assert probe(target).color.fields == "bff"


@pytest.mark.parametrize("codec", ["ffv1", "libx264", "mpeg2video", "prores_ks"])
def test_the_containers_field_order_holds_for_pictures_that_only_fail_to_say_so(
    codec: str, tmp_path: Path
) -> None:
    """Encoders without the option call interlaced pictures progressive; Matroska's header knows better."""
    drawn = "testsrc2=s=96x64:r=25:d=0.12,setfield=prog"
    film = make(tmp_path / "f.mkv", "-c:v", codec, drawn=drawn)
    assert probe(film).field_order == "progressive"
    assert probe(relabeled(film, 4, tmp_path / "i.mkv")).field_order == "tff"


def test_pictures_that_call_themselves_interlaced_are_believed(tmp_path: Path) -> None:
    """Whatever the container says: they are what players go by."""
    arguments = ("-c:v", "libx264", "-flags", "+ildct+ilme")
    film = make(tmp_path / "f.mkv", *arguments, drawn="testsrc2=s=96x64:r=25:d=0.12,setfield=bff")
    for order in (1, 4):
        assert probe(relabeled(film, order, tmp_path / f"{order}.mkv")).field_order == "bff"


def test_fields_without_an_order_are_a_note(tmp_path: Path) -> None:
    """Matroska made of discs says that much of films, too: pictures are taken for what they say."""
    drawn = "testsrc2=s=96x64:r=25:d=0.12,setfield=tff"
    film = make(tmp_path / "f.mkv", "-c:v", "huffyuv", "-pix_fmt", "yuv422p", drawn=drawn)
    data = film.read_bytes()
    assert data.count(b"\x9d\x81\x09") == 1  # FieldOrder
    film.write_bytes(
        data.replace(b"\x9d\x81\x09", b"\x9d\x81\x02").replace(b"\xbf\x84", b"\xec\x84")
    )
    source = probe(film)
    assert source.field_order == "progressive"
    assert any("without a field order" in note for note in source.notes)


def test_a_capture_of_which_only_the_container_says_fields_keeps_them(tmp_path: Path) -> None:
    """Into FFV1: the values are the source's, and pictures and container both say which field is first."""
    drawn = "testsrc2=s=160x96:r=50:d=0.16,tinterlace=interleave_top,setfield=tff"
    film = make(tmp_path / "f.mkv", *CONTAINER_ALONE["huffyuv.mkv"].split(), drawn=drawn)
    truth = planes_of(probe(film))
    result, notes = run(film, codec="ffv1")
    assert worst(truth, planes_of(result)) == 0
    assert "keeps the fields" in notes[0]
    assert read_video_tracks(result.path)[0].fields == "tff"
    silent = relabeled(result.path, 0, tmp_path / "silent.mkv")
    assert (read_video_tracks(silent)[0].fields, probe(silent).field_order) == (None, "tff")


def test_a_height_that_the_codec_cannot_halve_is_coded_whole() -> None:
    """486 rows in 4:2:0: x264 refuses fields there, so pictures stay whole and the plan says so."""
    video = replace(
        video_format(pixel_format("yuv420p"), 720, 486, interlaced("bff")), codec="h264"
    )
    assert not marks_fields(video)
    assert "+bitexact" in encode_arguments(video, Path("part.mkv"))
    assert marks_fields(replace(video, height=480))
    assert "+bitexact+ildct+ilme" in encode_arguments(replace(video, height=480), Path("part.mkv"))


def run(film: Path, **recipe: object) -> tuple[Source, list[str]]:
    """A run with the real audit: the result, and the notes about fields on the way."""
    stated: list[Event] = []
    order = JobRequest(film, Recipe.model_validate(recipe), overwrite=True)
    result = probe(restore_film(order, stated.append))
    return result, [e.line for e in stated if isinstance(e, Noted) and "interlaced" in e.line]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["yuv420p", "yuv420p10le", "yuv422p", "yuv411p", "gray"])
@pytest.mark.parametrize("fields", ["tff", "bff"])
def test_a_run_without_treatment_keeps_fields_and_values(
    name: str, fields: Fields, tmp_path: Path
) -> None:
    """Noise in two fields comes back, value for value, with the same field first."""
    pixels = pixel_format(name)
    truth = noise(pixels, 48, 38, 3)
    film = encode(tmp_path / "f.mkv", video_format(pixels, 48, 38, interlaced(fields)), truth)
    result, notes = run(film, codec="ffv1")
    assert worst(truth, planes_of(result)) == 0
    assert result.color.fields == fields
    assert notes
    assert "keeps the fields" in notes[0]


@pytest.mark.slow
def test_chroma_of_two_fields_stays_apart_on_its_way_to_420(tmp_path: Path) -> None:
    """DV's 4:1:1 to H.264's 4:2:0: one field is red, the other blue, and neither turns purple."""
    pixels = pixel_format("yuv411p")
    luma, chroma = np.full((48, 64), 90, np.uint8), np.full((48, 16), 90, np.uint8)
    chroma[::2] = 170
    film = encode(
        tmp_path / "f.mkv",
        video_format(pixels, 64, 48, interlaced("bff")),
        [(luma, chroma, 255 - chroma)] * 3,
    )
    result, _ = run(film, codec="h264", crf=1)
    _, cb, cr = planes_of(result)[1]
    assert result.color.fields == "bff"
    assert abs(cb[::2].astype(int) - 170).max() <= 4
    assert abs(cb[1::2].astype(int) - 90).max() <= 4
    assert abs(cr[::2].astype(int) - 85).max() <= 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("recipe", "fields", "text"),
    [
        ({"codec": "h264"}, "tff", "keeps the fields"),
        ({"codec": "hevc"}, "tff", "hevc cannot mark them: only its container can"),
        ({"codec": "h264", "to": "192x128"}, None, "no longer interlaced"),
    ],
)
def test_the_note_says_what_becomes_of_the_fields(
    recipe: dict[str, object], fields: str | None, text: str, tmp_path: Path
) -> None:
    """Kept and marked, kept but unmarked, or mixed by a new height: a note says which."""
    film = make(tmp_path / "film.mpg", *MPEG2, drawn=DRAWN)
    assert probe(film).color.fields == "tff"
    if "to" in recipe:
        recipe = {**recipe, "model": "film-x2"}
    result, notes = run(film, **recipe)
    assert text in notes[0]
    assert result.color.fields == fields
