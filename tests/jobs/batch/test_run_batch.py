"""A batch from start to end, with processes that only act: what it reports, writes and refuses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from restore.errors import BatchError, Interrupted, OutputError, SourceError, UsageError
from restore.jobs.batch import estimate, processes, state
from restore.jobs.batch.estimate import BatchCost, Rate
from restore.jobs.batch.run_batch import (
    BatchEvent,
    BatchRequest,
    BatchResult,
    Counted,
    Estimated,
    FilmChanged,
    check_result,
    estimate_batch,
    run_batch,
)
from restore.jobs.batch.state import Entry, read_state
from restore.jobs.batch.workers import FilmWorkers

Archive = Callable[[Mapping[str, str]], BatchRequest]


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """Writes films that say what becomes of them; the request of a batch over them."""
    acting = str(Path(__file__).parent / "acting.py")
    monkeypatch.setattr(processes, "PROGRAM", (sys.executable, "-I", "-S", acting))
    monkeypatch.setattr("restore.jobs.batch.workers.RETRY_SECONDS", (0.05, 0.1))

    def write(films: Mapping[str, str]) -> BatchRequest:
        for name, how in films.items():
            (tmp_path / "films" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "films" / name).write_text(how, encoding="utf-8")
        return BatchRequest([str(tmp_path / "films")], tmp_path / "out", retries=0)

    return write


def changed(request: BatchRequest, **values: Any) -> BatchRequest:
    """The request with other values."""
    return replace(request, **values)


def test_the_listener_follows_the_whole_batch(archive: Archive) -> None:
    """Counted, estimated, each change of each film, and counted again with the time it took."""
    request = archive({"a.mkv": "ok", "b.mkv": "usage", "readme": "text"})
    events: list[BatchEvent] = []
    result = run_batch(request, events.append)
    kinds = [type(event) for event in events]
    assert kinds[:2] == [Counted, Estimated]
    assert set(kinds[2:-1]) == {FilmChanged}
    first, last = events[0], events[-1]
    assert isinstance(first, Counted)
    assert isinstance(last, Counted)
    assert [one.state for one in first.entries] == ["waiting", "waiting", "skipped"]
    assert first.seconds is None
    assert last.seconds == result.seconds
    states = [
        event.entry.state
        for event in events
        if isinstance(event, FilmChanged) and event.name == "a.mkv"
    ]
    assert (states[0], states[-1]) == ("running", "done")
    steps = [event.entry.step for event in events if isinstance(event, FilmChanged)]
    assert "restoring" in steps


def test_the_result_says_how_every_film_ended(archive: Archive) -> None:
    """Failed and damaged ones are named; a batch in which any is left is not ok."""
    request = archive({"a.mkv": "ok", "b.mkv": "usage", "c.mkv": "damaged"})
    result = run_batch(request, lambda event: None)
    assert {name: one.state for name, one in result.films.items()} == {
        "a.mkv": "done",
        "b.mkv": "failed",
        "c.mkv": "damaged",
    }
    assert result.failed == ("b.mkv", "c.mkv")
    assert not result.ok
    assert result.films["b.mkv"].reason.startswith("There is a mistake.")
    assert (result.films["b.mkv"].exit_code, result.films["c.mkv"].exit_code) == (2, 5)
    assert result.films["c.mkv"].result == "c.restored.partial.mkv"


def test_an_estimate_writes_nothing(archive: Archive, tmp_path: Path) -> None:
    """The folder for the results is not even made."""
    request = archive({"a.mkv": "ok", "notes.txt": "text"})
    events: list[BatchEvent] = []
    estimate_batch(request, events.append)
    (event,) = events
    assert isinstance(event, Estimated)
    assert {name: one.state for name, one in event.entries.items()} == {
        "a.mkv": "waiting",
        "notes.txt": "skipped",
    }
    assert not (tmp_path / "out").exists()


def test_shares_of_a_batch_leave_each_other_s_films_alone(archive: Archive) -> None:
    """Two machines with a share each restore every film once, and the state has all of them."""
    request = archive({f"{name}.mkv": "ok" for name in "abc"})
    first = run_batch(changed(request, part=(1, 2)), lambda event: None)
    second = run_batch(changed(request, part=(2, 2)), lambda event: None)
    assert list(first.films) == ["a.mkv", "c.mkv"]
    assert list(second.films) == ["b.mkv"]
    found = read_state(request.out).films
    assert sorted(name for name, one in found.items() if one.state == "done") == [
        "a.mkv",
        "b.mkv",
        "c.mkv",
    ]


def test_nothing_begins_after_a_failure_where_that_is_asked_for(archive: Archive) -> None:
    """The films behind it wait for the next run."""
    request = archive({"a.mkv": "usage", "b.mkv": "ok"})
    result = run_batch(changed(request, stop_at_failure=True), lambda event: None)
    assert [one.state for one in result.films.values()] == ["failed", "waiting"]
    with pytest.raises(BatchError) as caught:
        check_result(result)
    assert "1 were not started" in caught.value.what


def test_results_that_cannot_fit_are_refused_unless_forced(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A measured estimate larger than the disk stops the batch before the first film."""
    request = archive({"a.mkv": "ok"})
    cost = BatchCost(1.0, 2 * 10**9, 10**9, 1, 0)

    def measured(batch: object, entries: Any) -> tuple[Any, BatchCost]:
        return entries, cost

    monkeypatch.setattr("restore.jobs.batch.run_batch._estimated", measured)
    with pytest.raises(OutputError) as caught:
        run_batch(request, lambda event: None)
    assert caught.value.code == "disk-too-small"
    current = read_state(request.out)
    assert current.films["a.mkv"].state == "waiting"
    assert current.estimate["disk"] == 2 * 10**9
    assert [run.state for run in current.runs.values()] == ["interrupted"]
    assert run_batch(changed(request, force=True), lambda event: None).ok


def test_a_rough_estimate_stops_nothing(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no measurement, and the disk may be large enough."""
    request = archive({"a.mkv": "ok"})
    rough = BatchCost(1.0, 2 * 10**9, 10**9, 1, 0, rough=True)
    monkeypatch.setattr(
        "restore.jobs.batch.run_batch._estimated", lambda batch, entries: (entries, rough)
    )
    assert run_batch(request, lambda event: None).ok


def test_ctrl_c_keeps_what_is_done(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run is recorded as interrupted, and its locks are gone."""
    request = archive({"a.mkv": "ok"})

    def stopped(workers: FilmWorkers) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(FilmWorkers, "work", stopped)
    with pytest.raises(Interrupted) as caught:
        run_batch(request, lambda event: None)
    assert caught.value.code == "interrupted"
    (run,) = read_state(request.out).runs.values()
    assert run.state == "interrupted"
    assert run.ended is not None
    assert not (request.out / state.LOCK_FOLDER).exists()


def test_mistakes_are_found_before_any_folder_is_made(archive: Archive) -> None:
    """Wrong options, and folders without films."""
    request = archive({"a.mkv": "ok"})
    with pytest.raises(UsageError):
        run_batch(changed(request, options={"crf": 99}), lambda event: None)
    with pytest.raises(SourceError):
        run_batch(changed(request, what=[str(request.out.parent / "none*")]), lambda event: None)
    assert not request.out.exists()


def test_films_keep_the_names_of_their_results(archive: Archive) -> None:
    """A film that joins later with the same stem gets a longer name, not the old one's."""
    request = archive({"a.mkv": "ok"})
    run_batch(request, lambda event: None)
    archive({"a.avi": "ok"})
    found = run_batch(request, lambda event: None).films
    assert found["a.mkv"].target == "a.restored.*"
    assert found["a.avi"].target == "a.avi.restored.*"


@pytest.mark.parametrize(
    ("states", "what", "where"),
    [
        (["failed"], "1 of 1 films failed.", "f0"),
        (["damaged", "done"], "1 of 2 films failed.", "f0"),
        (["failed", "waiting", "interrupted"], "1 of 3 films failed. 2 were not started.", "f0"),
        (["failed"] * 7, "7 of 7 films failed.", "f0, f1, f2, f3, f4 and 2 more"),
    ],
)
def test_failures_are_counted_and_the_first_named(states: list[Any], what: str, where: str) -> None:
    """Five names at most; films that were not begun are counted by themselves."""
    films = {f"f{n}": Entry(f"f{n}", one) for n, one in enumerate(states)}
    with pytest.raises(BatchError) as caught:
        check_result(BatchResult(Path("out"), films, 1.0))
    assert (caught.value.what, caught.value.where) == (what, where)


def test_a_batch_without_failures_raises_nothing() -> None:
    """Films that another run still works on are no failures, but the batch is not complete."""
    films = {"a": Entry("a", "done"), "b": Entry("b", "running")}
    result = BatchResult(Path("out"), films, 1.0)
    check_result(result)
    assert not result.ok
    assert BatchResult(Path("out"), {"a": Entry("a", "done")}, 1.0).ok


def test_the_rate_of_finished_films_saves_the_trial(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What films of the same job took is known better than what a trial would say."""
    request = archive({"a.mkv": "ok", "b.mkv": "ok"})
    rates: list[Rate] = []

    def cost(rate: Rate, *others: Any) -> BatchCost:
        rates.append(rate)
        return BatchCost(1.0, 1, 10, 1, 0)

    monkeypatch.setattr(estimate, "tried_rate", lambda tasks, entries: None)
    monkeypatch.setattr(estimate, "cost", cost)
    run_batch(request, lambda event: None)
    assert rates == []

    def measured(current: state.BatchState) -> state.BatchState:
        films = {name: replace(one, work=2.0, seconds=3.0) for name, one in current.films.items()}
        return replace(current, films=films)

    state.change_state(request.out, measured)
    archive({"c.mkv": "ok"})
    run_batch(request, lambda event: None)
    assert [rate.seconds for rate in rates] == [1.5]
