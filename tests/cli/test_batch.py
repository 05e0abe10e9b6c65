"""`restore batch` and `restore status`, with a program that only acts like a film's own run."""

from __future__ import annotations

import inspect
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from restore.cli import batch
from restore.cli.app import main
from restore.cli.recipe_options import with_recipe_options
from restore.jobs.batch import estimate, processes
from restore.jobs.batch.listing import list_films
from restore.jobs.batch.state import BatchState, Entry, change_state, file_stat, read_state
from restore.jobs.batch.work_items import make_tasks
from restore.jobs.record_files import record_path
from restore.recipe.recipe_model import recipe_fields
from tests.media.films import make

ACTING = (
    sys.executable,
    "-I",
    "-S",
    str(Path(__file__).parent.parent / "jobs" / "batch" / "acting.py"),
)


@pytest.fixture(autouse=True)
def acting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Films' processes only act."""
    monkeypatch.setattr(processes, "PROGRAM", ACTING)
    monkeypatch.setattr("restore.jobs.batch.workers.RETRY_SECONDS", (0.1, 0.5))


Archive = Callable[[Mapping[str, str]], tuple[str, ...]]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Writes films that say what becomes of them; gives the arguments of a batch over them."""

    def write(films: Mapping[str, str]) -> tuple[str, ...]:
        for name, how in films.items():
            path = tmp_path / "films" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(how, encoding="utf-8")
        return ("batch", str(tmp_path / "films"), "--out", str(tmp_path / "out"))

    return write


def entries(tmp_path: Path) -> Mapping[str, Entry]:
    """The films in the book."""
    return read_state(tmp_path / "out").films


def started(tmp_path: Path) -> list[str]:
    """The films whose process was started, in order."""
    file = tmp_path / "films" / "started.txt"
    return file.read_text(encoding="utf-8").split() if file.exists() else []


def test_all_films_are_restored_into_the_same_tree(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every film is done, each once; the same command again starts nothing and says so."""
    arguments = archive({"a.mkv": "ok", "b/c.mp4": "ok", "b/c.mkv": "ok", "read me.txt": "me"})
    assert main([*arguments, "--jobs", "2"]) == 0
    reported = capsys.readouterr()
    assert "b/c.mkv: done, 4 frames" in reported.out
    assert reported.err == ""
    out = tmp_path / "out"
    results = {path.relative_to(out).as_posix() for path in out.rglob("*.mkv")}
    assert results == {"a.restored.mkv", "b/c.mkv.restored.mkv", "b/c.mp4.restored.mkv"}
    assert entries(tmp_path)["read me.txt"].state == "skipped"
    assert not (out / ".batch").exists()
    before = started(tmp_path)
    assert main(list(arguments)) == 0
    assert started(tmp_path) == before
    assert "3 done" in capsys.readouterr().out


@pytest.mark.parametrize("change", ["source", "result", "record", "recipe", "--verify"])
def test_whatever_changed_is_looked_at_again(change: str, archive: Archive, tmp_path: Path) -> None:
    """A film counts as done only if source, result, record and job_digest are what they were."""
    arguments = [*archive({"a.mkv": "ok", "b.mkv": "ok"})]
    assert main(arguments) == 0
    result = tmp_path / "out" / "a.restored.mkv"
    match change:
        case "source":
            (tmp_path / "films" / "a.mkv").write_text("ok ", encoding="utf-8")
        case "result":
            os.utime(result, ns=(1, 1))
        case "record":
            record_path(result).unlink()
        case "recipe":
            arguments += ["--crf", "30"]
        case _:
            arguments.append(change)
    again = ["a.mkv"] if change in ("source", "result", "record") else ["a.mkv", "b.mkv"]
    assert main(arguments) == 0
    assert started(tmp_path) == ["a.mkv", "b.mkv", *again]


def test_one_failure_touches_no_other(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 7 says how many failed; the reason stands in the book; the rest is done."""
    arguments = archive({"a.mkv": "usage", "b.mkv": "damaged", "c.mkv": "ok", "d.mkv": "crash 9"})
    assert main([*arguments, "--retries", "0"]) == 7
    assert "3 of 4 films failed" in capsys.readouterr().err
    found = entries(tmp_path)
    assert {name: one.state for name, one in found.items() if name != "started.txt"} == {
        "a.mkv": "failed",
        "b.mkv": "damaged",
        "c.mkv": "done",
        "d.mkv": "failed",
    }
    assert found["a.mkv"].reason.startswith("There is a mistake.")
    assert found["b.mkv"].result == "b.restored.partial.mkv"
    assert found["d.mkv"].reason == "its process ended with signal SIGKILL: a library's last words"


def test_only_what_may_pass_is_tried_again(archive: Archive, tmp_path: Path) -> None:
    """A crash gets its retries, after the other films; a mistake and damage get none."""
    arguments = archive({"a.mkv": "crash 2", "b.mkv": "usage", "c.mkv": "damaged"})
    assert main([*arguments, "--retries", "2"]) == 7
    assert started(tmp_path) == ["a.mkv", "b.mkv", "c.mkv", "a.mkv", "a.mkv"]
    assert (entries(tmp_path)["a.mkv"].state, entries(tmp_path)["a.mkv"].tries) == ("done", 3)
    assert main(list(arguments)) == 7  # what failed is tried again, the damaged source is known
    assert started(tmp_path)[5:] == ["b.mkv"]


def test_stop_begins_no_film_after_a_failure(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --stop the others wait for the next run."""
    assert main([*archive({"a.mkv": "usage", "b.mkv": "ok"}), "--stop"]) == 7
    assert started(tmp_path) == ["a.mkv"]
    assert entries(tmp_path)["b.mkv"].state == "waiting"
    assert "1 were not started" in capsys.readouterr().err


def test_a_film_in_other_hands_is_left_to_the_end(archive: Archive, tmp_path: Path) -> None:
    """Somebody restores that very film: it is no failure, and it is looked at again."""
    assert main([*archive({"a.mkv": "busy 2", "b.mkv": "ok"}), "--retries", "0"]) == 0
    assert started(tmp_path) == ["a.mkv", "b.mkv", "a.mkv", "a.mkv"]
    assert entries(tmp_path)["a.mkv"].tries == 1


def _start(arguments: tuple[str, ...]) -> subprocess.Popen[str]:
    """A batch in a process of its own, whose films only act."""
    program = (
        "import sys; from restore.jobs.batch import processes, workers; from restore.cli import main; "
        f"processes.PROGRAM = {ACTING!r}; workers.RETRY_SECONDS = (0.1, 0.5); sys.exit(main())"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_runs_share_the_films(archive: Archive, tmp_path: Path) -> None:
    """Two runs on one folder: every film is worked on once, and both end with all of them done."""
    arguments = archive({f"{number:02}.mkv": "ok" for number in range(12)})
    runs = [_start(arguments), _start(arguments)]
    reported = [run.communicate(timeout=60) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], reported
    assert sorted(started(tmp_path)) == [f"{number:02}.mkv" for number in range(12)]
    last = [json.loads(out.splitlines()[-1]) for out, _ in reported]
    assert [event["counts"]["done"] for event in last] == [12, 12]


def test_a_stop_is_orderly(archive: Archive, tmp_path: Path) -> None:
    """SIGTERM: the film's process is stopped as well, the book says interrupted, exit code 130."""
    arguments = archive({"a.mkv": "slow", "b.mkv": "ok"})
    run = _start(arguments)
    while not (tmp_path / "films" / "slow.txt").exists():
        time.sleep(0.05)
    assert run.poll() is None
    run.send_signal(signal.SIGTERM)
    _, err = run.communicate(timeout=30)
    assert run.returncode == 130, err
    assert "The same command continues" in err
    book = read_state(tmp_path / "out")
    states = {name: one.state for name, one in book.films.items()}
    assert (states["a.mkv"], states["b.mkv"]) == ("interrupted", "waiting")
    assert [one.state for one in book.runs.values()] == ["interrupted"]


def test_status_reports_a_killed_run(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """While a run exists, its film is running; after kill -9 it is reported as interrupted, in both forms."""
    run = _start(archive({"a.mkv": "slow"}))
    while not (tmp_path / "films" / "slow.txt").exists():
        time.sleep(0.05)
    time.sleep(0.3)
    assert _status(tmp_path, capsys)["films"]["a.mkv"]["state"] == "running"
    run.kill()
    run.communicate()
    reported = _status(tmp_path, capsys)
    assert reported["films"]["a.mkv"]["state"] == "interrupted"
    assert reported["counts"] == {"interrupted": 1}
    assert main(["status", str(tmp_path / "out"), "--watch"]) == 0
    assert "interrupted" in capsys.readouterr().out


def _status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["status", str(tmp_path / "out"), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_status_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder without a book is named, with what to name instead."""
    assert main(["status", str(tmp_path)]) == 3
    assert "--out" in capsys.readouterr().err


def test_what_cannot_fit_is_not_started(
    archive: Archive,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The estimate by a trial is reported first; too little space stops the batch before any film."""
    arguments = archive({})
    make(tmp_path / "films" / "a.mkv", drawn="testsrc2=s=48x32:r=12:d=0.5")
    rate = estimate.Rate(start=1, seconds=1000, bytes=1e9)
    monkeypatch.setattr(estimate, "tried_rate", lambda tasks, known: rate)
    monkeypatch.setattr(estimate, "free_space", lambda folder: 10_000_000)
    assert main([*arguments]) == 4
    reported = capsys.readouterr()
    assert "about 0:10 and 18.4 MB of disk (10.0 MB free) for 1 film" in reported.out
    assert "--force" in reported.err
    assert read_state(tmp_path / "out").estimate["disk"] == 18_432_000
    assert entries(tmp_path)["a.mkv"].frames == 6


def test_dry_run_writes_nothing(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It lists the films and what was passed over, and leaves no folder behind."""
    assert main([*archive({"a.mkv": "ok", "b.txt": "no"}), "--dry-run"]) == 0
    reported = capsys.readouterr().out
    assert "a.mkv: waiting" in reported
    assert "b.txt: skipped: not the suffix of a film (.txt)" in reported
    assert not (tmp_path / "out").exists()


def test_shares_have_disjoint_films(archive: Archive, tmp_path: Path) -> None:
    """Two tasks of an array do all films, each its own, and keep one book."""
    arguments = archive({f"{letter}.mkv": "ok" for letter in "abc"})
    assert [main([*arguments, "--share", f"{part}/2"]) for part in (1, 2)] == [0, 0]
    assert started(tmp_path) == ["a.mkv", "c.mkv", "b.mkv"]
    assert sum(one.state == "done" for one in entries(tmp_path).values()) == 3


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--share", "3/2"], "--share 3/2"),
        (["--upscale", "3", "--crf", "x"], "--crf"),
        (["--model", "nobody", "--upscale", "2"], "nobody"),
    ],
)
def test_mistakes_are_found_before_any_film(
    arguments: list[str],
    expected: str,
    archive: Archive,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Wrong arguments start nothing."""
    assert main([*archive({"a.mkv": "ok"}), *arguments]) == 2
    assert expected in capsys.readouterr().err
    assert started(tmp_path) == []


def test_results_go_into_a_folder(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file under the name of --out, be it a film, is left alone."""
    archive({"a.mkv": "ok"})
    film = tmp_path / "films" / "a.mkv"
    assert main(["batch", str(tmp_path / "films"), "--out", str(film)]) == 4
    assert "not a folder for results" in capsys.readouterr().err
    assert film.is_file()


def test_a_batch_has_every_option_of_a_recipe() -> None:
    """What a film can be asked for, an archive can."""
    parameters = inspect.signature(with_recipe_options(batch.command)).parameters
    assert set(recipe_fields()) <= {name.removesuffix("_") for name in parameters}


def test_every_field_of_the_state_file_is_documented(root: Path) -> None:
    """The page describes the form of batch.json, field by field, and every option."""
    page = (root / "docs" / "batch.md").read_text(encoding="utf-8")
    names = [*inspect.signature(Entry).parameters, *inspect.signature(BatchState).parameters]
    assert [name for name in names if f"`{name}`" not in page] == []
    options = set(inspect.signature(batch.command).parameters) - {"context", "what", "as_json"}
    options -= {*recipe_fields(), "asked"}
    assert [w for w in options if f"--{w.replace('_', '-')}" not in page] == []


def test_thousands_of_done_films_are_recognised_at_once(tmp_path: Path, root: Path) -> None:
    """3,000 films that are done: none is opened, the book not once for each, neither torch nor cv2 loaded."""
    films, out = tmp_path / "films", tmp_path / "out"
    for number in range(3000):
        film = films / f"{number // 100:02}" / f"{number}.mkv"
        film.parent.mkdir(parents=True, exist_ok=True)
        film.touch()
        os.truncate(film, 1 << 30)
    tasks = make_tasks(list_films([str(films)], out, {}).films, None, {}, {})

    def done(book: BatchState) -> BatchState:
        found: dict[str, Entry] = {}
        for task in tasks:
            result = out / task.film.target.replace(".*", ".mkv")
            result.parent.mkdir(parents=True, exist_ok=True)
            result.touch()
            record_path(result).touch()
            found[task.film.name] = Entry(
                str(task.film.path),
                "done",
                target=task.film.target,
                job_digest=task.job_digest,
                source=file_stat(task.film.path),
                result=result.relative_to(out).as_posix(),
                result_stat=file_stat(result),
            )
        return BatchState(found)

    change_state(out, done)
    program = (
        "import sys; from restore.cli import main; opened = []; "
        "sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == 'open' else None); "
        "code = main(sys.argv[1:]); heavy = {'torch', 'cv2'} & set(sys.modules); "
        "films = [name for name in opened if name.endswith('.mkv')]; "
        "print(code, len(heavy), len(films), len([name for name in opened if 'batch.json' in name]))"
    )
    arguments = [sys.executable, "-c", program, "batch", str(films), "--out", str(out)]
    run = subprocess.run(arguments, cwd=root, capture_output=True, text=True, check=True)
    *_, summary, last = run.stdout.splitlines()
    assert summary.startswith("3,000 films: 3,000 done")
    code, heavy, read, book = map(int, last.split(" "))
    assert (code, heavy, read) == (0, 0, 0)
    assert 0 < book < 10
