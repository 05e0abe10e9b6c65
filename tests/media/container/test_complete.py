"""Files that were cut off although no decoder notices it."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from restore.errors import DamagedSource
from restore.jobs.prepare import JobRequest
from restore.jobs.restore_film import restore_film
from restore.media.container.complete import cut_off
from restore.media.container.probe import probe
from restore.recipe import Recipe
from restore.run.events import ignore_event
from tests.media.films import make

FRAMES = 50


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Two seconds of AVI with sound."""
    sound = ("-f", "lavfi", "-i", "sine=d=2", "-c:a", "pcm_s16le")
    return make(tmp_path / "film.avi", *sound, "-c:v", "mjpeg", drawn="testsrc2=s=64x48:r=25:d=2")


def torn(film: Path, share: float) -> int:
    """Cut a film off; returns how many frames are left."""
    film.write_bytes(film.read_bytes()[: round(film.stat().st_size * share)])
    return len(probe(film).frames)


def test_a_whole_avi_is_not_cut_off(film: Path) -> None:
    """With all its bytes, with fewer frames than announced (null frames), or with more bytes behind it."""
    assert cut_off(film, "avi", FRAMES) is None
    assert cut_off(film, "avi", FRAMES - 10) is None
    film.write_bytes(film.read_bytes() + bytes(1000))
    assert cut_off(film, "avi", FRAMES - 10) is None


def test_an_avi_without_its_end_is_cut_off(film: Path) -> None:
    """Bytes and frames that the header announces are missing; in other containers decoders say so."""
    left = torn(film, 0.6)
    assert 20 < left < 40
    found = cut_off(film, "avi", left)
    assert found is not None
    assert f"{left} of {FRAMES} frames" in found
    assert cut_off(film, "matroska", left) is None


@pytest.mark.parametrize("more", [1, 8, 10_000])
def test_a_wrong_size_in_the_header_alone_is_no_damage(film: Path, more: int) -> None:
    """Some programs count the header or the padding twice, others write nonsense: all frames are there."""
    data = bytearray(film.read_bytes())
    struct.pack_into("<I", data, 4, len(data) - 8 + more)
    film.write_bytes(data)
    assert cut_off(film, "avi", FRAMES) is None
    assert len(probe(film).frames) == FRAMES


@pytest.mark.parametrize("data", [b"", b"RIFF", b"RIFF" + bytes(60), bytes(64)])
def test_what_is_no_avi_header_says_nothing(data: bytes, tmp_path: Path) -> None:
    """Too short, or other bytes."""
    path = tmp_path / "odd.avi"
    path.write_bytes(data)
    assert cut_off(path, "avi", 0) is None


def test_a_film_that_was_cut_off_is_damaged(film: Path) -> None:
    """Decoders read such an AVI without a word: the result gets a partial name, and an error says so."""
    left = torn(film, 0.6)
    with pytest.raises(DamagedSource) as caught:
        restore_film(JobRequest(film, Recipe(codec="ffv1")), ignore_event)
    assert caught.value.code == "source-damaged"
    partial = film.with_name("film.restored.partial.mkv")
    assert len(probe(partial).frames) == left


def test_a_part_before_the_cut_is_whole(film: Path) -> None:
    """With `end` only the frames that were asked for must be there."""
    torn(film, 0.6)
    recipe = Recipe.model_validate({"codec": "ffv1", "end": 0.4})
    result = restore_film(JobRequest(film, recipe), ignore_event)
    assert len(probe(result).frames) == 10
