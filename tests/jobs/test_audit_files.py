"""The audit from two files alone: what a run verified can be verified again, and planted faults are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from restore.jobs.audit_files import audit_files, expected_video, same_shape
from restore.jobs.prepare import JobRequest
from restore.jobs.record_files import read_known, record_path
from restore.jobs.restore_film import restore_film
from restore.media.container.join import join
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.media.ffmpeg.encode import VideoFormat
from restore.recipe import Recipe
from restore.timing import Span
from tests.audit.sources import build
from tests.made import made_source
from tests.media.films import encode, run_ffmpeg


@dataclass(frozen=True)
class Pair:
    """A film with everything next to it, and what was made of it."""

    source: Path
    result: Path


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Two tracks, subtitles, a font, chapters, tags, an aspect, captions: restored without any change."""
    source = build(tmp_path_factory.mktemp("pair"), "mkv-everything")
    recipe = Recipe(codec="h264", crf=12, preset="ultrafast")
    return Pair(source, restore_film(JobRequest(source, recipe), lambda event: None))


def wrong(pair: Pair, result: Path) -> set[str]:
    """The names of the checks that fail."""
    return {check.name for check in audit_files(pair.source, result).checks if not check.ok}


def test_a_good_result_passes_again(pair: Pair) -> None:
    """With its record, which names both files, and without."""
    found = audit_files(pair.source, pair.result)
    assert found.ok, found
    assert found.checks[0].name == "record"
    names = {check.name for check in found.checks}
    others = {"audio 0", "audio 1", "subtitle 0", "attachment 0", "chapters", "tags"}
    assert {"captions", "afd", *others} <= names
    copy = pair.result.with_name("copy.mkv")
    copy.write_bytes(pair.result.read_bytes())
    assert audit_files(pair.source, copy).ok


def test_a_result_is_known_by_its_content(pair: Pair, tmp_path: Path) -> None:
    """A copy without a suffix, and a result in a container that this program does not write."""
    bare = tmp_path / "copy"
    bare.write_bytes(pair.result.read_bytes())
    assert audit_files(pair.source, bare).ok
    foreign = tmp_path / "copy.ts"
    run_ffmpeg("-i", pair.result, "-map", "0:v", "-c", "copy", foreign)
    assert {"audio 0", "subtitle 0", "attachment 0"} <= wrong(pair, foreign)


def test_a_file_that_was_changed_since_is_reported(pair: Pair, tmp_path: Path) -> None:
    """Even where all frames still stand: the record names another file."""
    copy = tmp_path / "copy.mkv"
    run_ffmpeg("-i", pair.result, "-map", "0", "-c", "copy", "-metadata", "note=x", copy)
    record_path(copy).write_bytes(record_path(pair.result).read_bytes())
    assert wrong(pair, copy) == {"record"}


def test_a_trimmed_film_is_audited_by_its_record(pair: Pair, tmp_path: Path) -> None:
    """The record says which part was asked for; without it the frames are missing."""
    recipe = Recipe.model_validate({"start": "0.1", "end": "0.35", "preset": "ultrafast"})
    target = tmp_path / "part.mkv"
    result = restore_film(JobRequest(pair.source, recipe, target), lambda event: None)
    assert audit_files(pair.source, result).ok
    assert read_known(result) is not None
    record_path(result).unlink()
    assert {"frames", "order"} <= wrong(pair, result)


def test_a_turned_film_is_expected_as_it_is_shown() -> None:
    """`--to` names the frame that players show, for the audit too."""
    source = made_source(width=64, height=32, rotation=90)
    expected = expected_video(source, made_source(), Recipe(to="32x64"))
    assert (expected.width, expected.height) == (64, 32)


def test_a_result_of_another_shape_is_wrong() -> None:
    """Any size of the same display aspect is right, whatever its sample aspect."""
    source = made_source(width=720, height=576, sar=made_source().sar * 16 / 15)
    assert same_shape(source, made_source(width=1440, height=1080))
    assert same_shape(source, made_source(width=768, height=576))
    assert not same_shape(source, made_source(width=720, height=576))


def from_frames(pair: Pair, target: Path, numbers: Sequence[int]) -> Path:
    """A result of the source's frames in this order, joined as a run does."""
    source = probe(pair.source)
    frames = source.frames
    planes = [p.planes for p in read_frames(source, frames, Span(0, len(frames)))]
    size = (source.width, source.height)
    video = VideoFormat(
        "h264", "yuv420p", *size, frames.rate, source.sar, source.color, 12, "ultrafast"
    )
    part = encode(target.with_name("part.mkv"), video, [planes[number] for number in numbers])
    join([part], frames.part(Span(0, len(numbers))), source, target, {})
    return target


@pytest.mark.slow
@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        (range(12), set[str]()),
        ([*range(5), *range(6, 12)], {"frames", "order", "duration", "captions", "afd"}),
        ([*range(5), 6, 5, *range(7, 12)], {"order"}),
        ([*range(5), 4, *range(6, 12)], {"order"}),
    ],
    ids=["as they are", "one dropped", "two swapped", "one repeated"],
)
def test_frames_lost_swapped_and_repeated_are_caught(
    pair: Pair, tmp_path: Path, numbers: Sequence[int], found: set[str]
) -> None:
    """By their number, by what they show, by their captions."""
    assert wrong(pair, from_frames(pair, tmp_path / "out.mkv", numbers)) == found


FAULTS: dict[str, tuple[str, set[str]]] = {
    "none": ("-i @ -map 0 -c copy", set()),
    "a track missing": ("-i @ -map 0 -map -0:a:1 -c copy", {"audio 1"}),
    "a track shifted": (
        "-i @ -itsoffset 0.1 -i @ -map 0:v -map 1:a:0 -map 0:a:1 -map 0:s -map 0:t -c copy",
        {"audio 0"},
    ),
    "a track encoded again": ("-i @ -map 0 -c copy -c:a:0 libopus", {"audio 0", "streams"}),
    "a track twice": ("-i @ -map 0 -map 0:a:0 -c copy", {"streams"}),
    "a language lost": ("-i @ -map 0 -c copy -metadata:s:a:0 language=", {"audio 0"}),
    "a mark lost": ("-i @ -map 0 -c copy -disposition:a:1 0", {"audio 1"}),
    "subtitles lost": ("-i @ -map 0 -map -0:s -c copy", {"subtitle 0"}),
    "a font lost": ("-i @ -map 0 -map -0:t -c copy", {"attachment 0"}),
    "chapters lost": ("-i @ -map 0 -c copy -map_chapters -1", {"chapters", "container facts"}),
    "a title lost": ("-i @ -map 0 -c copy -metadata title=", {"tags"}),
    "a date changed": ("-i @ -map 0 -c copy -metadata date=1999", {"tags"}),
    "another aspect": (
        "-i @ -map 0 -c copy -aspect 96:64 -bsf:v h264_metadata=sample_aspect_ratio=1/1",
        {"picture", "container facts"},
    ),
    "another matrix": (
        "-i @ -map 0 -c copy -bsf:v h264_metadata=matrix_coefficients=6 -colorspace smpte170m",
        {"picture"},
    ),
    "turned": ("-display_rotation 90 -i @ -map 0 -c copy", {"rotation"}),
    "captions lost": (
        "-i @ -map 0 -c copy -bsf:v filter_units=remove_types=6",
        {"captions", "afd"},
    ),
    "a frame late": (
        "-i @ -map 0 -c copy -bsf:v setts=pts=PTS+if(eq(N\\,4)\\,15/TB/1000)",
        {"times"},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_caught(pair: Pair, tmp_path: Path, fault: str) -> None:
    """Each by the check that is made for it, and by the second reading where that knows it."""
    arguments, found = FAULTS[fault]
    other = tmp_path / "other.mkv"
    run_ffmpeg(*(pair.result if word == "@" else word for word in arguments.split()), other)
    assert wrong(pair, other) == found
