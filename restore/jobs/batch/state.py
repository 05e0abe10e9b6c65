"""The state of a batch: `batch.json` with every film and run; several runs may write it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from restore import __version__
from restore.errors import Busy, OutputError, RestoreError, SourceError
from restore.store import held, make_folder, reading_failed, write_atomic

STATE_FILE = "batch.json"
SCHEMA = 2
"""Version of the file's form (docs/batch.md)."""

OLD_KEYS = {"wish": "job_digest", "stamp": "result_stat"}
"""Keys of version 1, which is read as well, and their present names."""

LOCK_FOLDER = ".batch"
"""Folder next to the state file for locks and for the messages of failed films."""

LOCK_TIMEOUT = 60.0
"""Seconds that a run waits for another one that writes the state file."""

FilmState = Literal["waiting", "running", "interrupted", "done", "failed", "damaged", "skipped"]

SETTLED: tuple[FilmState, ...] = ("done", "failed", "damaged")
"""The final states of a film after a run."""

FileStat = tuple[int, int]
"""Size in bytes and modification time in nanoseconds (see `file_stat`)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The state of a film; docs/batch.md describes each field."""

    film: str
    state: FilmState
    reason: str = ""
    target: str = ""
    job_digest: str = ""
    source: FileStat | None = None
    result: str | None = None
    result_stat: FileStat | None = None
    exit_code: int | None = None
    tries: int = 0
    began: str | None = None
    ended: str | None = None
    seconds: float | None = None
    jobs: int = 1
    frames: int | None = None
    frames_done: int | None = None
    step: str = ""
    work: float | None = None
    run: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One `restore batch` that worked here: where, when, and how it ended."""

    host: str
    pid: int
    began: str
    ended: str | None = None
    state: Literal["running", "interrupted", "ended"] = "running"


@dataclass(frozen=True, slots=True)
class BatchState:
    """The whole state: films by name, runs by their id, the last run's estimate."""

    films: Mapping[str, Entry] = field(default_factory=dict[str, Entry])
    runs: Mapping[str, Run] = field(default_factory=dict[str, Run])
    estimate: Mapping[str, Any] = field(default_factory=dict[str, Any])


def read_state(out: Path) -> BatchState:
    """The state in a batch's folder; an empty one if there is no state file.

    Raises OutputError for a file that this version cannot read.
    """
    path = out / STATE_FILE
    try:
        values = json.loads(path.read_bytes())
        if values["schema"] not in (1, SCHEMA):
            raise ValueError(f"it has schema {values['schema']}, this version reads {SCHEMA}")
        return BatchState(
            {name: _entry(entry) for name, entry in values["films"].items()},
            {name: Run(**run) for name, run in values["runs"].items()},
            values["estimate"],
        )
    except FileNotFoundError:
        return BatchState()
    except NotADirectoryError as error:
        where, todo = str(path.parent), "Choose another --out."
        raise OutputError(
            "This is a file, not a folder for results.", where, todo, code="not-a-folder"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        todo = "Move it away: finished films are recognized by the records next to them."
        what = f"The state of the batch cannot be read: {reading_failed(error)}"
        raise OutputError(what, str(path), todo, code="batch-state-invalid") from error


def _entry(values: Mapping[str, Any]) -> Entry:
    values = {OLD_KEYS.get(key, key): value for key, value in values.items()}
    known = {f.name: values[f.name] for f in fields(Entry) if f.name in values}
    for key in ("source", "result_stat"):
        known[key] = tuple(known[key]) if known.get(key) else None
    return Entry(**known)


def change_state(out: Path, change: Callable[[BatchState], BatchState]) -> BatchState:
    """Read, change and write the state file while no other run can; returns what was written.

    Raises OutputError if it cannot be written.
    """
    lock = make_folder(out / LOCK_FOLDER) / "state.lock"
    with held(lock, "Another batch has locked the state file.", wait=LOCK_TIMEOUT):
        current = change(read_state(out))
        write_atomic(out / STATE_FILE, _to_json(current))
    return current


def _to_json(current: BatchState) -> bytes:
    """The state with one film on each line: easy to read, to search and to compare."""

    def lines(items: Mapping[str, Any]) -> str:
        rows = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in items.items())
        return "{\n  " + ",\n  ".join(rows) + "\n }" if items else "{}"

    head = {"schema": SCHEMA, "restore": __version__, "changed": now(), "counts": counts(current)}
    parts = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    parts.append(f' "estimate": {json.dumps(dict(current.estimate))}')
    parts.append(f' "runs": {lines({name: asdict(run) for name, run in current.runs.items()})}')
    parts.append(f' "films": {lines({name: asdict(one) for name, one in current.films.items()})}')
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode("ascii")


def counts(current: BatchState) -> dict[str, int]:
    """The number of films in each state; states without films are left out."""
    found: dict[str, int] = {}
    for entry in current.films.values():
        found[entry.state] = found.get(entry.state, 0) + 1
    return found


def now() -> str:
    """This moment, as 2026-01-31T12:00:00Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def file_stat(path: Path) -> FileStat | None:
    """Size and time of a file, of the files in a folder or of an image sequence; None if there are none.

    For several files, the sums of all sizes and all times.
    """
    from restore.media.images.sequence import find_sequence, sequence_stat

    try:
        if path.is_dir():
            facts = [entry.stat() for entry in os.scandir(path) if entry.is_file()]
            return sum(one.st_size for one in facts), sum(one.st_mtime_ns for one in facts)
        if (found := find_sequence(path)) is not None:
            return sequence_stat(found)
        facts = path.stat()
    except (OSError, SourceError):
        return None
    return facts.st_size, facts.st_mtime_ns


def new_run() -> tuple[str, Run]:
    """An id that no other run has, and the run as it begins."""
    host, pid = socket.gethostname(), os.getpid()
    return f"{host}-{pid}-{time.time_ns():x}", Run(host, pid, now())


def run_lock(out: Path, run: str) -> Path:
    """The file that a run holds locked as long as its process lives."""
    return out / LOCK_FOLDER / f"run-{run}.lock"


def is_alive(out: Path, run: str | None) -> bool:
    """Whether the process of that run still exists, on any machine: then its lock is held."""
    if run is None or not run_lock(out, run).exists():
        return False
    try:
        with held(run_lock(out, run), "alive", remove=True):
            return False
    except Busy:
        return True
    except OutputError:  # a read-only folder: the state file decides
        return True


def without_dead_runs(out: Path, current: BatchState) -> BatchState:
    """The state with runs whose process has ended, and their films, marked as interrupted."""
    gone = {
        name
        for name, run in current.runs.items()
        if run.state == "running" and not is_alive(out, name)
    }
    films = {
        name: _interrupted(entry)
        if entry.state == "running" and (entry.run in gone or entry.run not in current.runs)
        else entry
        for name, entry in current.films.items()
    }
    runs = {
        name: replace(run, state="interrupted") if name in gone else run
        for name, run in current.runs.items()
    }
    return replace(current, films=films, runs=runs)


def _interrupted(entry: Entry) -> Entry:
    reason = "its run ended unexpectedly; the same command continues"
    return replace(entry, state="interrupted", reason=reason, step="")


def with_waiting(current: BatchState, waiting: Mapping[str, Entry]) -> BatchState:
    """The state with a run's new facts about waiting films.

    Films that another run has since started or finished are not changed.
    """
    still = {
        name: entry
        for name, entry in waiting.items()
        if name not in current.films or current.films[name].state == "waiting"
    }
    return replace(current, films={**current.films, **still})


RUNS = 20
"""Number of runs in the state file."""


def recent(runs: Mapping[str, Run]) -> dict[str, Run]:
    """The last runs, and all that are still active."""
    names = list(runs)
    return {
        name: run
        for place, (name, run) in enumerate(runs.items())
        if run.state == "running" or place >= len(names) - RUNS
    }


def remove_leftovers(out: Path) -> None:
    """Delete the files that killed runs left, and their folder if it is empty."""
    with contextlib.suppress(RestoreError, OSError):
        with held(out / LOCK_FOLDER / "state.lock", "busy"):
            for torn in out.glob(f".{STATE_FILE}.*.tmp"):
                torn.unlink(missing_ok=True)
        for lock in (out / LOCK_FOLDER).glob("*.lock"):
            with contextlib.suppress(Busy), held(lock, "alive", remove=True):
                pass  # nobody holds it
        (out / LOCK_FOLDER).rmdir()
