"""The work on each film: its options, its digest, and when nothing is left to do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from restore.errors import UsageError
from restore.jobs.batch.listing import Film
from restore.jobs.batch.state import BatchState, Entry, file_stat
from restore.jobs.batch.work_items import WorkItem, entries_of, job_digest_of, make_tasks
from restore.jobs.record_files import record_path
from restore.recipe import Recipe, load_recipe, recipe_fields


def film(path: Path, name: str = "a.mkv", recipe: Path | None = None) -> Film:
    """A film of a folder."""
    return Film(name, path / name, f"{name}.restored.*", recipe)


def words(overrides: Mapping[str, object], switches: Mapping[str, object]) -> tuple[str, ...]:
    """The options of a film file's run."""
    (task,) = make_tasks([film(Path("films"))], None, overrides, switches)
    return task.arguments


def test_options_become_arguments_of_a_run() -> None:
    """Names with hyphens, switches without a value, several values one by one, nothing for the rest."""
    found = words(
        {"keep_clock": True, "crf": 0, "colorize": False, "model": None},
        {"allow_loss": ("captions", "tags"), "work_dir": Path("/w"), "overwrite": True},
    )
    assert found == (
        *("--keep-clock", "--crf=0"),
        *("--allow-loss=captions", "--allow-loss=tags", "--work-dir=/w", "--overwrite"),
    )


def test_a_time_reaches_the_run_exactly() -> None:
    """A Python program may give a fraction of a second that no decimal number gives."""
    (argument,) = words({"start": Fraction(2, 3)}, {})
    name, _, value = argument.partition("=")
    assert name == "--start"
    assert load_recipe(None, {"start": value}).start == Fraction(2, 3)


def test_films_with_their_own_recipe_have_their_own_work(tmp_path: Path) -> None:
    """The list's recipe replaces the batch's; options of the command line are on top of both."""
    (tmp_path / "own.toml").write_text("upscale = 2\n")
    (tmp_path / "all.toml").write_text("crf = 30\n")
    films = [film(tmp_path), film(tmp_path, "b.mkv", tmp_path / "own.toml")]
    plain, own = make_tasks(films, tmp_path / "all.toml", {"codec": "hevc"}, {})
    assert plain.arguments == ("--recipe", str(tmp_path / "all.toml"), "--codec=hevc")
    assert own.arguments == ("--recipe", str(tmp_path / "own.toml"), "--codec=hevc")
    assert (plain.networks, own.networks) == (False, True)
    assert plain.job_digest == job_digest_of(Recipe(crf=30, codec="hevc"), allow_damaged=False)
    assert own.job_digest != plain.job_digest


def test_mistakes_of_all_recipes_come_together(tmp_path: Path) -> None:
    """A batch of a thousand films does not stop at the second list line with the first mistake."""
    for name, text in (("one.toml", "crf = 99\n"), ("two.toml", "depth = 9\n")):
        (tmp_path / name).write_text(text)
    films = [film(tmp_path, name, tmp_path / f"{name}.toml") for name in ("one", "two", "gone")]
    with pytest.raises(UsageError) as caught:
        make_tasks([*films, *films], None, {}, {})
    assert caught.value.where.count("line 1, crf") == 1
    assert "line 1, depth" in caught.value.where
    assert "gone.toml" in caught.value.where


CHANGES: dict[str, Any] = {
    "upscale": 2,
    "to": "160x120",
    "clean": 0.5,
    "deinterlace": "field",
    "deinterlacer": "bwdif",
    "field": "top",
    "pulldown": "auto",
    "repeats": "drop",
    "speed": 18,
    "auto": True,
    "chroma": 0.5,
    "crosscolor": 0.5,
    "dropout": 0.5,
    "linejitter": 0.5,
    "halo": 0.5,
    "borders": "crop",
    "descratch": 0.5,
    "deflicker": 0.5,
    "stabilize": 0.5,
    "colorize": True,
    "recolor": True,
    "variant": 3,
    "saturation": 0.5,
    "warmth": 0.5,
    "color_bible": "series.json",
    "color_sampler": "pixcolor",
    "model": "film-x1",
    "color_model": "color",
    "device": "cpu",
    "precision": "fp32",
    "codec": "ffv1",
    "depth": 10,
    "encoder": "nvenc",
    "crf": 30,
    "preset": "slow",
    "start": 1,
    "end": 2,
    "rate": 25,
    "keep_clock": True,
}


def test_every_option_of_the_recipe_makes_another_digest() -> None:
    """A film is done only with the same options; those that change no frame are no exception."""
    assert {*CHANGES, "for", "colors", "reference"} == set(recipe_fields())
    digests = {job_digest_of(Recipe(), allow_damaged=False)}
    for key, value in CHANGES.items():
        digests.add(job_digest_of(Recipe.model_validate({key: value}), allow_damaged=False))
    assert len(digests) == len(CHANGES) + 1


def test_a_changed_reference_makes_another_digest(tmp_path: Path) -> None:
    """The film whose colors come from an image is not done once the image was edited."""
    still = tmp_path / "still.png"
    recipe = Recipe.model_validate({"colorize": True, "reference": [str(still)]})
    digests: set[str] = set()
    for level in (80, 160):
        cv2.imwrite(str(still), np.full((48, 64, 3), level, np.uint8))
        digests.add(job_digest_of(recipe, allow_damaged=False))
    assert len(digests) == 2


def test_the_digest_has_what_a_recipe_does_not_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of shots, whether damaged films are accepted, weights, and the version of the frames."""
    recipe = Recipe(upscale=2)
    plain = job_digest_of(recipe, allow_damaged=False)
    assert plain == job_digest_of(Recipe(upscale=2), allow_damaged=False)
    tables = Recipe.model_validate({"upscale": 2, "shot": [{"number": 1, "clean": 0}]})
    found = {
        plain,
        job_digest_of(tables, allow_damaged=False),
        job_digest_of(recipe, allow_damaged=True),
    }
    monkeypatch.setattr("restore.plan.FRAME_CODE", -1)
    found.add(job_digest_of(recipe, allow_damaged=False))
    monkeypatch.setattr(
        "restore.jobs.batch.work_items._card", lambda name: type("Card", (), {"sha256": "0"})
    )
    found.add(job_digest_of(recipe, allow_damaged=False))
    assert len(found) == 5


@pytest.fixture
def done(tmp_path: Path) -> tuple[WorkItem, Entry]:
    """A film whose result lies in `out`, and its entry."""
    (tmp_path / "a.mkv").write_bytes(b"film")
    out = tmp_path / "out"
    out.mkdir()
    result = out / "a.restored.mkv"
    result.write_bytes(b"result")
    record_path(result).touch()
    task = WorkItem(film(tmp_path), "digest", (), networks=False)
    entry = Entry(
        str(tmp_path / "a.mkv"),
        "done",
        target="a.mkv.restored.*",
        job_digest="digest",
        source=file_stat(tmp_path / "a.mkv"),
        result=result.name,
        result_stat=file_stat(result),
        frames=7,
        work=0.5,
    )
    return task, entry


def state_of(task: WorkItem, entry: Entry | None, *, verify: bool = False) -> Entry:
    """The entry as a run finds it."""
    out = task.film.path.parent / "out"
    films = {} if entry is None else {"a.mkv": entry}
    return entries_of(BatchState(films), [task], out, verify=verify)["a.mkv"]


@pytest.mark.parametrize("state", ["done", "damaged"])
def test_a_finished_film_stays_finished(done: tuple[WorkItem, Entry], state: Any) -> None:
    """Also a damaged one, of which no other attempt makes more; with --verify its run decides."""
    task, entry = done
    entry = replace(entry, state=state)
    assert state_of(task, entry) is entry
    assert state_of(task, entry, verify=True).state == "waiting"


@pytest.mark.parametrize("change", ["digest", "result", "record", "gone", "failed", "no result"])
def test_an_unfinished_film_keeps_what_its_header_said(
    done: tuple[WorkItem, Entry], change: str
) -> None:
    """Whatever is missing: it waits, and its header needs not be read again."""
    task, entry = done
    result = task.film.path.parent / "out" / "a.restored.mkv"
    match change:
        case "digest":
            task = replace(task, job_digest="another")
        case "result":
            os.utime(result, ns=(5, 5))
        case "record":
            record_path(result).unlink()
        case "gone":
            result.unlink()
        case "failed":
            entry = replace(entry, state="failed", reason="no memory", tries=2)
        case _:
            entry = replace(entry, result=None)
    found = state_of(task, entry)
    assert (found.state, found.reason, found.tries) == ("waiting", "", 0)
    assert (found.work, found.frames) == (0.5, 7)
    assert found.job_digest == task.job_digest


def test_a_source_that_changed_is_a_new_film(done: tuple[WorkItem, Entry]) -> None:
    """Nothing that is known of it counts, not even its header; nor of one that is gone."""
    task, entry = done
    task.film.path.write_bytes(b"another film")
    found = state_of(task, entry)
    assert (found.state, found.work, found.frames) == ("waiting", None, None)
    task.film.path.unlink()
    assert state_of(task, entry).source is None
    assert state_of(task, replace(entry, source=None)).state == "waiting"
    assert state_of(task, None).state == "waiting"


def test_a_film_that_another_run_works_on_stays_with_it(done: tuple[WorkItem, Entry]) -> None:
    """Its state is that run's to write."""
    task, entry = done
    entry = replace(entry, state="running", run="other", job_digest="another")
    assert state_of(task, entry) is entry
