"""The batch's book: `batch.json`, what became of every film; several runs write it in turn."""

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

BOOK = "batch.json"
SCHEMA = 1
"""Version of the book's form (docs/batch.md)."""

PLACE = ".batch"
"""Folder beside the book for locks and for what failed films said."""

PATIENCE = 60.0
"""Seconds that writing the book waits for another run that writes it."""

State = Literal["waiting", "running", "interrupted", "done", "failed", "damaged", "skipped"]

SETTLED: tuple[State, ...] = ("done", "failed", "damaged")
"""The states in which a run leaves a film."""

Stamp = tuple[int, int]
"""Size in bytes and time of change in nanoseconds (see `stamp_of`)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a film; docs/batch.md says what each field means."""

    film: str
    state: State
    reason: str = ""
    target: str = ""
    wish: str = ""
    source: Stamp | None = None
    result: str | None = None
    stamp: Stamp | None = None
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
class Book:
    """The whole book: films by name, runs by their id, what the last run expected it to cost."""

    films: Mapping[str, Entry] = field(default_factory=dict[str, Entry])
    runs: Mapping[str, Run] = field(default_factory=dict[str, Run])
    estimate: Mapping[str, Any] = field(default_factory=dict[str, Any])


def read_book(out: Path) -> Book:
    """The book in a batch's folder; an empty one where there is none.

    Raises OutputError for a book that this version cannot read.
    """
    path = out / BOOK
    try:
        values = json.loads(path.read_bytes())
        if values["schema"] != SCHEMA:
            raise ValueError(f"its form is {values['schema']}, this version knows {SCHEMA}")
        return Book(
            {name: _entry(entry) for name, entry in values["films"].items()},
            {name: Run(**run) for name, run in values["runs"].items()},
            values["estimate"],
        )
    except FileNotFoundError:
        return Book()
    except NotADirectoryError as error:
        todo = "Choose another --out."
        raise OutputError(
            "This is a file, no folder for results.", str(path.parent), todo
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        todo = "Move it away: films that are done are recognised by the records beside them."
        what = f"The batch's book cannot be read: {reading_failed(error)}"
        raise OutputError(what, str(path), todo) from error


def _entry(values: Mapping[str, Any]) -> Entry:
    known = {f.name: values[f.name] for f in fields(Entry) if f.name in values}
    for key in ("source", "stamp"):
        known[key] = tuple(known[key]) if known.get(key) else None
    return Entry(**known)


def change_book(out: Path, change: Callable[[Book], Book]) -> Book:
    """Read, change and write the book while no other run can; returns what was written.

    Raises OutputError where it cannot be written.
    """
    lock = make_folder(out / PLACE) / "book.lock"
    with held(lock, "Another batch keeps its book locked.", wait=PATIENCE):
        book = change(read_book(out))
        write_atomic(out / BOOK, _to_json(book))
    return book


def _to_json(book: Book) -> bytes:
    """The book with one film a line: easy to read, to search and to compare."""

    def lines(items: Mapping[str, Any]) -> str:
        rows = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in items.items())
        return "{\n  " + ",\n  ".join(rows) + "\n }" if items else "{}"

    head = {"schema": SCHEMA, "restore": __version__, "changed": now(), "counts": counts(book)}
    parts = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    parts.append(f' "estimate": {json.dumps(dict(book.estimate))}')
    parts.append(f' "runs": {lines({name: asdict(run) for name, run in book.runs.items()})}')
    parts.append(f' "films": {lines({name: asdict(one) for name, one in book.films.items()})}')
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode("ascii")


def counts(book: Book) -> dict[str, int]:
    """How many films are in which state; states without any are left out."""
    found: dict[str, int] = {}
    for entry in book.films.values():
        found[entry.state] = found.get(entry.state, 0) + 1
    return found


def now() -> str:
    """This moment, as 2026-01-31T12:00:00Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def stamp_of(path: Path) -> Stamp | None:
    """The stamp of a file, of the files in a folder or of numbered pictures; None where there are none.

    Of several files it is all sizes and all times added up.
    """
    from restore.media.images.sequence import find_sequence, stamp_sequence

    try:
        if path.is_dir():
            facts = [entry.stat() for entry in os.scandir(path) if entry.is_file()]
            return sum(one.st_size for one in facts), sum(one.st_mtime_ns for one in facts)
        if (found := find_sequence(path)) is not None:
            return stamp_sequence(found)
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
    return out / PLACE / f"run-{run}.lock"


def is_alive(out: Path, run: str | None) -> bool:
    """Whether the process of that run still lives, on whatever machine: its lock is held."""
    if run is None or not run_lock(out, run).exists():
        return False
    try:
        with held(run_lock(out, run), "alive", remove=True):
            return False
    except Busy:
        return True
    except OutputError:  # a folder that we may only read: believe the book
        return True


def as_it_is(out: Path, book: Book) -> Book:
    """The book with the truth about runs whose process is gone: what they worked on is interrupted."""
    gone = {
        name
        for name, run in book.runs.items()
        if run.state == "running" and not is_alive(out, name)
    }
    films = {
        name: _broken_off(entry)
        if entry.state == "running" and (entry.run in gone or entry.run not in book.runs)
        else entry
        for name, entry in book.films.items()
    }
    runs = {
        name: replace(run, state="interrupted") if name in gone else run
        for name, run in book.runs.items()
    }
    return replace(book, films=films, runs=runs)


def _broken_off(entry: Entry) -> Entry:
    reason = "the run that worked on it is gone; the same command goes on"
    return replace(entry, state="interrupted", reason=reason, step="")


def learned(book: Book, waiting: Mapping[str, Entry]) -> Book:
    """The book with what a run found out of films that wait.

    What another run began or settled meanwhile stays as it is.
    """
    still = {
        name: entry
        for name, entry in waiting.items()
        if name not in book.films or book.films[name].state == "waiting"
    }
    return replace(book, films={**book.films, **still})


RUNS = 20
"""Runs that the book remembers."""


def recent(runs: Mapping[str, Run]) -> dict[str, Run]:
    """The last runs, and all that still work."""
    names = list(runs)
    return {
        name: run
        for place, (name, run) in enumerate(runs.items())
        if run.state == "running" or place >= len(names) - RUNS
    }


def sweep(out: Path) -> None:
    """Delete the files that killed runs left next to the book, and the folder if it is empty."""
    with contextlib.suppress(RestoreError, OSError):
        with held(out / PLACE / "book.lock", "busy"):
            for torn in out.glob(f".{BOOK}.*.tmp"):
                torn.unlink(missing_ok=True)
        for lock in (out / PLACE).glob("*.lock"):
            with contextlib.suppress(Busy), held(lock, "alive", remove=True):
                pass  # nobody holds it
        (out / PLACE).rmdir()
