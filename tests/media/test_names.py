"""Whatever the name of a film, that file is opened and nothing else."""

from __future__ import annotations

from pathlib import Path

import av.error
import pytest

from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.media.names import as_input, open_input
from restore.timing import Span
from tests.media.films import make

NASTY = [
    "-i.mp4",
    "two words 'and' \"quotes\".mkv",
    "line\nbreak.mkv",
    "фильм 電影 é.mp4",
    "concat:x.mkv",
    "http:__host.mp4",
    "file:twice.mkv",
    "%03d $(true) `id` ;|&.mkv",
    "[a]{b}*?.mp4",
]


def test_a_name_becomes_an_absolute_path_behind_its_protocol() -> None:
    """A relative name that looks like an option or a protocol is a path afterwards."""
    assert as_input(Path("-i")) == f"file:{Path.cwd()}/-i"
    assert as_input(Path("/x/http:y")) == "file:/x/http:y"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One film for each container."""
    folder = tmp_path_factory.mktemp("names")
    drawn = "testsrc2=s=32x32:r=25:d=0.12"
    return {end: make(folder / f"a{end}", drawn=drawn) for end in (".mp4", ".mkv")}


@pytest.mark.parametrize("name", NASTY)
def test_nasty_names_are_data(name: str, plain: dict[str, Path], tmp_path: Path) -> None:
    """A film is probed and decoded under any name that the system allows."""
    path = tmp_path / name
    path.write_bytes(plain[path.suffix].read_bytes())
    source = probe(path)
    assert len(list(read_frames(source, source.frames, Span(0, 3)))) == 3


def test_a_playlist_opens_no_other_protocol(tmp_path: Path) -> None:
    """A playlist with a remote address is refused."""
    listing = tmp_path / "list.mkv"
    listing.write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises((av.error.FFmpegError, OSError)):
        open_input(listing)
