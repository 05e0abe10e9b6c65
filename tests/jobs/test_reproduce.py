"""A recorded job made again: only from the recorded things, and frame by frame the same."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from restore import models
from restore.errors import SourceError, UsageError
from restore.jobs.prepare import JobRequest, film_digest
from restore.jobs.record_files import record_path
from restore.jobs.reproduce import compare, differences, read_record, rerun_of
from restore.jobs.restore_film import restore_film
from restore.media.container.probe import probe
from restore.recipe import Recipe
from restore.report.record import ModelFacts, Record
from restore.store import digest_file
from restore.treatments.upscale import UpscaleOptions
from tests.media.films import run_ffmpeg
from tests.report.made import made_record, made_versions


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A file that is taken for the film."""
    path = tmp_path / "film.mp4"
    path.write_bytes(b"film" * 100)
    return path


def recorded(film: Path, **changes: Any) -> Path:
    """A record, next to the film, of a result made from it without networks; returns its path."""
    made = made_record()
    facts = {"sha256": digest_file(film), "size": film.stat().st_size}
    source = made.source.model_copy(update=facts)
    recipe = made.request.recipe | {"upscale": None, "colorize": False}
    plain = {"source": source, "request": replace(made.request, recipe=recipe), "models": ()}
    return _written(film.with_name("film.restored.mp4"), made_record(**(plain | changes)))


def _written(result: Path, record: Record) -> Path:
    path = record_path(result)
    path.write_text(record.model_dump_json(indent=1), encoding="utf-8")
    return path


def test_the_same_things_are_ordered_again(film: Path) -> None:
    """The recorded recipe, on the recorded device and in the recorded precision, next to the record."""
    job = rerun_of(recorded(film), None, None)
    assert job.request.film == film
    assert job.request.output == film.with_name("film.restored.rerun.mp4")
    assert (job.request.recipe.device, job.request.recipe.precision) == ("cpu", "fp32")


def test_another_film_is_refused(film: Path, tmp_path: Path) -> None:
    """By its hash, whatever its name and size; a film that is not there is asked for."""
    record = recorded(film)
    other = tmp_path / "other.mp4"
    other.write_bytes(b"milf" * 100)
    with pytest.raises(SourceError) as caught:
        rerun_of(record, other, None)
    assert caught.value.code == "source-differs"
    other.write_bytes(b"film" * 101)
    with pytest.raises(SourceError, match="404 bytes; recorded are 400"):
        rerun_of(record, other, None)
    moved = film.rename(tmp_path / "moved.mp4")
    with pytest.raises(SourceError, match="--source"):
        rerun_of(record, None, None)
    assert rerun_of(record, moved, None).request.film == moved


def test_pictures_are_found_in_the_folder_that_their_result_is_named_after(tmp_path: Path) -> None:
    """Or next to the record; elsewhere, --source says it."""
    folder = tmp_path / "reel"
    run_ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=0.1", Path(f"{folder}%03d.png"))
    folder.mkdir()
    for path in sorted(tmp_path.glob("reel*.png")):
        path.rename(folder / path.name)
    source = probe(folder)
    facts = {"name": "reel%03d.png", "sha256": film_digest(source), "size": source.size}
    made = recorded(next(folder.iterdir()))
    record = read_record(made)
    changed = record.source.model_copy(update=facts)
    result = record.result.model_copy(update={"name": "reel.restored.mkv"})
    other = record.model_copy(update={"source": changed, "result": result})
    path = _written(tmp_path / "reel.restored.mkv", other)
    assert rerun_of(path, None, None).request.film == folder / "reel%03d.png"
    nearby = _written(folder / "reel.restored.mkv", other)
    assert rerun_of(nearby, None, None).request.film == folder / "reel%03d.png"
    folder.rename(tmp_path / "moved")
    with pytest.raises(SourceError, match="--source"):
        rerun_of(path, None, None)


def test_networks_are_known_by_their_weights(film: Path) -> None:
    """The recorded network by its full name; other weights of that name, or none, are refused."""
    card = models.find("film-x2")
    here = ModelFacts(
        task="upscale",
        name=card.full_name,
        sha256=card.sha256,
        architecture=card.architecture,
        licence=card.licence,
    )
    recipe = rerun_of(recorded(film, models=(here,), treatments={}), None, None).request.recipe
    assert recipe.of(UpscaleOptions).model == card.full_name
    for wrong in ({"sha256": "0" * 64}, {"name": "film-x2-v999"}):
        model = here.model_copy(update=wrong)
        with pytest.raises(UsageError, match="with the recorded hash"):
            rerun_of(recorded(film, models=(model,), treatments={}), None, None)


def test_a_network_that_no_longer_ships_is_in_the_project_s_history(film: Path) -> None:
    """Weights of an earlier version: the error points to the table with their commit."""
    retired = models.retired_models()[-1]
    facts = {"task": "upscale", "architecture": "FilmNet", "licence": "MIT"}
    model = ModelFacts(name=retired.full_name, sha256=retired.sha256, **facts)
    with pytest.raises(UsageError, match="no longer ships") as caught:
        rerun_of(recorded(film, models=(model,), treatments={}), None, None)
    assert retired.sha256 in caught.value.where
    assert "Earlier versions" in caught.value.what_to_do


def test_a_missing_device_is_a_note(film: Path) -> None:
    """Where the recorded GPU is missing another device computes, and the difference is named."""
    versions = made_versions(device="cuda:99", precision="fp16")
    job = rerun_of(recorded(film, versions=versions), None, None)
    assert job.request.recipe.device == "auto"
    assert any(line.startswith("device: cuda:99 in the record") for line in job.differences)


def test_a_damaged_source_s_result_can_be_made_again(film: Path) -> None:
    """What was saved of a damaged film is the result this time, too, not a failure."""
    assert rerun_of(recorded(film, damage=("broken",)), None, None).request.allow_damaged


def test_a_result_of_pictures_with_gaps_is_made_again(tmp_path: Path) -> None:
    """They are a note and no damage; the hash says that no others are missing now."""
    folder = tmp_path / "reel"
    folder.mkdir()
    run_ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=0.2", folder / "f_%03d.png")
    (folder / "f_003.png").unlink()
    recipe = Recipe(codec="ffv1", clean=0)
    order = JobRequest(folder, recipe, tmp_path / "g.mkv", allow_damaged=True)
    path = record_path(restore_film(order, lambda event: None))

    job = rerun_of(path, folder, None)
    found = compare(job.record, restore_film(job.request, lambda event: None))

    assert (found.same, found.frames) == (True, 4)


def test_differences_are_named_with_both_values() -> None:
    """Equal machines have none."""
    assert differences(made_versions(), made_versions()) == ()
    assert differences(made_versions(), made_versions(torch="2.14.0", threads=4)) == (
        "torch: 2.13.0 in the record, 2.14.0 now",
        "threads: 2 in the record, 4 now",
    )


def test_differing_frames_are_counted_and_the_first_is_named(tmp_path: Path) -> None:
    """One mark changed is one frame; a missing last frame differs, too."""
    before = made_record()
    result = tmp_path / "new.mp4"
    _written(result, before)
    assert compare(before, result).same
    first, second = before.segments
    changed = second.model_copy(update={"marks": "f" * 8 + second.marks[8:-8]})
    facts = before.result.model_copy(update={"frames_sha256": "1" * 64})
    _written(result, made_record(segments=(first, changed), result=facts))
    found = compare(before, result)
    assert not found.same
    assert found.differing == (60, 99)
    assert found.frames == 100


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x00\x01", "not a record"),
        (b"[]", "not a record"),
        (b'{"frames": 3}', "not a record"),
        (b'{"schema_version": 1, "frames": 3}', "another version"),
        (b'{"schema_version": 99}', "another version"),
        (b'{"schema_version": 2, "frames": 3}', "not a record"),
    ],
)
def test_what_is_not_a_record_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    """A film, a list, half a record, one of another version: an error each, never a traceback."""
    path = tmp_path / "film.mp4.restore.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=said):
        read_record(path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_record(tmp_path)


def test_a_changed_record_is_no_record(film: Path) -> None:
    """An unknown key or a hash that is none is found, and its place is named."""
    path = recorded(film)
    values = json.loads(path.read_text())
    values["source"]["sha256"] = "x"
    path.write_text(json.dumps(values))
    with pytest.raises(UsageError, match=r"source\.sha256"):
        read_record(path)


def test_a_changed_reference_is_a_difference(film: Path) -> None:
    """Of the images that colors are taken from; one that is missing is asked for."""
    still = film.with_name("still.png")
    still.write_bytes(b"colors")
    made = made_record()
    recipe = made.request.recipe | {"upscale": None, "colorize": True, "reference": [str(still)]}
    files = (("still.png", digest_file(still)),)
    facts = {"sha256": digest_file(film), "size": film.stat().st_size}
    path = recorded(
        film,
        source=made.source.model_copy(update=facts),
        request=replace(made.request, recipe=recipe, files=files),
    )
    before = rerun_of(path, None, None).differences
    assert not any("still.png" in line for line in before)
    still.write_bytes(b"other colors")
    after = rerun_of(path, None, None).differences
    assert [line for line in after if line not in before] == [
        f"still.png: SHA-256 {files[0][1][:12]} in the record, {digest_file(still)[:12]} now"
    ]
    still.unlink()
    with pytest.raises(UsageError) as caught:
        rerun_of(path, None, None)
    assert caught.value.code == "image-unreadable"
