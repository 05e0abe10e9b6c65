"""The clocks of MPEG streams: wherever they begin, the result begins at 0, with its sound in step."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from restore.errors import UsageError
from restore.jobs.audit_files import audit_files
from restore.jobs.prepare import JobRequest
from restore.jobs.record_files import record_path
from restore.jobs.restore_film import restore_film
from restore.media.container.probe import probe
from restore.media.container.readback import stream_digests
from restore.media.ffmpeg.decode import read_frames, read_reduced
from restore.recipe import Recipe
from restore.report.record import Record
from restore.timing import Span
from tests.media.films import MOVING, X264, make, run_ffmpeg

SOUND = ("-f", "lavfi", "-i", "sine=440:r=48000:d=1")
MPEG2 = ("-c:v", "mpeg2video", "-q:v", "2", "-bf", "2", "-g", "8", "-pix_fmt", "yuv420p")
WRAP = Fraction(2**33, 90_000)
"""Seconds after which the clock of MPEG streams begins again: 26:30:43.7."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this module's films lie."""
    return tmp_path_factory.mktemp("clocks")


def recorded(folder: Path, name: str, at: Fraction | int, *, bare: bool = True) -> Path:
    """A stream with sound whose clock begins at that second."""
    later = ("-output_ts_offset", f"{float(at):.6f}", *(("-muxdelay", "0") if bare else ()))
    # what the muxer says of the wrap is the point here
    quiet = ("-loglevel", "quiet")
    return make(folder / name, *SOUND, *MPEG2, "-c:a", "mp2", *later, *quiet)


def plain(film: Path, output: Path, *, keep_clock: bool = False) -> Path:
    """The film without any treatment."""
    recipe = Recipe(codec="h264", preset="ultrafast", keep_clock=keep_clock)
    return restore_film(JobRequest(film, recipe, output), lambda event: None)


def lead(film: Path) -> Fraction:
    """Seconds from the first picture to the beginning of the sound, by the container's own PTS."""
    (sound,) = stream_digests(film).values()
    assert sound.start is not None
    return sound.start - probe(film).frames.start


@pytest.mark.parametrize("name", ["late.ts", "late.vob"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_recording_of_the_26th_hour_begins_at_0(folder: Path, name: str, suffix: str) -> None:
    """First picture at 0, sound as far from it as in the source; the note and the record say the origin."""
    film = recorded(folder, name, 95_343)
    result = plain(film, folder / f"{name}{suffix}")
    assert probe(result).frames.start == 0
    assert abs(lead(result) - lead(film)) <= Fraction(1, 1000)
    record = Record.model_validate_json(record_path(result).read_bytes())
    assert record.source.origin == probe(film).frames.start > 95_342
    assert any("26:29:0" in note and "--keep-clock" in note for note in record.notes)
    assert audit_files(film, result).ok


@pytest.mark.parametrize("seconds", ["1.4", "0.3"])
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_sound_that_begins_before_the_first_frame_is_kept(
    folder: Path, suffix: str, seconds: str
) -> None:
    """A recording is cut at any packet: its sound is stored whole, even if all of it ends before the film."""
    sound = (
        "-itsoffset",
        "-0.4",
        "-f",
        "lavfi",
        "-i",
        f"sine=duration={seconds}:sample_rate=48000",
    )
    film = make(folder / f"early{seconds}.ts", *sound, *MPEG2, "-c:a", "mp2", "-muxdelay", "0")
    result = plain(film, folder / f"early{seconds}{suffix}")
    assert probe(result).frames.start == 0
    (before,), (after,) = ([*stream_digests(path, early=True).values()] for path in (film, result))
    assert (after.sha256, after.size) == (before.sha256, before.size)
    assert audit_files(film, result).ok


def test_the_clock_is_kept_if_it_is_asked_for(folder: Path) -> None:
    """The result begins in the 26th hour, too; the audit knows it by the result itself."""
    film = recorded(folder, "kept.ts", 95_343)
    result = plain(film, folder / "kept.mkv", keep_clock=True)
    start = probe(film).frames.start
    assert abs(probe(result).frames.start - start) <= Fraction(1, 1000)
    record = Record.model_validate_json(record_path(result).read_bytes())
    assert record.source.origin == 0
    assert audit_files(film, result).ok


@pytest.mark.parametrize("name", ["wrap.ts", "wrap.vob"])
def test_a_clock_that_wraps_within_the_first_minute(folder: Path, name: str) -> None:
    """Ffmpeg counts such a stream from below zero: all frames come, in order, at their times."""
    film = recorded(folder, name, WRAP - Fraction(1, 2))
    raw = probe(film)
    assert raw.frames.start < 0
    assert tuple(picture.pts for picture in read_reduced(raw, 32)) == raw.frames.pts
    source = probe(film, from_zero=True)
    assert source.frames.pts == tuple(range(0, 25 * 3600, 3600))
    whole = [p.planes[0].copy() for p in read_frames(source, source.frames, Span(0, 25))]
    for start, stop in ((0, 2), (9, 12), (20, 25)):
        part = list(read_frames(source, source.frames, Span(start, stop)))
        assert all(np.array_equal(p.planes[0], whole[p.index]) for p in part)
        assert len(part) == stop - start
    result = plain(film, folder / f"{name}.mp4")
    assert len(probe(result).frames) == 25
    assert abs(lead(result) - lead(film)) <= Fraction(1, 1000)


def test_no_result_begins_before_zero(folder: Path) -> None:
    """Keeping a clock that begins before 0 is refused before the work."""
    film = recorded(folder, "before.ts", WRAP - Fraction(1, 2))
    with pytest.raises(UsageError) as caught:
        plain(film, folder / "before.mkv", keep_clock=True)
    assert caught.value.code == "clock-before-zero"


def test_a_recording_that_begins_within_a_group_begins_with_its_first_picture(folder: Path) -> None:
    """Packets in front of the first key frame give no picture: 0 is where the first one is shown."""
    film = recorded(folder, "whole.ts", 5)
    data = film.read_bytes()
    first = next(at for at in range(0, len(data), 188) if at > 188 * 30)
    (cut := folder / "cut.ts").write_bytes(data[: 188 * 3] + data[first:])
    source = probe(cut, from_zero=True)
    assert source.frames.start < 0 <= source.zero
    assert next(iter(read_reduced(source, 32))).pts == 0


def test_matroska_that_begins_before_zero(folder: Path) -> None:
    """Ffmpeg gives no PTS for its first frames; they are counted back from the first that has one."""
    film = make(folder / "plain.mp4", *X264, "-bf", "0")
    early = folder / "early.mkv"
    shift = ("-itsoffset", "-0.08", "-i", film, "-c", "copy", "-avoid_negative_ts", "disabled")
    run_ffmpeg(*shift, early)
    raw, source = probe(early), probe(early, from_zero=True)
    assert raw.frames.pts == tuple(range(-80, 920, 40))
    assert source.frames.pts == tuple(range(0, 1000, 40))
    for each in (raw, source):
        assert tuple(picture.pts for picture in read_reduced(each, 32)) == each.frames.pts
    result = plain(early, folder / "early.result.mkv")
    assert probe(result).frames.pts == source.frames.pts


def test_other_films_keep_their_beginning(folder: Path) -> None:
    """A film that begins at 1.5 s in Matroska or MP4 was made so: it stays there."""
    for suffix in (".mkv", ".mp4"):
        film = make(folder / f"offset{suffix}", *X264, "-output_ts_offset", "1.5", drawn=MOVING)
        assert probe(film, from_zero=True) == probe(film)
        assert probe(film).frames.start == Fraction(3, 2)
