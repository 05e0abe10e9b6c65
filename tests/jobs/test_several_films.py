"""One film after another: failures, their order, and the log of each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from restore.errors import BatchError, Interrupted, RestoreError, SourceError
from restore.jobs.prepare import JobRequest
from restore.jobs.requests import FilmRequest
from restore.jobs.several_films import for_each_film, ready, restore_logged
from restore.recipe import Recipe
from restore.run.events import Event, Listener, Planned
from tests.run.made import plan


def requests(*names: str) -> list[FilmRequest]:
    """A request for each name."""
    return [FilmRequest(JobRequest(Path(name), Recipe()), None) for name in names]


def failing(failures: dict[str, BaseException], done: list[str]) -> Callable[[FilmRequest], None]:
    """Work that fails for some films."""

    def work(request: FilmRequest) -> None:
        name = str(request.job.film)
        done.append(name)
        if name in failures:
            raise failures[name]

    return work


def test_a_failure_does_not_stop_the_other_films() -> None:
    """All films have their turn, each failure is reported once, and the last error names the failed ones."""
    done: list[str] = []
    reported: list[tuple[str, RestoreError]] = []
    gone = SourceError("The file does not exist.")
    with pytest.raises(BatchError) as caught:
        for_each_film(
            requests("a", "b", "c"),
            failing({"b": gone}, done),
            lambda request, error: reported.append((str(request.job.film), error)),
        )
    assert done == ["a", "b", "c"]
    assert reported == [("b", gone)]
    assert caught.value.what == "1 of 3 films failed."
    assert caught.value.where == "b"


def test_the_failure_of_a_single_film_is_raised_as_it_is() -> None:
    """With one film there is nothing to sum up."""
    gone = SourceError("The file does not exist.")
    with pytest.raises(SourceError) as caught:
        for_each_film(requests("a"), failing({"a": gone}, []), lambda request, error: None)
    assert caught.value is gone


def test_ctrl_c_ends_the_work_at_once() -> None:
    """The films after the one that was stopped are not begun."""
    done: list[str] = []
    with pytest.raises(Interrupted):
        for_each_film(
            requests("a", "b"),
            failing({"a": KeyboardInterrupt()}, done),
            lambda request, error: None,
        )
    assert done == ["a"]


def test_what_fails_is_in_the_log_of_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug becomes a RestoreError that names the job's log; the log has its events and the traceback."""
    events: list[Event] = []

    def fails(request: JobRequest, listener: Listener) -> Path:
        listener(Planned(plan(), tmp_path / "out.mp4", tmp_path))
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("restore.jobs.several_films.restore_film", fails)
    with pytest.raises(RestoreError) as caught:
        restore_logged(JobRequest(Path("a"), Recipe()), events.append)
    log = tmp_path / "log.txt"
    assert str(log) in caught.value.where
    assert [type(event) for event in events] == [Planned]
    text = log.read_text(encoding="utf-8")
    assert "120 frames in 2 shots" in text
    assert "Traceback" in text
    assert "failed (internal-error, exit code 1)" in text


def test_the_folder_for_results_is_made_when_a_film_begins(reel: Path, tmp_path: Path) -> None:
    """A folder that was asked for exists once the first film is ready, with the result's full name in it."""
    folder = tmp_path / "new"
    found = ready(FilmRequest(JobRequest(reel, Recipe()), folder))
    assert folder.is_dir()
    assert found.output == folder / "reel.restored.mp4"
