"""Interlaced films as they come: DV, MPEG-2, MBAFF, other chroma, 10 bits, odd sizes, wrong tags, faults."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from restore.jobs.film_inspection import inspect_film
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
from restore.treatments.deinterlace.shot_fields import ShotFields
from tests.media.films import make

SCENE = "mandelbrot=s={size}:r={rate}:end_scale=0.02:end_pts=200,trim=duration={seconds}"
MPEG2 = ("-c:v", "mpeg2video", "-q:v", "4", "-flags", "+ildct+ilme")
MBAFF = ("-c:v", "libx264", "-crf", "18", "-flags", "+ildct+ilme", "-x264opts", "tff=1")
FFV1 = ("-c:v", "ffv1")

SOURCES = {
    "PAL DV": (
        "720x576",
        50,
        "tinterlace=interleave_bottom,setfield=bff",
        ("-c:v", "dvvideo"),
        "dv",
    ),
    "NTSC DV": (
        "720x480",
        "60000/1001",
        "tinterlace=interleave_bottom,setfield=bff,format=yuv411p",
        ("-c:v", "dvvideo"),
        "dv",
    ),
    "MPEG-2": ("352x288", 50, "tinterlace=interleave_top,setfield=tff", MPEG2, "mpg"),
    "MBAFF": ("352x288", 50, "tinterlace=interleave_top,setfield=tff", MBAFF, "mp4"),
    "10 bits, 4:2:2": (
        "192x144",
        50,
        "format=yuv422p10le,tinterlace=interleave_top,setfield=tff",
        FFV1,
        "mkv",
    ),
    "4:1:1": ("192x144", 50, "format=yuv411p,tinterlace=interleave_top,setfield=tff", FFV1, "mkv"),
    "odd height": (
        "192x145",
        50,
        "format=yuv444p,tinterlace=interleave_top,setfield=tff",
        FFV1,
        "mkv",
    ),
    "wrong tag": ("192x144", 50, "tinterlace=interleave_top,setfield=bff", FFV1, "mkv"),
    "no tag": ("192x144", 50, "tinterlace=interleave_top,setfield=prog", FFV1, "mkv"),
}


def drawn(folder: Path, name: str) -> Path:
    """A second of one of the sources."""
    size, rate, filters, coder, suffix = SOURCES[name]
    scene = SCENE.format(size=size, rate=rate, seconds=1)
    path = folder / f"film.{suffix}"
    return make(path, *coder, drawn=f"{scene},format=yuv420p,{filters}")


def fields_of(path: Path) -> list[ShotFields]:
    """What the survey finds about the fields of each shot."""
    return [shot.measures["deinterlace"] for shot in inspect_film(path).shots]


def decoded(path: Path) -> list[DecodedFrame]:
    """All frames of a film."""
    source = probe(path)
    return list(read_frames(source, source.frames, Span(0, len(source.frames))))


def restored(source: Path, target: Path, **options: object) -> Record:
    """The record of a lossless restoration."""
    recipe = Recipe.model_validate({"codec": "ffv1", "deinterlacer": "bwdif", **options})
    restore_film(JobRequest(source, recipe, output=target), ignore_event)
    return Record.model_validate_json(record_path(target).read_text())


LARGE = ("PAL DV", "NTSC DV", "MBAFF")
"""Sources that take seconds each."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if n in LARGE else []) for n in SOURCES],
)
def test_each_field_becomes_a_frame(name: str, tmp_path: Path) -> None:
    """The order is found by the picture; the rows of every field are in its frame, bit for bit."""
    film = drawn(tmp_path, name)
    (fields,) = fields_of(film)
    first = 1 if "DV" in name else 0
    assert {stretch.kind for stretch in fields.stretches} == {"video"}
    assert {stretch.order for stretch in fields.stretches} == {("tff", "bff")[first]}
    target = tmp_path / "result.mkv"
    restored(film, target, deinterlace="auto")
    before, after = decoded(film), decoded(target)
    assert len(after) == 2 * len(before)
    for place, frame in enumerate(after):
        parity = (place + first) % 2
        for plane, own in zip(frame.planes, before[place // 2].planes, strict=True):
            assert np.array_equal(plane[parity::2], own[parity::2])


def test_a_field_order_that_changes_in_mid_film(tmp_path: Path) -> None:
    """Each part is deinterlaced in its own order."""
    one = f"{SCENE.format(size='192x144', rate=50, seconds=1)},tinterlace=interleave_top"
    other = "testsrc2=s=192x144:r=50:d=1,rotate=t:ow=192:oh=144,tinterlace=interleave_bottom"
    film = tmp_path / "film.mkv"
    both = f"{one},setsar=1[a];{other},setsar=1[b];[a][b]concat=n=2,format=yuv420p,setfield=tff"
    make(film, *FFV1, drawn=both)
    target = tmp_path / "result.mkv"
    record = restored(film, target, deinterlace="auto")
    assert record.frame_map is not None
    rows = [record.frame_map.mapped(index) for index in range(record.frames)]
    assert [row.top is not None for row in rows[:10]] == [True, False] * 5
    assert [row.top is not None for row in rows[-10:]] == [False, True] * 5


def test_a_missing_field_is_not_used(tmp_path: Path) -> None:
    """On a tape whose bottom fields are gone, `--field top` gives frames of the top fields alone."""
    film, target = tmp_path / "film.mkv", tmp_path / "result.mkv"
    scene = SCENE.format(size="192x144", rate=25, seconds=1)
    gone = "geq=lum='if(mod(Y,2),16,lum(X,Y))':cb=cb(X\\,Y):cr=cr(X\\,Y)"
    make(film, *FFV1, drawn=f"{scene},format=yuv444p,{gone},setfield=tff")
    record = restored(film, target, field="top", deinterlace="frame")
    after, before = decoded(target), decoded(film)
    assert record.frames == len(before)
    for frame, own in zip(after, before, strict=True):
        luma, kept = frame.planes[0].astype(int), own.planes[0].astype(int)
        assert np.array_equal(luma[::2], kept[::2])
        assert np.abs(luma[1:-1:2] - (kept[:-2:2] + kept[2::2]) / 2).max() <= 1


def test_progressive_film_tagged_as_interlaced_stays_progressive(tmp_path: Path) -> None:
    """No frame is made of one field; the result is tagged as what it is."""
    film, target = tmp_path / "film.mkv", tmp_path / "result.mkv"
    scene = SCENE.format(size="192x144", rate=25, seconds=1)
    make(film, *FFV1, drawn=f"{scene},format=yuv420p,setfield=tff")
    record = restored(film, target, deinterlace="auto")
    assert record.frames == 25
    assert record.synthetic == ()
    assert probe(target).color.fields is None
    for one, other in zip(decoded(film), decoded(target), strict=True):
        assert all(np.array_equal(*planes) for planes in zip(one.planes, other.planes, strict=True))


def test_a_pattern_is_not_named_before_it_was_seen_once(tmp_path: Path) -> None:
    """Small figures in strong noise: pieces of 24 fields fit the pattern of 25 fields by chance."""
    film = tmp_path / "film.mkv"
    noise = "testsrc2=s=160x120:r=50,noise=alls=10:allf=t,tinterlace=interleave_top,setfield=tff"
    make(film, *FFV1, "-frames:v", "40", drawn=f"{noise},format=yuv422p")
    (fields,) = fields_of(film)
    assert "film" not in {stretch.kind for stretch in fields.stretches}
