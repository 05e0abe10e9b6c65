"""Text subtitles between containers that know other kinds of them: same text, same times."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from restore.audit.other_streams import compare_other_streams
from restore.media.container.formats import container_for, conversions, losses
from restore.media.container.probe import probe
from restore.media.container.stream_copies import copy_methods
from restore.media.container.texts import Line, same_text, text_lines
from restore.media.source import Source
from tests.audit.sources import build
from tests.media.container.results import joined
from tests.media.films import X264, make, run_ffmpeg

SRT = """1
00:00:00,200 --> 00:00:00,400
First <i>line</i>

2
00:00:00,500 --> 00:00:00,900
Zweite Zeile: äöü
and one below
"""
LINES = [
    Line(200_000, 400_000, "First line"),
    Line(500_000, 900_000, "Zweite Zeile: äöü\nand one below"),
]
CODECS = {"mov_text.mp4": "mov_text", "srt.mkv": "srt", "ass.mkv": "ass", "vtt.mkv": "webvtt"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this module's films lie."""
    return tmp_path_factory.mktemp("texts")


def subtitled(folder: Path, name: str) -> Source:
    """A film with these subtitles of one kind, in Italian."""
    (folder / "lines.srt").write_text(SRT, encoding="utf-8")
    film = make(folder / f"film{Path(name).suffix}", *X264)
    target = folder / name
    words = ("-c:v", "copy", "-c:s", CODECS[name], "-metadata:s:s", "language=ita")
    run_ffmpeg("-i", film, "-i", folder / "lines.srt", *words, target)
    return probe(target)


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".mov"])
def test_text_is_kept_in_every_container(folder: Path, name: str, suffix: str) -> None:
    """Text, line breaks, times and language; the audit compares them, and the note names what changed."""
    source = subtitled(folder, name)
    assert losses(source, "h264", suffix) == ()
    result = joined(source, folder / f"{name}{suffix}")
    found = probe(result)
    (index,) = (stream.index for stream in found.streams if stream.kind == "subtitle")
    assert text_lines(result, index, None, Fraction(0)) == LINES
    assert found.streams[index].language == "ita"
    checks = compare_other_streams(source, found, source.frames, (), None)
    assert all(check.ok for check in checks), checks
    stays = name.endswith(".mkv") == (suffix == ".mkv")
    assert bool(conversions(source, suffix)) is not stays
    assert (found.streams[index].codec == source.streams[1].codec) is stays


def test_a_trim_cuts_them(folder: Path, tmp_path: Path) -> None:
    """A line that is shown when the result begins shows from its start on, one at its end ends with it."""
    source = subtitled(folder, "mov_text.mp4")
    trim = (Fraction(8, 25), Fraction(16, 25))
    result = joined(source, tmp_path / "trimmed.mkv", trim)
    assert text_lines(result, 1, None, Fraction(0)) == [
        Line(0, 80_000, LINES[0].text),
        Line(180_000, 320_000, LINES[1].text),
    ]
    assert all(c.ok for c in compare_other_streams(source, probe(result), source.frames, (), trim))


def test_the_audit_reads_the_text(folder: Path, tmp_path: Path) -> None:
    """A changed word, a lost line, or a line 40 ms late is another subtitle."""
    source = subtitled(folder, "mov_text.mp4")
    good = joined(source, tmp_path / "good.mkv")
    for old, new in (("First", "Last"), ("00:00:00,500", "00:00:00,540"), ("2\n", "\n")):
        (tmp_path / "wrong.srt").write_text(
            SRT.replace(old, new, 1) if new != "\n" else SRT.split("2\n")[0]
        )
        wrong = tmp_path / "wrong.mkv"
        language = ("-metadata:s:s", "language=ita")
        run_ffmpeg(
            "-i",
            good,
            "-i",
            tmp_path / "wrong.srt",
            "-map",
            "0:v",
            "-map",
            "1",
            "-c",
            "copy",
            *language,
            wrong,
        )
        checks = compare_other_streams(source, probe(wrong), source.frames, (), None)
        assert [check.name for check in checks if not check.ok] == ["subtitle 0", "streams"]


def test_a_container_that_converts_nothing_is_preferred(folder: Path) -> None:
    """MP4 stays MP4 with its subtitles as they are; a codec that only Matroska holds converts them."""
    assert container_for(subtitled(folder, "mov_text.mp4"), "h264") == ".mp4"
    assert container_for(subtitled(folder, "srt.mkv"), "prores") == ".mkv"


def test_bitmaps_are_copied(tmp_path: Path) -> None:
    """Subtitles that are pictures stay the packets that they are."""
    source = probe(build(tmp_path, "mkv-pictures"))
    found = copy_methods(source, ".mkv")
    kinds = {stream.index: stream.kind for stream in source.streams}
    assert [place.method for index, place in found.items() if kinds[index] == "subtitle"] == [
        "copied"
    ] * 2
    assert conversions(source, ".mkv") == ()


def test_lines_are_compared_with_their_times() -> None:
    """An end that a container does not store counts for nothing; everything else does."""
    slack = Fraction(2, 1000)
    assert same_text(LINES, [Line(201_000, 400_000, "First line"), LINES[1]], slack)
    assert same_text(LINES, [Line(200_000, 200_000, "First line"), LINES[1]], slack)
    assert not same_text(LINES, [Line(203_000, 400_000, "First line"), LINES[1]], slack)
    assert not same_text(LINES, LINES[:1], slack)
    assert not same_text(LINES, [LINES[0], Line(500_000, 900_000, "Zweite Zeile")], slack)
