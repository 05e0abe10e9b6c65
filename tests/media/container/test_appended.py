"""Sound that ffmpeg stores in Matroska by its number in Windows' list: kept bit for bit, in its place."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest

from restore.audit.other_streams import compare_other_streams
from restore.errors import UsageError
from restore.media.container.formats import check_losses, container_for, losses
from restore.media.container.probe import probe
from restore.media.container.readback import stream_digests
from restore.media.container.stream_copies import appended_streams, copy_methods
from restore.media.source import Source
from tests.media.container.results import joined
from tests.media.films import MOVING, make, run_ffmpeg

TONE = ("-f", "lavfi", "-i", "sine=440:d=1")
SOUNDS = {
    "wma2.wmv": ("-c:v", "wmv2", "-c:a", "wmav2"),
    "wma1.wmv": ("-c:v", "msmpeg4", "-c:a", "wmav1", "-ar", "22050"),
    "latm.ts": ("-c:v", "mpeg2video", "-c:a", "aac", "-mpegts_flags", "latm"),
    "g723.avi": ("-c:v", "mjpeg", "-c:a", "g723_1", "-ar", "8000", "-b:a", "6.3k"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this module's films lie."""
    return tmp_path_factory.mktemp("appended")


@pytest.fixture(scope="module", params=SOUNDS)
def source(request: pytest.FixtureRequest, folder: Path) -> Source:
    """A film with such sound."""
    film = make(folder / request.param, *TONE, *SOUNDS[request.param])
    return probe(film, from_zero=True)


def sound_of(path: Path, zero: Fraction = Fraction(0)) -> tuple[str, list[tuple[int, int]]]:
    """The digest of the only sound track, and each packet's place in bytes and in microseconds."""
    (found,) = [d for d in stream_digests(path, None, zero).values() if d.kind == "audio"]
    return found.sha256, list(zip(found.moments.offsets, found.moments.begins, strict=True))


def test_the_packets_and_their_times_are_kept(source: Source, tmp_path: Path) -> None:
    """No container is refused, the sound is the same bytes at the same times, the film's frames as well."""
    assert container_for(source, "h264") == ".mkv"
    assert losses(source, "h264", ".mkv") == ()
    result = joined(source, tmp_path / "result.mkv")
    before, after = sound_of(source.path, source.zero), sound_of(result)
    assert after[0] == before[0]
    apart = [abs(a[1] - b[1]) for a, b in zip(before[1], after[1], strict=True)]
    assert max(apart) <= 1000
    found = probe(result)
    assert [
        abs(found.frames.seconds(n) - source.frames.seconds(n)) < Fraction(1, 1000)
        for n in range(25)
    ]
    assert all(check.ok for check in compare_other_streams(source, found, source.frames, (), None))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["result.mkv", "result.mkv.part.mkv"]


def test_a_trim_takes_the_packets_inside_it(source: Source, tmp_path: Path) -> None:
    """Sound that begins within the trim comes along, on the result's clock."""
    trim = (source.frames.seconds(5), source.frames.seconds(20))
    result = joined(source, tmp_path / "trimmed.mkv", trim)
    before = stream_digests(source.path, trim, source.zero)
    (own,), (found,) = (
        [d for d in each.values() if d.kind == "audio"] for each in (before, stream_digests(result))
    )
    assert own.sha256 == found.sha256
    assert own.start is not None
    assert found.start is not None
    assert abs(own.start - trim[0] - found.start) <= Fraction(1, 1000)


def test_everything_else_stays_the_same(folder: Path, tmp_path: Path) -> None:
    """Order, titles, languages, marks, a font and chapters are those of the source."""
    (folder / "font.ttf").write_bytes(bytes(range(256)))
    wma = make(folder / "a.wmv", *TONE, "-c:v", "wmv2", "-c:a", "wmav2")
    (folder / "lines.srt").write_text("1\n00:00:00,200 --> 00:00:00,700\nFirst\n")
    (folder / "chapters.txt").write_text(
        ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=One\n"
    )
    inputs = ("-i", wma, "-f", "lavfi", "-i", MOVING, *TONE, "-i", folder / "lines.srt")
    maps = ("-map", "0:a", "-map", "1", "-map", "2", "-map", "3", "-map_chapters", "4")
    arguments = (
        *("-metadata:s:a:0", "title=Old track", "-metadata:s:a:0", "language=deu"),
        *("-disposition:a:0", "comment", "-disposition:a:1", "default"),
        *("-attach", folder / "font.ttf", "-metadata:s:t", "mimetype=font/ttf"),
    )
    film = folder / "full.mkv"
    run_ffmpeg(
        *(*inputs, "-i", folder / "chapters.txt", *maps, "-c:a:0", "copy", "-c:a:1", "flac"),
        *("-c:v", "mpeg4", *arguments, film),
    )
    source = probe(film)
    assert appended_streams(source, ".mkv") == (0,)
    result = joined(source, tmp_path / "full.mkv")
    found = probe(result)
    assert [replace(each, codec="", summary="") for each in found.streams] == [
        replace(each, codec="", summary="") for each in source.streams
    ]
    assert found.chapters == 1
    checks = compare_other_streams(source, found, source.frames, (), None)
    assert all(check.ok for check in checks), checks


def test_a_refusal_has_the_muxer_s_message(folder: Path) -> None:
    """What no list of Matroska's knows is refused by ffmpeg; what it says is in the message."""
    source = probe(
        make(folder / "n.flv", *TONE, "-c:v", "flv", "-c:a", "nellymoser", "-ar", "22050")
    )
    sound = next(stream.index for stream in source.streams if stream.kind == "audio")
    assert copy_methods(source, ".mkv")[sound].method == "dropped"
    with pytest.raises(UsageError) as caught:
        check_losses(source, "h264", ".mkv")
    assert "No wav codec tag found for codec nellymoser" in caught.value.what
    assert caught.value.code == "container-loses"
    assert "-o n.restored.mov" in caught.value.what_to_do


def test_only_matroska_takes_it(folder: Path) -> None:
    """MP4 cannot store WMA: the message names a container that can, and it works."""
    source = probe(make(folder / "only.wmv", *TONE, "-c:v", "wmv2", "-c:a", "wmav2"))
    with pytest.raises(UsageError) as caught:
        check_losses(source, "h264", ".mp4")
    assert "-o only.restored.mkv" in caught.value.what_to_do
    with av.open(str(source.path)) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
