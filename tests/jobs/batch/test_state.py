"""batch.json: several runs write it in turn, and it is right after a crash, too."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from restore.errors import OutputError
from restore.jobs.batch.state import (
    LOCK_FOLDER,
    STATE_FILE,
    BatchState,
    Entry,
    change_state,
    new_run,
    read_state,
    remove_leftovers,
    run_lock,
    with_waiting,
    without_dead_runs,
)
from restore.store import held

FILM = Entry("f.mkv", "running", source=(3, 1 << 60), result_stat=None, tries=1, run="me")


def _put(out: Path, **films: Entry) -> BatchState:
    return change_state(out, lambda current: replace(current, films={**current.films, **films}))


def test_the_state_reads_back_as_itself(tmp_path: Path) -> None:
    """Every field survives, names that are not text included; each film is on its own line."""
    odd = Entry("caf\udce9\n.mkv", "failed", reason="“what”")
    current = _put(tmp_path, one=FILM, two=odd)
    assert read_state(tmp_path) == current
    text = (tmp_path / STATE_FILE).read_text(encoding="ascii")
    assert sum(line.startswith('  "') for line in text.splitlines()) == 2
    assert json.loads(text)["counts"] == {"running": 1, "failed": 1}


def test_changes_of_two_runs_both_stay(tmp_path: Path) -> None:
    """A run changes its own films and keeps what others wrote meanwhile."""
    _put(tmp_path, one=FILM)
    _put(tmp_path, two=FILM)
    assert set(read_state(tmp_path).films) == {"one", "two"}


@pytest.mark.parametrize("text", ["{", '{"schema": 99}', '{"schema": 1, "films": 3}', "[]"])
def test_a_file_that_cannot_be_read_stops_the_run(text: str, tmp_path: Path) -> None:
    """It is never overwritten; the message says that nothing is lost with it."""
    (tmp_path / STATE_FILE).write_text(text, encoding="ascii")
    with pytest.raises(OutputError) as caught:
        _put(tmp_path, one=FILM)
    assert caught.value.code == "batch-state-invalid"
    assert "records" in caught.value.what_to_do
    assert (tmp_path / STATE_FILE).read_text(encoding="ascii") == text


def test_the_keys_of_version_1_are_read(tmp_path: Path) -> None:
    """A file of the first release keeps its finished films; it is written in today's form."""
    film = {"film": "f.mkv", "state": "done", "wish": "abc", "stamp": [7, 9], "source": [3, 4]}
    old = {"schema": 1, "films": {"f.mkv": film}, "runs": {}, "estimate": {}}
    (tmp_path / STATE_FILE).write_text(json.dumps(old), encoding="ascii")
    entry = read_state(tmp_path).films["f.mkv"]
    assert (entry.job_digest, entry.result_stat, entry.source) == ("abc", (7, 9), (3, 4))
    _put(tmp_path)
    new = json.loads((tmp_path / STATE_FILE).read_text(encoding="ascii"))
    assert new["schema"] == 2
    assert new["films"]["f.mkv"]["job_digest"] == "abc"
    assert "wish" not in new["films"]["f.mkv"]


def test_running_is_true_only_while_its_run_lives(tmp_path: Path) -> None:
    """A run holds its lock as long as its process lives; without it, its films are interrupted."""
    name, run = new_run()
    film = replace(FILM, run=name)
    current = change_state(tmp_path, lambda _: BatchState(films={"one": film}, runs={name: run}))
    with held(run_lock(tmp_path, name), "busy"):
        assert without_dead_runs(tmp_path, current).films["one"].state == "running"
    found = without_dead_runs(tmp_path, current)
    assert found.films["one"].state == "interrupted"
    assert found.runs[name].state == "interrupted"


def test_the_files_of_killed_runs_are_removed(tmp_path: Path) -> None:
    """Locks of dead runs and half-written files go, locks of living runs stay."""
    _put(tmp_path, one=FILM)
    (tmp_path / f".{STATE_FILE}.123.tmp").touch()
    dead, alive = run_lock(tmp_path, "dead"), run_lock(tmp_path, "alive")
    dead.touch()
    with held(alive, "busy"):
        remove_leftovers(tmp_path)
        assert [path.name for path in (tmp_path / LOCK_FOLDER).iterdir()] == [alive.name]
    remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [STATE_FILE]


def test_what_others_began_meanwhile_stays() -> None:
    """A run that looked at headers for long does not put a film back that another has done since."""
    waits = replace(FILM, state="waiting", run=None)
    done = replace(FILM, state="done", run="other")
    current = BatchState({"a": waits, "b": done, "c": FILM})
    found = {name: replace(waits, frames=7) for name in "abcd"}
    assert with_waiting(current, found).films == {
        "a": found["a"],
        "b": done,
        "c": FILM,
        "d": found["d"],
    }
