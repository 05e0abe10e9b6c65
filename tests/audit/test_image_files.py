"""Pictures audited again, as results and as sources: whole ones pass, planted faults are named."""

from __future__ import annotations

import shutil
import struct
from dataclasses import dataclass
from pathlib import Path

import pytest

from restore.cli.app import main
from restore.jobs.audit_files import audit_files
from restore.jobs.prepare import JobRequest
from restore.jobs.record_files import record_path
from restore.jobs.restore_film import restore_film
from restore.media.container.stream_facts import read_metadata
from restore.media.images.header import read_header
from restore.recipe import Recipe
from tests.media.films import run_ffmpeg
from tests.media.images.made import draw, lengthen, write_header
from tests.media.images.test_sequence import picture

DRAWN = "testsrc2=s=64x48:r=25:d=0.4,noise=alls=30:allf=t,setparams=colorspace=smpte170m"


@dataclass(frozen=True)
class Pair:
    """A film and the folder of pictures that was made of it."""

    source: Path
    folder: Path


def run(source: Path, output: Path, **options: object) -> Path:
    """Restored without treatment, by the real audit."""
    order = JobRequest(source, Recipe.model_validate(options), output, allow_damaged=True)
    return restore_film(order, lambda event: None)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Ten frames with sound and timecode, as DPX."""
    folder = tmp_path_factory.mktemp("pair")
    film = folder / "film.mov"
    sound = ("-f", "lavfi", "-i", "sine=d=0.4", "-c:a", "pcm_s16le")
    coded = ("-c:v", "prores_ks", "-timecode", "00:59:59:20", "-metadata", "title=The Trip")
    run_ffmpeg("-f", "lavfi", "-i", DRAWN, *sound, *coded, film)
    return Pair(film, run(film, folder / "reel" / "f_%04d.dpx", codec="dpx"))


@pytest.fixture
def pair(made: Pair, tmp_path: Path) -> Pair:
    """A copy of the folder without its record, which a test may harm."""
    return Pair(made.source, Path(shutil.copytree(made.folder, tmp_path / "reel")))


def wrong(pair: Pair, **options: object) -> set[str]:
    """The names of the checks that fail."""
    found = audit_files(pair.source, pair.folder, **options)  # type: ignore[arg-type]
    return {check.name for check in found.checks if not check.ok}


def test_complete_images_pass(made: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    """By folder or pattern: frames, order, times, sound, tags, and the timecode of every image."""
    found = audit_files(made.source, made.folder)
    assert found.ok, found
    details = {check.name: check.detail for check in found.checks}
    assert details["frames"] == "10 of 10"
    assert details["order"].startswith("10 frames verified by their content")
    assert details["timecode"] == "00:59:59:20, counted from there"
    assert "bit for bit" in details["audio 0"]
    assert details["record"].startswith("both files")
    assert main(["audit", str(made.source), str(made.folder / "f_%04d.dpx")]) == 0
    assert "numbers" in capsys.readouterr().out


def test_two_exchanged_images_are_found(pair: Pair) -> None:
    """By their content and by their timecodes."""
    one, other, aside = (pair.folder / name for name in ("f_0004.dpx", "f_0005.dpx", "x"))
    one.rename(aside)
    other.rename(one)
    aside.rename(other)
    assert wrong(pair) == {"order", "timecode"}


def test_a_missing_image_is_found(pair: Pair) -> None:
    """In the middle by the count and the gap, at the end by the count only."""
    (pair.folder / "f_0010.dpx").unlink()
    assert wrong(pair) == {"frames"}
    (pair.folder / "f_0004.dpx").unlink()
    assert {"frames", "numbers"} <= wrong(pair)


def test_a_truncated_image_is_found(pair: Pair) -> None:
    """An image that cannot be decoded is no frame."""
    path = pair.folder / "f_0004.dpx"
    path.write_bytes(path.read_bytes()[:3000])
    assert {"decodes", "frames"} & wrong(pair)


def test_the_files_next_to_images_are_compared(pair: Pair) -> None:
    """Other times or sound fail; missing sound is a loss that may be allowed."""
    times, sound = (pair.folder / f"f.{ending}" for ending in ("times.txt", "sound.mkv"))
    kept = times.read_text()
    times.write_text(kept.replace("40.000000", "45.000000"))
    assert wrong(pair) == {"times"}
    times.unlink()
    assert wrong(pair) == set()
    run_ffmpeg("-f", "lavfi", "-i", "sine=f=880:d=0.4", "-c:a", "pcm_s16le", sound)
    assert {"audio 0", "tags"} <= wrong(pair)
    sound.unlink()
    assert wrong(pair) == {"audio 0", "tags"}
    assert wrong(pair, allowed=("audio", "tags")) == set()


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".dpx", ".exr"])
def test_images_as_sources(suffix: str, tmp_path: Path) -> None:
    """Of pictures, of a film, of a part; without a record the rate is the user's."""
    reel = draw(tmp_path / "reel", suffix, "gbrpf32le" if suffix == ".exr" else "gbrp10le")
    folder = run(reel, tmp_path / "made" / "%03d.exr", codec="exr", rate="16")
    assert wrong(Pair(reel, folder)) == set()
    film = run(reel, tmp_path / "made.mkv", codec="ffv1", rate="16")
    assert wrong(Pair(reel, film)) == set()
    part = run(reel, tmp_path / "part" / "%03d.tif", codec="tiff", start="0.1")
    assert wrong(Pair(reel, part)) == set()
    record_path(film).unlink()
    assert "times" in wrong(Pair(reel, film))
    assert main(["audit", str(reel), str(film), "--rate", "16"]) == 0
    assert main(["audit", str(film), str(reel), "--rate", "16"]) == 2


@pytest.fixture
def holed(tmp_path: Path) -> Path:
    """A reel of DPX at 24 a second that says 01:00:00:18, of which the third and the fourth are missing."""
    reel = draw(tmp_path / "holed", ".dpx", "gbrp10le")
    lengthen(reel)
    write_header(reel, "f", 1724, 24.0)
    write_header(reel, "I", 1920, 0x01000018)
    for number in (86402, 86403):
        picture(reel, number).unlink()
    return reel


def timecode_ok(source: Path, result: Path) -> list[bool]:
    """The verdicts about timecode."""
    return [check.ok for check in audit_files(source, result).checks if check.name == "timecode"]


def test_labels_of_a_reel_with_gaps(holed: Path, tmp_path: Path) -> None:
    """An image has the timecode of its number at the rate of the reel; a wrong one is named."""
    folder = run(holed, tmp_path / "made" / "%03d.dpx", codec="dpx")
    headers = [read_header(folder / f"{number:03}.dpx") for number in range(1, 5)]
    assert [header.timecode for header in headers] == [f"01:00:00:{n:02}" for n in (18, 19, 22, 23)]
    assert {header.rate for header in headers} == {24}
    assert timecode_ok(holed, folder) == [True]
    last = folder / "004.dpx"
    data = bytearray(last.read_bytes())
    order = ">" if data.startswith(b"SDPX") else "<"
    struct.pack_into(f"{order}I", data, 1920, 0x01000021)
    last.write_bytes(data)
    assert timecode_ok(holed, folder) == [False]


def test_the_timecode_of_films_made_of_pictures(holed: Path, tmp_path: Path) -> None:
    """It is the first picture's header's, or that of the first one taken, and it is audited."""
    film = run(holed, tmp_path / "part.mov", codec="prores", start="0.1")
    assert read_metadata(film, 0).timecode == "01:00:00:22"
    # QuickTime's track counts 24 a second, though only 16 pictures a second are there
    whole = run(holed, tmp_path / "all.mov", codec="prores")
    assert read_metadata(whole, 0).timecode == "01:00:00:18"
    assert timecode_ok(holed, film) == [True]
    other = tmp_path / "other.mov"
    words = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=24:d=0.25", "-c:v", "prores")
    for label, good in (("01:00:00:18", True), ("01:00:00:22", False)):
        run_ffmpeg(*words, "-timecode", label, other)
        assert timecode_ok(holed, other) == [good]


def test_a_timecode_that_no_file_has_is_a_loss(holed: Path, tmp_path: Path) -> None:
    """PNG cannot store it, and the file with the tags is missing: an error unless `--allow-loss tags`."""
    folder = run(holed, tmp_path / "made" / "%03d.png", codec="png")
    assert timecode_ok(holed, folder) == [True]
    (folder / "tags.txt").unlink()
    record_path(folder).unlink()
    pair = Pair(holed, folder)
    assert wrong(pair) == {"timecode"}
    assert wrong(pair, allowed=("tags",)) == set()
