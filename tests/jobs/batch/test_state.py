"""batch.json: several runs write it in turn, and it is right after a crash, too."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restore.errors import OutputError
from restore.jobs.batch.state import (
    LOCK_FOLDER,
    OLD_KEYS,
    STATE_FILE,
    BatchState,
    Entry,
    Run,
    change_state,
    counts,
    file_stat,
    is_alive,
    new_run,
    now,
    read_state,
    recent,
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
    film = {"film": "f.mkv", "state": "done", "source": [3, 4]}
    film |= dict(zip(OLD_KEYS, ("abc", [7, 9]), strict=True))
    old = {"schema": 1, "films": {"f.mkv": film}, "runs": {}, "estimate": {}}
    (tmp_path / STATE_FILE).write_text(json.dumps(old), encoding="ascii")
    entry = read_state(tmp_path).films["f.mkv"]
    assert (entry.job_digest, entry.result_stat, entry.source) == ("abc", (7, 9), (3, 4))
    _put(tmp_path)
    new = json.loads((tmp_path / STATE_FILE).read_text(encoding="ascii"))
    assert new["schema"] == 2
    assert new["films"]["f.mkv"]["job_digest"] == "abc"
    assert not set(OLD_KEYS) & set(new["films"]["f.mkv"])


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


def test_a_folder_without_a_state_is_an_empty_batch(tmp_path: Path) -> None:
    """Also one that does not exist; a file in its place is a mistake."""
    assert read_state(tmp_path) == read_state(tmp_path / "gone") == BatchState()
    (tmp_path / "file").touch()
    with pytest.raises(OutputError) as caught:
        read_state(tmp_path / "file")
    assert caught.value.code == "not-a-folder"


NAMES = st.text(st.characters(exclude_categories=[]), max_size=6)
ENTRIES = st.builds(
    Entry,
    film=NAMES,
    state=st.sampled_from(
        ["waiting", "running", "interrupted", "done", "failed", "damaged", "skipped"]
    ),
    reason=NAMES,
    source=st.none() | st.tuples(st.integers(0), st.integers(0)),
    result=st.none() | NAMES,
    result_stat=st.none() | st.tuples(st.integers(0), st.integers(0)),
    exit_code=st.none() | st.integers(-64, 255),
    seconds=st.none() | st.floats(0, 1e9),
    frames=st.none() | st.integers(0),
)


@settings(max_examples=40)
@given(
    st.dictionaries(NAMES, ENTRIES, max_size=4), st.dictionaries(NAMES, st.integers(), max_size=2)
)
def test_any_state_survives_the_file(films: dict[str, Entry], estimate: dict[str, int]) -> None:
    """Names of any bytes, numbers of any size: what is read is what was written."""
    with tempfile.TemporaryDirectory() as folder:
        written = change_state(Path(folder), lambda _: BatchState(films, {}, estimate))
        assert read_state(Path(folder)) == written


def test_keys_of_a_later_version_are_ignored(tmp_path: Path) -> None:
    """A field that this version does not know is no reason to stop."""
    _put(tmp_path, one=FILM)
    path = tmp_path / STATE_FILE
    values = json.loads(path.read_text(encoding="ascii"))
    values["films"]["one"]["mood"] = "good"
    values["more"] = 1
    path.write_text(json.dumps(values), encoding="ascii")
    assert read_state(tmp_path).films == {"one": FILM}


def test_states_are_counted() -> None:
    """Those that occur, in the order of the films."""
    films = {str(n): replace(FILM, state=s) for n, s in enumerate(["done", "failed", "done"])}  # type: ignore[arg-type]
    assert counts(BatchState(films)) == {"done": 2, "failed": 1}


def test_sizes_and_times_identify_files_and_folders(tmp_path: Path) -> None:
    """A folder's are the sums of its files'; what is not there has none."""
    (tmp_path / "sub").mkdir()
    for name in ("a", "b", "sub/c"):
        (tmp_path / name).write_bytes(b"123")
        os.utime(tmp_path / name, ns=(7, 1000))
    assert file_stat(tmp_path / "a") == (3, 1000)
    assert file_stat(tmp_path) == (6, 2000)  # subfolders are not images of a film
    assert file_stat(tmp_path / "gone") is None
    assert file_stat(tmp_path / "gone_%03d.dpx") is None
    assert file_stat(tmp_path / "a" / "b") is None


def test_runs_have_different_names_and_locks_that_say_that_they_live(tmp_path: Path) -> None:
    """Two runs of one process have two names; without a lock a run is over."""
    (first, run), (second, _) = new_run(), new_run()
    assert first != second
    assert (run.pid, run.state, run.ended) == (os.getpid(), "running", None)
    (tmp_path / LOCK_FOLDER).mkdir()
    assert not is_alive(tmp_path, None)
    assert not is_alive(tmp_path, first)
    with held(run_lock(tmp_path, first), "busy", remove=True):
        assert is_alive(tmp_path, first)
        assert not is_alive(tmp_path, second)
    assert not is_alive(tmp_path, first)


def test_films_of_an_unknown_run_are_interrupted(tmp_path: Path) -> None:
    """The state file may have forgotten an old run; finished films and runs stay as they are."""
    ended = Run("host", 1, "2026", ended="2026", state="ended")
    current = BatchState(
        {
            "lost": replace(FILM, run="gone", step="joining"),
            "done": replace(FILM, state="done", run="gone"),
        },
        {"old": ended},
    )
    found = without_dead_runs(tmp_path, current)
    assert (found.films["lost"].state, found.films["lost"].step) == ("interrupted", "")
    assert found.films["done"] == current.films["done"]
    assert found.runs == {"old": ended}


def test_the_last_runs_are_kept_and_all_that_work() -> None:
    """Twenty of those that ended; a run that still works is never forgotten."""
    ended, works = Run("h", 1, "2026", state="ended"), Run("h", 2, "2026")
    runs = {"first": works, **{f"{n:02}": ended for n in range(25)}}
    kept = recent(runs)
    assert list(kept) == ["first", *(f"{n:02}" for n in range(5, 25))]
    assert recent({}) == {}


def test_times_are_in_utc() -> None:
    """As ISO 8601 has them, to the second."""
    moment = datetime.strptime(now(), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 5
