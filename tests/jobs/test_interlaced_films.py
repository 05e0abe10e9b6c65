"""Whole jobs on films with fields: what the survey finds becomes frames, exactly and verified."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from restore.framemap import IdentityMap, ListedMap
from restore.jobs.audit_files import audit_files
from restore.jobs.prepare import JobRequest
from restore.jobs.record_files import record_path
from restore.jobs.restore_film import restore_film
from restore.media.color.pixels import DecodedFrame
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.recipe import Recipe
from restore.report.record import Record
from restore.run.events import ignore_event
from restore.timing import Span
from tests.media.films import make

SCENE = "mandelbrot=s=192x144:r={rate}:end_scale=0.02:end_pts=200,trim=duration={seconds},format=yuv420p"
SOUND = ("-f", "lavfi", "-i", "sine=440:d=1", "-c:a", "flac")


def made(folder: Path, name: str, rate: int, filters: str, seconds: float = 1.0) -> Path:
    """A film of moving shapes through these filters, lossless, with sound."""
    drawn = f"{SCENE.format(rate=rate, seconds=seconds)},{filters}"
    return make(folder / name, *SOUND, "-c:v", "ffv1", "-g", "1", drawn=drawn)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the films of this file are."""
    return tmp_path_factory.mktemp("fields")


@pytest.fixture(scope="module")
def video(folder: Path) -> Path:
    """50 moments a second in 25 interlaced frames, tagged and in truth with the top field first."""
    return made(folder, "video.mkv", 50, "tinterlace=interleave_top,setfield=tff")


@pytest.fixture(scope="module")
def film(folder: Path) -> Path:
    """24 film frames a second in 30 of video, not tagged as interlaced."""
    return made(folder, "film.mkv", 24, "telecine=pattern=23:first_field=top,setfield=prog")


@pytest.fixture(scope="module")
def frames(folder: Path) -> Path:
    """The film's own frames."""
    return made(folder, "frames.mkv", 24, "null")


def restored(source: Path, target: Path, **options: object) -> Record:
    """The record of a lossless restoration of a film."""
    recipe = Recipe.model_validate({"codec": "ffv1", **options})
    restore_film(JobRequest(source, recipe, output=target), ignore_event)
    return Record.model_validate_json(record_path(target).read_text())


def decoded(path: Path) -> list[DecodedFrame]:
    """All frames of a film."""
    source = probe(path)
    return list(read_frames(source, source.frames, Span(0, len(source.frames))))


def test_video_becomes_a_frame_for_each_field(video: Path, tmp_path: Path) -> None:
    """50 frames; each has the code values of its field, in luma and chroma, and its time."""
    target = tmp_path / "result.mkv"
    record = restored(video, target, deinterlace="auto")
    before, after = decoded(video), decoded(target)
    assert len(after) == 2 * len(before) == 50
    for place, frame in enumerate(after):
        for plane, own in zip(frame.planes, before[place // 2].planes, strict=True):
            assert np.array_equal(plane[place % 2 :: 2], own[place % 2 :: 2])
    table = probe(target).frames
    assert [table.seconds(place) for place in range(4)] == [Fraction(k, 50) for k in range(4)]
    assert record.synthetic == ("rows",)
    assert isinstance(record.frame_map, ListedMap)
    assert {row.why for row in record.frame_map.rows} == {"field"}
    assert audit_files(video, target).ok


def test_the_result_is_no_longer_tagged_as_interlaced(video: Path, tmp_path: Path) -> None:
    """Players must not deinterlace it again."""
    target = tmp_path / "result.mkv"
    restored(video, target, deinterlace="frame")
    assert probe(target).color.fields is None
    assert len(probe(target).frames) == 25


def test_film_in_video_comes_back_exactly(film: Path, frames: Path, tmp_path: Path) -> None:
    """Every frame of the film, every code value, at 24 frames a second."""
    target = tmp_path / "result.mkv"
    record = restored(film, target, pulldown="auto")
    before, after = decoded(frames), decoded(target)
    assert len(after) == len(before)
    for one, other in zip(before, after, strict=True):
        assert all(np.array_equal(*planes) for planes in zip(one.planes, other.planes, strict=True))
    table = probe(target).frames
    assert [table.seconds(k) * 24 - k for k in (0, 6, 12)] == pytest.approx([0, 0, 0], abs=0.03)
    assert record.synthetic == ()
    assert audit_files(film, target).ok


def test_off_keeps_the_fields_together(video: Path, tmp_path: Path) -> None:
    """Without a request, and with `off`, every code value and the field order stay."""
    target = tmp_path / "result.mkv"
    record = restored(video, target, deinterlace="off")
    assert record.frame_map == IdentityMap(25)
    assert probe(target).color.fields == "tff"
    for one, other in zip(decoded(video), decoded(target), strict=True):
        assert all(np.array_equal(*planes) for planes in zip(one.planes, other.planes, strict=True))


def test_enlarging_makes_whole_frames_by_default(video: Path, tmp_path: Path) -> None:
    """An enlarged film has a frame for each field; one command is enough."""
    target = tmp_path / "result.mkv"
    record = restored(video, target, upscale=2, model="film-x2-fast")
    assert record.frames == 50
    assert record.synthetic == ("rows", "detail")
    assert audit_files(video, target).ok


def test_a_film_at_its_own_speed_keeps_its_sound(frames: Path, tmp_path: Path) -> None:
    """16 frames a second: the picture lasts longer, the sound's packets keep their times."""
    target = tmp_path / "result.mkv"
    record = restored(frames, target, speed=16)
    table = probe(target).frames
    assert table.end - table.start == pytest.approx(24 / 16, abs=0.002)
    assert any("sound" in note for note in record.notes)
    assert audit_files(frames, target).ok
    assert json.loads(record_path(target).read_text())["request"]["recipe"]["speed"] == "16"


def test_one_interlaced_frame_becomes_two_without_combs(folder: Path, tmp_path: Path) -> None:
    """A film of one frame has no motion to measure; forced, each of its fields is a frame of its own."""
    fields = "tinterlace=interleave_top,setfield=tff,trim=end_frame=1"
    single, target = made(folder, "single.mkv", 50, fields), tmp_path / "result.mkv"
    record = restored(single, target, deinterlace="field")
    assert record.synthetic == ("rows",)
    assert probe(target).color.fields is None
    (woven,), made_of = decoded(single), decoded(target)
    for parity, frame in enumerate(made_of):
        own, missing = slice(parity, None, 2), slice(1 - parity, None, 2)
        assert np.array_equal(frame.planes[0][own], woven.planes[0][own])
        assert not np.array_equal(frame.planes[0][missing], woven.planes[0][missing])
    assert audit_files(single, target).ok


def test_auto_matches_film_as_well(film: Path, tmp_path: Path) -> None:
    """`--deinterlace auto` by itself is enough for film in pulldown."""
    record = restored(film, tmp_path / "result.mkv", deinterlace="auto")
    assert record.frames == 24
    assert record.synthetic == ()
