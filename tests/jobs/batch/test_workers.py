"""Workers of a batch: what the end of a process means, and who works on which film."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from restore.jobs.batch import processes
from restore.jobs.batch.listing import Film
from restore.jobs.batch.state import BatchState, Entry, change_state, file_stat, read_state
from restore.jobs.batch.work_items import WorkItem
from restore.jobs.batch.workers import FilmWorkers, WorkerSettings
from restore.store import digest_bytes, held, make_folder

Worked = Callable[..., tuple[FilmWorkers, list[tuple[str, Entry]]]]


@pytest.fixture(autouse=True)
def acting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Films' processes only act."""
    program = str(Path(__file__).parent / "acting.py")
    monkeypatch.setattr(processes, "PROGRAM", (sys.executable, "-I", "-S", program))
    monkeypatch.setattr("restore.jobs.batch.workers.RETRY_SECONDS", (0.02, 0.05))


@pytest.fixture
def worked(tmp_path: Path) -> Worked:
    """Lets workers restore films that say what becomes of them; the workers, and all changes."""

    def work(films: dict[str, str], **settings: Any) -> tuple[FilmWorkers, list[tuple[str, Entry]]]:
        tasks: list[WorkItem] = []
        for name, how in films.items():
            (tmp_path / name).write_text(how, encoding="utf-8")
            film = Film(name, tmp_path / name, f"sub/{name}.restored.*")
            tasks.append(WorkItem(film, "digest", (), networks=False))
        entries = {
            task.film.name: Entry(
                str(task.film.path), "waiting", target=task.film.target, job_digest="digest"
            )
            for task in tasks
        }
        changes: list[tuple[str, Entry]] = []
        workers = FilmWorkers(
            WorkerSettings(tmp_path / "out", "me", **settings),
            tasks,
            entries,
            lambda name, entry: changes.append((name, entry)),
        )
        workers.work()
        return workers, changes

    return work


def started(folder: Path) -> list[str]:
    """The films whose process was started, in order."""
    file = folder / "started.txt"
    return file.read_text(encoding="utf-8").split() if file.exists() else []


def test_a_finished_film_has_its_result_and_no_messages(worked: Worked, tmp_path: Path) -> None:
    """With size and time of the result; the file with its process's messages is gone."""
    workers, changes = worked({"a.mkv": "ok"})
    entry = workers.entries["a.mkv"]
    result = tmp_path / "out" / "sub" / "a.mkv.restored.mkv"
    assert (entry.state, entry.exit_code, entry.tries) == ("done", 0, 1)
    assert entry.result == "sub/a.mkv.restored.mkv"
    assert entry.result_stat == file_stat(result)
    assert (entry.frames, entry.frames_done, entry.step) == (4, 4, "")
    assert (entry.run, entry.reason) == ("me", "")
    assert read_state(tmp_path / "out").films == workers.entries
    assert [one.step for _, one in changes] == [
        "starting",
        "starting",
        "restoring",
        "restoring",
        "",
    ]
    assert not list((tmp_path / "out" / ".batch").glob("film-*"))


def test_a_result_that_was_there_keeps_its_time(worked: Worked) -> None:
    """A run that had nothing to do says nothing about the speed."""
    workers, _ = worked({"a.mkv": "ok"})
    first = workers.entries["a.mkv"]
    workers, _ = worked({"a.mkv": "ok"})
    again = workers.entries["a.mkv"]
    assert again.reason == "already done"
    assert again.seconds is None
    assert again.result_stat == first.result_stat


@pytest.mark.parametrize(
    ("how", "retries", "tries", "state", "code"),
    [
        ("crash 1", 1, 2, "done", 0),
        ("crash 1", 0, 1, "failed", -9),
        ("crash 3", 2, 3, "failed", -9),
        ("usage", 5, 1, "failed", 2),
        ("damaged", 5, 1, "damaged", 5),
    ],
)
def test_only_failures_that_may_pass_are_tried_again(
    worked: Worked, tmp_path: Path, how: str, retries: int, tries: int, state: str, code: int
) -> None:
    """A crash is, up to the number of retries; a mistake of the user and a damaged source are not."""
    workers, _ = worked({"a.mkv": how}, retries=retries)
    entry = workers.entries["a.mkv"]
    assert (entry.state, entry.exit_code, entry.tries) == (state, code, tries)
    assert len(started(tmp_path)) == tries


def test_a_crash_has_its_signal_and_last_words_as_reason(worked: Worked, tmp_path: Path) -> None:
    """The process gave no reason itself; its messages are kept for whoever looks for it."""
    workers, _ = worked({"a.mkv": "crash 9"}, retries=0)
    reason = workers.entries["a.mkv"].reason
    assert reason == "its process ended with signal SIGKILL: a library's last words"
    (kept,) = (tmp_path / "out" / ".batch").glob("film-*.log")
    assert "last words" in kept.read_text(encoding="utf-8")


def test_a_retry_comes_after_the_other_films(worked: Worked, tmp_path: Path) -> None:
    """Until then the film waits, with the reason of the failure."""
    _, changes = worked({"a.mkv": "crash 1", "b.mkv": "ok"}, retries=1)
    assert started(tmp_path) == ["a.mkv", "b.mkv", "a.mkv"]
    waiting = [entry.reason for name, entry in changes if entry.state == "waiting"]
    assert len(waiting) == 1
    assert waiting[0].startswith("will be tried again: its process ended")


def test_a_film_that_is_busy_elsewhere_is_no_failed_attempt(worked: Worked, tmp_path: Path) -> None:
    """Another run restores to the same name: it is tried again until that has ended."""
    workers, _ = worked({"a.mkv": "busy 2"}, retries=0)
    entry = workers.entries["a.mkv"]
    assert (entry.state, entry.tries) == ("done", 1)
    assert len(started(tmp_path)) == 3


def test_a_film_that_another_run_has_locked_comes_last(worked: Worked, tmp_path: Path) -> None:
    """No process is started for it until its lock is free; the other films go on."""
    folder = make_folder(tmp_path / "out" / ".batch")
    lock = folder / f"film-{digest_bytes(b'a.mkv')[:16]}.lock"
    others = ExitStack()
    others.enter_context(held(lock, "busy"))
    retry = FilmWorkers._retry_locked  # pyright: ignore[reportPrivateUsage]

    def freed(self: FilmWorkers) -> None:
        if started(tmp_path) == ["b.mkv"]:
            others.close()
        retry(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FilmWorkers, "_retry_locked", freed)
        workers, changes = worked({"a.mkv": "ok", "b.mkv": "ok"})
    assert started(tmp_path) == ["b.mkv", "a.mkv"]
    assert {one.state for one in workers.entries.values()} == {"done"}
    assert changes[0] == ("a.mkv", replace(changes[0][1], state="waiting"))
    assert "another run works on it" in changes[0][1].reason


@pytest.mark.parametrize(
    ("run", "digest", "again"),
    [("other", "digest", False), ("other", "older", True), ("me", "digest", True)],
)
def test_what_another_run_finished_meanwhile_is_not_done_again(
    worked: Worked, tmp_path: Path, run: str, digest: str, again: bool
) -> None:
    """Only if it was the same job of another run: its entry is taken over."""
    theirs = Entry("a.mkv", "done", job_digest=digest, run=run, reason="theirs")
    change_state(tmp_path / "out", lambda current: BatchState({"a.mkv": theirs}))
    workers, _ = worked({"a.mkv": "ok"})
    assert (started(tmp_path) == ["a.mkv"]) == again
    assert (workers.entries["a.mkv"] == theirs) != again


def test_no_more_films_at_once_than_asked_for(worked: Worked) -> None:
    """Two at a time; each has the number in its entry, which estimates need."""
    workers, changes = worked({f"{n}.mkv": "ok" for n in range(5)}, jobs=2)
    running: set[str] = set()
    most = 0
    for name, entry in changes:
        (running.add if entry.state == "running" else running.discard)(name)
        most = max(most, len(running))
    assert most == 2
    assert {entry.jobs for entry in workers.entries.values()} == {2}


def test_ctrl_c_stops_the_processes_and_says_so(
    worked: Worked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Films at work are interrupted, in the state file too; their locks are free again."""
    listen = FilmWorkers._listen  # pyright: ignore[reportPrivateUsage]

    def interrupted(self: FilmWorkers) -> None:
        listen(self)
        if (tmp_path / "slow.txt").exists():
            raise KeyboardInterrupt

    monkeypatch.setattr(FilmWorkers, "_listen", interrupted)
    with pytest.raises(KeyboardInterrupt):
        worked({"a.mkv": "slow", "b.mkv": "ok"})
    found = read_state(tmp_path / "out").films
    assert found["a.mkv"].state == "interrupted"
    assert found["a.mkv"].reason == "stopped; the same command continues"
    assert "b.mkv" not in found
    assert not list((tmp_path / "out" / ".batch").glob("film-*.lock"))
