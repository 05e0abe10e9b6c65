"""A film as a folder of pictures: whole, verified, resumed, and never in place of anybody's files."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from restore.errors import OutputError, UsageError
from restore.jobs.prepare import JobRequest, prepare
from restore.jobs.record_files import record_path
from restore.jobs.restore_film import restore_film
from restore.jobs.trial import run_trial
from restore.jobs.verify import AuditOutcome, verify
from restore.media.codecs import CodecName
from restore.media.color.pixels import pixel_format
from restore.media.container import image_set as pictureset
from restore.media.images.writer import read_back
from restore.recipe import Recipe
from restore.run.events import Event, Finished, Noted, PartDone, Reused, Writing
from tests.media.films import run_ffmpeg

PNG = Recipe(codec="png", depth=16)
VERIFY = "restore.jobs.restore_film.verify"


@pytest.fixture(autouse=True)
def accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are about the folder: the audit of the joined film finds nothing wrong."""
    outcome = AuditOutcome(ok=True, lines=())
    monkeypatch.setattr(VERIFY, lambda joined: outcome)


def output_in(folder: Path, kind: str) -> Path:
    """A pattern for pictures of that kind."""
    return folder / f"f_%04d.{kind}"


def ignore(event: Event) -> None:
    """A listener that does not listen."""


@pytest.fixture(scope="module")
def made_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100 frames (two segments) of slopes in red, green and blue by BT.601, with sound."""
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    bars = "rgbtestsrc=s=48x36:r=25:d=4,scale=out_color_matrix=bt601:out_range=tv,format=yuv444p"
    words = ("-c:v", "ffv1", "-colorspace", "smpte170m", "-color_range", "tv", "-c:a", "flac")
    run_ffmpeg("-f", "lavfi", "-i", bars, "-f", "lavfi", "-i", "sine=d=4", *words, path)
    return path


@pytest.fixture
def film(made_film: Path, tmp_path: Path) -> Path:
    """The made film in a folder of its own."""
    path = tmp_path / "film.mkv"
    path.write_bytes(made_film.read_bytes())
    return path


def pictures(folder: Path) -> dict[str, bytes]:
    """What lies in a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_film_as_pictures_by_the_real_audit(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All frames, in the film's own colors by its own matrix; a second run has nothing to do."""
    monkeypatch.setattr(VERIFY, verify)
    folder = film.parent / "100% of it"
    order = JobRequest(
        film, PNG.model_copy(update={"end": Fraction(2, 5)}), folder / "frame_%04d.png"
    )
    said: list[Event] = []
    assert restore_film(order, said.append) == folder
    found = pictures(folder)
    assert len(found) == 12
    assert {"frame_0001.png", "frame_0010.png", "frame.sound.mkv", "frame.times.txt"} <= set(found)
    green, blue, red = read_back(folder / "frame_0005.png", pixel_format("gbrp16le"))
    seen = [(red[y, 24] >> 8, green[y, 24] >> 8, blue[y, 24] >> 8) for y in (6, 18, 30)]
    drawn = [(128, 0, 0), (0, 128, 0), (0, 0, 128)]  # three slopes from black, here at their middle
    assert np.abs(np.array(seen, int) - np.array(drawn)).max() <= 2  # 8-bit YUV rounds its colors
    record = json.loads(record_path(folder).read_text())
    checks = {check["name"]: check["detail"] for check in record["audit"]}
    assert checks["images"].startswith("10, each read back")
    assert record["result"]["container"] == "frame_%04d.png"
    assert record["result"]["size"] == sum(len(data) for data in found.values())
    assert [(one.done, one.frames) for one in said if isinstance(one, Writing)][-1] == (10, 10)
    events: list[Event] = []
    restore_film(order, events.append)
    assert [event.already for event in events if isinstance(event, Finished)] == [True]
    assert sorted(path.name for path in film.parent.iterdir()) == [
        folder.name,
        f"{folder.name}.restore.html",
        f"{folder.name}.restore.json",
        film.name,
    ]


@pytest.mark.parametrize(
    "kind",
    [
        "tiff",
        pytest.param("exr", marks=pytest.mark.slow),
        pytest.param("png", marks=pytest.mark.slow),
    ],
)
def test_the_trial_counts_the_pictures(film: Path, tmp_path: Path, kind: CodecName) -> None:
    """What stays is the folder's size, within a third; parts and the joined film come on top."""
    order = JobRequest(film, Recipe(codec=kind), output_in(film.parent / "x", kind))
    job, _ = prepare(order, tmp_path / "thumbnails", lambda done: None)
    estimate = run_trial(job)
    folder = restore_film(order, ignore)
    real = sum(path.stat().st_size for path in folder.iterdir() if path.suffix != ".mkv")
    assert estimate.result == pytest.approx(real, rel=1 / 3)
    assert estimate.disk > estimate.result


@pytest.mark.slow
def test_stopped_while_pictures_are_written(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder has the final name; the next run reuses every part and gives the same pictures."""
    folder = film.parent / "p"
    order = JobRequest(film, Recipe(codec="dpx"), output=folder / "%03d.dpx")
    real = pictureset._write_one

    def stop(*words: object) -> None:
        if words[-1].place == 50:  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        real(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(pictureset, "_write_one", stop)
    with pytest.raises(KeyboardInterrupt):
        restore_film(order, ignore)
    assert not folder.exists()
    monkeypatch.undo()
    events: list[Event] = []
    restore_film(order, events.append)
    assert sum(isinstance(event, Reused) for event in events) == 2
    assert not any(isinstance(event, PartDone) for event in events)
    other = film.parent / "q"
    restore_film(JobRequest(film, Recipe(codec="dpx"), output=other / "%03d.dpx"), ignore)
    assert pictures(folder) == pictures(other)


@pytest.mark.slow
def test_a_folder_with_anything_in_it_is_kept(film: Path) -> None:
    """An empty one gives way; with --overwrite only pictures of that very pattern do."""
    folder = film.parent / "p"
    folder.mkdir()
    order = JobRequest(film, PNG, output=folder / "f_%03d.png")
    restore_film(order, ignore)
    (folder / "f_007.png").write_bytes(b"touched up by hand")
    with pytest.raises(OutputError, match="did not make"):
        restore_film(order, ignore)
    restore_film(JobRequest(film, PNG, order.output, overwrite=True), ignore)
    assert (folder / "f_007.png").read_bytes() != b"touched up by hand"
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="notes"):
        restore_film(JobRequest(film, PNG, order.output, overwrite=True), ignore)
    assert (folder / "notes.txt").read_text() == "mine"
    inside = folder / "film.mkv"
    inside.write_bytes(film.read_bytes())
    with pytest.raises(UsageError, match="its own source"):
        restore_film(JobRequest(inside, PNG, order.output, overwrite=True), ignore)


@pytest.mark.parametrize(
    ("recipe", "name", "words"),
    [
        (Recipe(codec="png"), "x.mkv", "does not match"),
        (Recipe(codec="hevc"), "x/%03d.png", "does not match"),
        (Recipe(codec="png"), "x/%01d.png", "need numbers of more than 1 digits"),
    ],
)
def test_mistakes_come_before_the_work(film: Path, recipe: Recipe, name: str, words: str) -> None:
    """Names that do not go with the codec or the count."""
    events: list[Event] = []
    with pytest.raises(UsageError, match=words):
        restore_film(JobRequest(film, recipe, film.parent / name), events.append)
    assert not any(isinstance(event, PartDone) for event in events)


@pytest.mark.parametrize(
    ("words", "part"),
    [(("-display_rotation", "90"), "rotation of the picture"), (("-display_vflip",), "picture")],
    ids=["turned", "mirrored"],
)
def test_pictures_that_would_lie_sideways_are_refused(
    tmp_path: Path, words: tuple[str, ...], part: str
) -> None:
    """None of their headers makes players turn or mirror them: before the work, with a way out."""
    flat, film = tmp_path / "flat.mp4", tmp_path / "film.mp4"
    run_ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x32:r=25:d=0.1", "-c:v", "libx264", flat)
    run_ffmpeg(*words, "-i", flat, "-c", "copy", film)
    with pytest.raises(UsageError, match=f"cannot hold the .*{part}") as caught:
        restore_film(JobRequest(film, PNG, tmp_path / "p" / "%03d.png"), ignore)
    assert "film.restored.mov" in caught.value.what_to_do
    assert not (tmp_path / "p").exists()


def test_pictures_need_a_folder_of_their_own(film: Path) -> None:
    """The working folder itself cannot be made and named at the end."""
    with pytest.raises(UsageError) as caught:
        restore_film(JobRequest(film, PNG, Path("frame_%06d.png")), ignore)
    assert caught.value.code == "folder-needed"


@pytest.mark.slow
def test_a_disk_that_changes_pictures_is_noticed(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture that reads back differently ends the run; nothing has the final name."""
    monkeypatch.setattr(pictureset, "read_back", lambda *words: (np.zeros(1),) * 3)
    order = JobRequest(film, PNG, output=film.parent / "p" / "%03d.png")
    with pytest.raises(OutputError, match="png fails with"):
        restore_film(order, ignore)
    assert not (film.parent / "p").exists()


@pytest.mark.skipif(Path("/dev/nvidia0").exists(), reason="there is such hardware here")
def test_hardware_that_is_not_there_gives_way_to_software(film: Path) -> None:
    """By the family's name: a note, and the very job of software; by the full name: refused."""
    events: list[Event] = []
    recipe = Recipe(codec="hevc", encoder="nvenc", preset="p5", start=0, end=0.2)
    order = JobRequest(film, recipe, film.parent / "a.mkv", keep_work=True)
    restore_film(order, events.append)
    notes = [event.line for event in events if isinstance(event, Noted)]
    assert any("encoded in software" in note and "hevc_nvenc" in note for note in notes)
    plain = JobRequest(film, Recipe(codec="hevc", start=0, end=0.2), film.parent / "b.mkv")
    again: list[Event] = []
    restore_film(plain, again.append)
    assert any(isinstance(event, Reused) for event in again)
    asked = Recipe(codec="hevc", encoder="hevc_nvenc")
    with pytest.raises(OutputError, match="hevc_nvenc fails"):
        restore_film(JobRequest(film, asked, film.parent / "c.mkv"), ignore)
