"""The metadata of streams and files, and what becomes of it in other containers."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.audit.other_streams import compare_other_streams
from restore.media.container.formats import losses
from restore.media.container.probe import probe
from restore.media.container.stream_facts import read_metadata, stream_facts
from restore.media.text_encoding import RAW, readable
from tests.media.container.results import joined
from tests.media.films import MOVING, X264, make, run_ffmpeg

TONE = ("-f", "lavfi", "-i", "sine=440:r=48000:d=1", "-c:a", "aac")


@pytest.mark.parametrize("source_suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_named_tracks_keep_their_names(tmp_path: Path, source_suffix: str, suffix: str) -> None:
    """What one container calls a title is a track's name in the other: nothing is lost either way."""
    named = (*TONE, "-metadata:s:a:0", "title=Commentary")
    source = probe(make(tmp_path / f"named{source_suffix}", *named, *X264))
    assert losses(source, "h264", suffix) == ()
    with av.open(str(joined(source, tmp_path / f"result{suffix}"))) as container:
        sound = stream_facts(container.streams.audio[0])
    assert dict(sound.tags)["title"] == "Commentary"


def in_latin_1(film: Path, text: str) -> Path:
    """A copy of a film in which each `_` of this text is an Ü in ISO 8859-1."""
    data = film.read_bytes()
    assert text.encode() in data
    copy = film.with_name(f"latin1{film.suffix}")
    copy.write_bytes(data.replace(text.encode(), text.replace("_", "Ü").encode("latin-1")))
    return copy


def test_titles_in_iso_8859_1_become_utf_8(tmp_path: Path) -> None:
    """The result's title has the letter, a note names the tags, and the audit sees one that is broken."""
    arguments = ("-metadata", "title=M_NCHEN", "-metadata", "artist=plain", "-c:v", "mjpeg")
    source = probe(in_latin_1(make(tmp_path / "film.avi", *arguments), "M_NCHEN"))
    assert dict(source.tags)["title"] == "MÜNCHEN"
    assert [note for note in source.notes if "Windows-1252" in note] == [
        "text that is not UTF-8 is read as Windows-1252: title"
    ]
    result = joined(source, tmp_path / "result.mkv")
    assert dict(probe(result).tags)["title"] == "MÜNCHEN"
    assert not any("Windows-1252" in note for note in probe(result).notes)
    broken = tmp_path / "broken.mkv"
    run_ffmpeg("-i", result, "-c", "copy", "-metadata", "title=M\ufffdNCHEN", broken)
    for path, right in ((result, True), (broken, False)):
        checks = compare_other_streams(source, probe(path), source.frames, (), None)
        assert [check.ok for check in checks if check.name == "tags"] == [right]


def test_streams_and_chapters_have_text_too(tmp_path: Path) -> None:
    """What another program wrote into a track's title and a chapter is read by the same rule."""
    (tmp_path / "chapters.txt").write_text(
        ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=Teil M_\n"
    )
    film = tmp_path / "film.mkv"
    drawn = ("-f", "lavfi", "-i", MOVING, "-i", tmp_path / "chapters.txt", *X264)
    run_ffmpeg(*drawn, "-metadata:s:v", "title=Spur M_", film)
    source = probe(in_latin_1(in_latin_1(film, "Teil M_"), "Spur M_"))
    assert source.streams[0].title == "Spur MÜ"
    (note,) = (note for note in source.notes if "Windows-1252" in note)
    assert note.endswith(": title, chapters")
    assert [chapter.title for chapter in read_metadata(source.path, 0).chapters] == ["Teil MÜ"]
    found = read_metadata(joined(source, tmp_path / "result.mkv"), 0)
    assert [chapter.title for chapter in found.chapters] == ["Teil MÜ"]


@given(st.binary(max_size=40))
def test_any_bytes_are_text(data: bytes) -> None:
    """Valid UTF-8 stays; everything else has a letter for every byte, and nothing is lost."""
    read = readable(data.decode("utf-8", RAW))
    try:
        assert read == data.decode("utf-8")
    except UnicodeDecodeError:
        assert len(read) == len(data)
        assert "\ufffd" not in read
        encoding = "latin-1" if set(read) & set("\x81\x8d\x8f\x90\x9d") else "cp1252"
        assert read.encode(encoding) == data
