"""A job's folder: what a worker on another machine finds in it, and what it refuses."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from restore.errors import RestoreError, SourceError, UsageError
from restore.media.images.sequence import ImageSequence
from restore.plan import FRAME_CODE, make_plan
from restore.recipe import Recipe
from restore.run import job_folder
from restore.run.frames import Job
from restore.run.job_folder import (
    PLAN,
    SOURCE,
    SURVEY,
    THUMBNAILS,
    parts_folder,
    read_job,
    read_plan,
    write_job,
)
from tests.framemaps import every_second
from tests.made import made_shot, made_source, made_survey


def job_of(folder: Path, film: Path, size: int = 1000) -> Job:
    """A job of a film of that many bytes, of which every second frame is dropped."""
    survey = made_survey(made_shot(0, 8, color="tint"), made_shot(8, 20, "card"))
    source = made_source(20, path=film, size=size, tags=(("title", "Zażółć"),))
    frame_map = every_second(survey.frames)
    recipe, engine = Recipe(codec="ffv1"), ("cpu", "fp32")
    plan = make_plan(source, survey, recipe, {}, engine, ".mkv", frame_map=frame_map)
    return Job(source, survey, plan, folder / THUMBNAILS)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A file of 1,000 bytes in place of a film."""
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(1000))
    return path


@pytest.fixture
def work(tmp_path: Path, film: Path) -> Path:
    """The folder of its job."""
    folder = tmp_path / "work" / "key"
    folder.mkdir(parents=True)
    write_job(folder, job_of(folder, film))
    return folder


def refused(folder: Path, film: Path | None = None) -> RestoreError:
    """The error of reading a job."""
    with pytest.raises(RestoreError) as caught:
        read_job(folder, film)
    return caught.value


def test_a_job_is_read_as_it_was_written(work: Path, film: Path) -> None:
    """Source, survey, plan and frame map are the same values; the parts have their folder."""
    assert read_job(work) == job_of(work, film)
    assert read_plan(work) == job_of(work, film).plan
    assert parts_folder(work).is_dir()


def test_the_films_path_is_kept_absolute(
    tmp_path: Path, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker may run in another folder than the planner did."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "work"
    folder.mkdir()
    write_job(folder, job_of(folder, Path("film.mp4")))
    monkeypatch.chdir("/")
    assert read_job(folder).source.path == film


def test_the_plan_is_written_last(
    tmp_path: Path, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever finds a plan finds the rest: a planner that dies before leaves no job."""
    folder = tmp_path / "work"
    folder.mkdir()
    written: list[str] = []
    write = job_folder.write_atomic

    def noted(path: Path, data: bytes) -> None:
        written.append(path.name)
        write(path, data)

    monkeypatch.setattr(job_folder, "write_atomic", noted)
    write_job(folder, job_of(folder, film))
    assert written == [SOURCE, SURVEY, PLAN]


@pytest.mark.parametrize("name", [PLAN, SURVEY, SOURCE])
@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"\xff", b'{"unknown": 1}'])
def test_a_file_that_is_missing_or_damaged_is_refused(
    work: Path, name: str, content: bytes | None
) -> None:
    """Each of the three files: one code, whatever is wrong with it, and no traceback."""
    if content is None:
        (work / name).unlink()
    else:
        (work / name).write_bytes(content)
    error = refused(work)
    assert isinstance(error, UsageError)
    assert error.code == "job-unreadable"
    assert str(work) in error.where


def test_a_job_of_another_version_is_refused(work: Path) -> None:
    """Frames of two versions must not be mixed: the error names both numbers."""
    values = json.loads((work / PLAN).read_text())
    (work / PLAN).write_text(json.dumps(values | {"code": FRAME_CODE + 7}))
    error = refused(work)
    assert error.code == "job-version"
    assert str(FRAME_CODE + 7) in error.where
    assert str(FRAME_CODE) in error.where


def test_a_film_is_recognized_by_its_size(work: Path, film: Path, tmp_path: Path) -> None:
    """It may lie elsewhere on this machine; one of another size is another film."""
    moved = tmp_path / "elsewhere.mp4"
    shutil.move(film, moved)
    error = refused(work)
    assert isinstance(error, SourceError)
    assert error.code == "source-missing"
    assert read_job(work, moved).source == replace(read_job(work, moved).source, path=moved)
    moved.write_bytes(bytes(999))
    assert refused(work, moved).code == "source-changed"
    assert "999 bytes, not 1000" in refused(work, moved).where


def test_an_image_sequence_is_found_in_another_folder(tmp_path: Path) -> None:
    """All of its files count for the size; the pattern's folder on this machine replaces the planner's."""
    reel, moved = tmp_path / "reel", tmp_path / "moved"
    reel.mkdir()
    for number in range(3):
        (reel / f"f{number}.png").write_bytes(bytes(10 + number))
    sequence = ImageSequence(reel, "f", 1, ".png", (0, 1, 2))
    folder = tmp_path / "work"
    folder.mkdir()
    job = job_of(folder, sequence.pattern, 33)
    write_job(folder, replace(job, source=replace(job.source, sequence=sequence)))
    assert read_job(folder).source.sequence == sequence

    shutil.move(reel, moved)
    assert refused(folder).code == "source-missing"
    found = read_job(folder, moved / "f%d.png").source
    assert found.sequence == replace(sequence, folder=moved)
    assert found.path == moved / "f%d.png"
    (moved / "f1.png").unlink()
    assert refused(folder, moved / "f%d.png").code == "source-missing"


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path, film: Path) -> None:
    """A file in place of the folder of parts: the error has its path, and no plan is written."""
    folder = tmp_path / "work"
    folder.mkdir()
    parts_folder(folder).touch()
    with pytest.raises(RestoreError) as caught:
        write_job(folder, job_of(folder, film))
    assert str(parts_folder(folder)) in caught.value.where
    assert not (folder / PLAN).exists()
