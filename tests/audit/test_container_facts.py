"""Container facts of a result, read by a second reader and from its container's own elements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from pymediainfo import MediaInfo

from restore.audit.check import Check
from restore.audit.container_facts import NAME, check_container_facts
from restore.clip import ColorSpec
from restore.jobs.audit_files import audit_files, expected_video
from restore.jobs.prepare import JobRequest
from restore.jobs.restore_film import restore_film
from restore.media.container.probe import probe
from restore.media.ffmpeg.encode import VideoFormat
from restore.media.source import Source
from restore.recipe import Recipe
from tests.media.films import X264, make, run_ffmpeg

DRAWN = "testsrc2=s=96x64:r=25:d=0.48"
FFV1 = ("-c:v", "ffv1", "-level", "3", "-pix_fmt", "yuv420p")


def missing(*_: Any, **__: Any) -> None:
    """A library that cannot be loaded."""
    raise OSError("Failed to load library")


def copied(film: Path, target: Path, **facts: Any) -> Path:
    """The film's packets muxed by PyAV, which writes no display size; `facts` are set on its stream."""
    with av.open(str(film)) as source, av.open(str(target), "w") as output:
        stream: Any = output.add_stream_from_template(source.streams.video[0], opaque=True)
        for name, value in facts.items():
            setattr(stream.codec_context, name, value)
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    return target


def checked(
    source: Source, found: Source, video: VideoFormat | None = None, allowed: Sequence[str] = ()
) -> Check:
    """The check of two files, by the plan that a run without treatment would have."""
    planned = video or expected_video(source, found, None)
    return check_container_facts(
        source, found, planned, found.frames, trimmed=False, allowed=allowed
    )


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".mov"])
def test_a_true_result_agrees(suffix: str, tmp_path: Path) -> None:
    """The audit of a run shows what MediaInfo found."""
    film = make(tmp_path / "film.mkv", *FFV1, drawn=f"{DRAWN},setsar=64/45")
    result = tmp_path / f"out{suffix}"
    restore_film(JobRequest(film, Recipe(codec="h264"), result), print)
    (check,) = [check for check in audit_files(film, result).checks if check.name == NAME]
    assert check == Check(NAME, True, "MediaInfo: 96x64, aspect 2.133, progressive")


def test_a_result_whose_pictures_begin_late_agrees(tmp_path: Path) -> None:
    """The sound begins first, so a result in MP4 has an empty edit, which MediaInfo counts as frames."""
    plain, film = make(tmp_path / "plain.mp4", *X264, drawn=DRAWN), tmp_path / "film.mkv"
    sound = ("-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac")
    run_ffmpeg("-itsoffset", "0.3", "-i", plain, *sound, "-c:v", "copy", film)
    result = restore_film(JobRequest(film, Recipe(), tmp_path / "out.mp4"), print)
    assert probe(result).frames.start == Fraction(3, 10)
    assert audit_files(film, result).ok


def test_an_enlarged_result_agrees(tmp_path: Path) -> None:
    """Another size as planned, square pixels as planned, and the display aspect of the source."""
    film = make(tmp_path / "film.mkv", *X264, drawn=f"{DRAWN},setsar=16/11")
    recipe = Recipe.model_validate({"to": "150x76", "model": "film-x2-fast"})
    result = restore_film(JobRequest(film, recipe), print)
    assert audit_files(film, result).ok


def test_an_aspect_that_libav_loses_of_both_files_is_found(tmp_path: Path) -> None:
    """Libav reads the aspect of neither file: the check of size and aspect passes, this one fails."""
    film = make(tmp_path / "film.mp4", *X264, drawn=f"{DRAWN},setsar=64/45")
    result = make(tmp_path / "result.mp4", *X264, drawn=DRAWN)
    blind = replace(probe(film), sar=Fraction(1))
    check = checked(blind, probe(result))
    assert not check.ok
    assert "display aspect 1.500 instead of 2.133" in check.detail


def test_fields_that_libav_loses_of_both_files_are_seen(tmp_path: Path) -> None:
    """Only the container of the source says that it is interlaced, and the result's does not."""
    fields = f"{DRAWN},setfield=tff"
    film = make(tmp_path / "film.mkv", "-c:v", "huffyuv", "-pix_fmt", "yuv422p", drawn=fields)
    result = make(tmp_path / "result.mkv", *FFV1, drawn=f"{DRAWN},setfield=prog")
    seen = probe(film)
    blind = replace(seen, color=replace(seen.color, fields=None), field_order="progressive")
    check = checked(blind, probe(result))
    assert not check.ok
    assert "scan type progressive instead of interlaced" in check.detail


def test_an_aspect_that_only_the_codec_stores_fails(tmp_path: Path) -> None:
    """FFV1 in Matroska without a display size: MediaInfo reads it from the codec, archives do not."""
    film = make(tmp_path / "film.mkv", *FFV1, drawn=f"{DRAWN},setsar=64/45")
    bare = copied(film, tmp_path / "bare.mkv")
    assert probe(bare).sar == Fraction(64, 45)
    check = checked(probe(film), probe(bare))
    assert not check.ok
    assert check.detail == "sample aspect in the container none instead of 64/45"


@pytest.mark.parametrize(("order", "stored"), [(5, "bff"), (0, "None")])
def test_a_field_order_that_only_the_container_can_store(
    order: int, stored: str, tmp_path: Path
) -> None:
    """HEVC has no word for it: the result's container must say the planned one."""
    fields = f"{DRAWN},setfield=tff"
    words = ("-c:v", "libx265", "-x265-params", "log-level=error", "-pix_fmt", "yuv420p")
    film = make(tmp_path / "film.mkv", *words, drawn=fields)
    source = probe(film)
    assert source.color.fields == "tff"
    video = expected_video(source, source, None)
    assert checked(source, source, video).ok
    wrong = probe(copied(film, tmp_path / "wrong.mkv", field_order=order))
    check = checked(source, wrong, video)
    assert f"field order in the container {stored} instead of tff" in check.detail
    assert not check.ok


def test_a_container_must_not_call_progressive_pictures_interlaced(tmp_path: Path) -> None:
    """Players would deinterlace what has no fields."""
    film = make(tmp_path / "film.mkv", *X264, drawn=DRAWN)
    wrong = probe(copied(film, tmp_path / "wrong.mkv", field_order=4))
    check = checked(probe(film), wrong)
    assert "field order in the container tff instead of progressive" in check.detail


def test_lost_facts_are_each_named(tmp_path: Path) -> None:
    """Rotation and chapters of MP4 are missing in the result: the detail names both."""
    plain = make(tmp_path / "plain.mp4", *X264, drawn=DRAWN)
    (tmp_path / "chapters.txt").write_text(
        ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=480\ntitle=One\n"
    )
    film = tmp_path / "film.mp4"
    words = ("-i", tmp_path / "chapters.txt", "-map_metadata", "1", "-c", "copy")
    run_ffmpeg("-display_rotation", "90", "-i", plain, *words, film)
    check = checked(probe(film), probe(plain))
    assert check.detail == "rotation 0 instead of 90; number of chapters 0 instead of 1"
    trimmed = check_container_facts(
        probe(film),
        probe(plain),
        expected_video(probe(film), probe(plain), None),
        probe(plain).frames,
        trimmed=True,
    )
    assert trimmed.detail == "rotation 0 instead of 90"


def test_an_allowed_loss_is_no_error(tmp_path: Path) -> None:
    """With `facts` allowed every difference passes, and the check lists them."""
    film = make(tmp_path / "film.mp4", *X264, drawn=f"{DRAWN},setsar=2")
    result = make(tmp_path / "result.mp4", *X264, drawn=DRAWN)
    blind = replace(probe(film), sar=Fraction(1))
    check = checked(blind, probe(result), allowed=("facts",))
    assert (check.ok, check.lost) == (True, True)
    assert check.detail.endswith("as allowed")
    assert not checked(blind, probe(result), allowed=("stereo", "tags")).ok


def test_fields_that_the_plan_removes_may_be_missing(tmp_path: Path) -> None:
    """After a change of height there are no fields, in the plan and in the result."""
    film = make(
        tmp_path / "film.mpg",
        *("-c:v", "mpeg2video", "-q:v", "2", "-flags", "+ildct+ilme", "-pix_fmt", "yuv420p"),
        drawn=f"{DRAWN},setfield=tff",
    )
    source = probe(film)
    result = probe(make(tmp_path / "r.mp4", *X264, drawn="testsrc2=s=192x128:r=25:d=0.48"))
    color = ColorSpec("bt601", "limited")
    size = (192, 128)
    video = VideoFormat("h264", "yuv420p", *size, Fraction(25), Fraction(1), color, None, None)
    assert checked(source, result, video).ok


@pytest.mark.parametrize(
    ("codec", "suffix"),
    [("h264", ".mkv"), ("hevc", ".mp4"), ("prores", ".mov"), ("prores", ".mxf")],
)
def test_interlaced_results_agree(codec: str, suffix: str, tmp_path: Path) -> None:
    """486 rows, which x264 cannot code by fields, and MXF, whose muxer has no field order, included."""
    words = ("-c:v", "huffyuv", "-pix_fmt", "yuv422p")
    drawn = "testsrc2=s=720x486:r=30000/1001:d=0.1,setsar=10/11,setfield=bff"
    film = make(tmp_path / "film.mkv", *words, drawn=drawn)
    recipe = Recipe.model_validate({"codec": codec})
    restore_film(JobRequest(film, recipe, tmp_path / f"out{suffix}"), print)
    (check,) = [c for c in audit_files(film, tmp_path / f"out{suffix}").checks if c.name == NAME]
    assert check.ok


def test_files_that_mediainfo_does_not_read_are_not_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is compared then; the container's elements still are."""
    film = probe(make(tmp_path / "film.mkv", *FFV1, drawn=f"{DRAWN},setsar=2"))
    monkeypatch.setattr(MediaInfo, "parse", missing)
    assert checked(film, film) == Check(NAME, True, "MediaInfo finds no video in the result")
    bare = probe(copied(film.path, tmp_path / "bare.mkv"))
    assert not checked(film, bare).ok


def test_sound_of_flv_is_no_disagreement(tmp_path: Path) -> None:
    """Its header says stereo of all AAC; one channel in the result is right."""
    sound = ("-f", "lavfi", "-i", "sine=d=0.48", "-ac", "1", "-c:a", "aac")
    film = make(tmp_path / "film.flv", *sound, *X264, "-pix_fmt", "yuv420p", drawn=DRAWN)
    result = tmp_path / "out.mkv"
    restore_film(JobRequest(film, Recipe(codec="ffv1"), result), print)
    (check,) = [check for check in audit_files(film, result).checks if check.name == NAME]
    assert check.ok
    assert not any("channels" in note for note in probe(film).notes)
