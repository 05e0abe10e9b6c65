"""The workers of a batch: several films at a time, each in a separate process, each locked by one run."""

from __future__ import annotations

import collections
import contextlib
import queue
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from restore.errors import Busy
from restore.jobs.batch.processes import Child, Event, fair_share
from restore.jobs.batch.state import (
    LOCK_FOLDER,
    SETTLED,
    BatchState,
    Entry,
    change_state,
    file_stat,
    now,
    read_state,
)
from restore.jobs.batch.work_items import WorkItem
from restore.jobs.record_files import result_names
from restore.store import digest_bytes, held, make_folder

WRITE_EVERY = 2.0
"""Seconds between two writes for progress alone; a changed state is written at once."""

RETRY_SECONDS = (2.0, 60.0)
"""Seconds before films that other runs have locked are tried again: initial and maximum."""

GRACE = 60.0
"""Seconds that the processes of films get to stop by themselves."""

RETRIED_EXIT_CODES = (1, 9, 130, 137)
"""Exit codes of failures that may be temporary: a bug, out of memory, stopped, killed (also signals)."""

STEPS = {"joining": "joining", "verifying": "verifying", "writing": "writing images"}
"""The step in a film's entry after these events of its run."""

OnFilm = Callable[[str, Entry], None]


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """The folder and id of a run, films at the same time, retries, and whether a failure stops it."""

    out: Path
    run: str
    jobs: int = 1
    retries: int = 1
    stop_at_failure: bool = False


@dataclass(slots=True)
class _Running:
    """A film that is being restored: its process, its lock, and the event of its end."""

    task: WorkItem
    child: Child
    lock: contextlib.ExitStack
    began: float
    output: Path | None = None
    last: Event = field(default_factory=dict[str, Any])


class FilmWorkers:
    """Restores films; `entries` has the current state of each, by name."""

    def __init__(
        self,
        settings: WorkerSettings,
        tasks: Sequence[WorkItem],
        entries: Mapping[str, Entry],
        on_film: OnFilm,
    ) -> None:
        self.entries = dict(entries)
        self._settings = settings
        self._on_film = on_film
        self._waiting = collections.deque(tasks)
        self._locked: list[WorkItem] = []
        self._pause, self._again = RETRY_SECONDS[0], 0.0
        self._running: dict[Child, _Running] = {}
        self._events: queue.Queue[tuple[Child, Event | None]] = queue.Queue()
        self._unwritten: dict[str, Entry] = {}
        self._written = 0.0
        make_folder(settings.out / LOCK_FOLDER)

    def work(self) -> None:
        """Restore until every film is done or has failed. On Ctrl-C the processes are stopped first."""
        try:
            while self._waiting or self._locked or self._running:
                self._retry_locked()
                self._fill()
                self._listen()
                self._write()
        finally:
            self._stop()

    def _retry_locked(self) -> None:
        """Films that other runs have locked come last, at growing intervals."""
        if self._waiting or not self._locked or time.monotonic() < self._again:
            return
        self._waiting.extend(self._locked)
        self._locked.clear()
        self._pause = min(self._pause * 1.5, RETRY_SECONDS[1])

    def _fill(self) -> None:
        while self._waiting and len(self._running) < self._settings.jobs:
            self._take(self._waiting.popleft())

    def _take(self, task: WorkItem) -> None:
        """Start a film, unless another run has locked it or has finished it."""
        lock = contextlib.ExitStack()
        path = self._file(task, ".lock")
        try:
            lock.enter_context(held(path, "Another run restores this film.", remove=True))
        except Busy:
            self._postpone(task)
            return
        other = read_state(self._settings.out).films.get(task.film.name)
        if other and _settled_elsewhere(other, task, self._settings.run):
            self._set(task, other)
            lock.close()
            return
        self._start(task, lock)

    def _start(self, task: WorkItem, lock: contextlib.ExitStack) -> None:
        old, out = self.entries[task.film.name], self._settings.out
        target = out / task.film.target
        make_folder(target.parent)
        self._set(
            task,
            replace(
                old,
                state="running",
                reason="",
                step="starting",
                run=self._settings.run,
                jobs=self._settings.jobs,
                tries=old.tries + 1,
                began=now(),
                ended=None,
                frames_done=None,
            ),
        )
        self._write(
            at_once=True
        )  # before the film is restored: after a crash the file shows what was started
        arguments = [
            "run",
            "--json",
            "-o",
            str(target),
            *task.arguments,
            "--",
            str(task.film.path.absolute()),
        ]
        stderr = self._file(task, ".log")
        child = Child(arguments, stderr, fair_share(self._settings.jobs), self._events)
        self._running[child] = _Running(task, child, lock, time.monotonic())

    def _listen(self) -> None:
        """Take the events of the processes, waiting for half a second at most."""
        if not self._running and not self._locked:
            return
        with contextlib.suppress(queue.Empty):
            child, event = self._events.get(timeout=0.5)
            while True:
                self._handle(self._running[child], event)
                child, event = self._events.get_nowait()

    def _handle(self, film: _Running, event: Event | None) -> None:
        if event is None:
            self._end(film)
            return
        task, entry = film.task, self.entries[film.task.film.name]
        match event:
            case {"event": "surveying"}:
                self._set(task, replace(entry, step="looking for shots"))
            case {"event": "planned", "output": output, "plan": {"frames": frames}}:
                film.output = Path(output)
                self._set(task, replace(entry, frames=frames))
            case {"event": "started", "frames": frames, "remaining": remaining}:
                self._set(task, replace(entry, step="restoring", frames_done=frames - remaining))
            case {"event": "progressed", "done": done}:
                self._set(task, replace(entry, step="restoring", frames_done=done))
            case {"event": "joining" | "verifying" | "writing" as event_name}:
                self._set(task, replace(entry, step=STEPS[event_name]))
            case {"event": "finished" | "failed"}:
                film.last = event
            case _:
                pass

    def _end(self, film: _Running) -> None:
        """A process ended: the film is done, has failed, is tried again, or is locked by another run."""
        code = film.child.wait()
        task, old = film.task, self.entries[film.task.film.name]
        entry = _outcome(old, film, code, self._settings.out)
        if entry.state == "done":
            self._file(task, ".log").unlink(missing_ok=True)
        del self._running[film.child]
        if film.last.get("error") == Busy.__name__:
            self._postpone(task)
        elif entry.state == "failed" and _is_retried(code) and old.tries <= self._settings.retries:
            reason = f"will be tried again: {entry.reason}"
            self._set(task, replace(entry, state="waiting", reason=reason))
            self._waiting.append(task)
        else:
            self._set(task, entry)
            if entry.state != "done" and self._settings.stop_at_failure:
                self._waiting.clear()
                self._locked.clear()
        self._write(at_once=True)
        film.lock.close()

    def _postpone(self, task: WorkItem) -> None:
        """Another run works on this film: it is tried again after all others."""
        entry = self.entries[task.film.name]
        reason = "another run works on it; will be tried again at the end"
        tries = entry.tries - (entry.state == "running")
        self.entries[task.film.name] = replace(entry, state="waiting", reason=reason, tries=tries)
        self._on_film(task.film.name, self.entries[task.film.name])
        self._locked.append(task)
        self._again = time.monotonic() + self._pause

    def _stop(self) -> None:
        """Stop the processes that still run, and write their states."""
        for film in self._running.values():
            film.child.stop()
        ends = time.monotonic() + GRACE
        try:
            for film in self._running.values():
                film.child.end(max(0.0, ends - time.monotonic()))
                entry = self.entries[film.task.film.name]
                reason = "stopped; the same command continues"
                self._set(film.task, replace(entry, state="interrupted", reason=reason, step=""))
        finally:
            for film in self._running.values():
                film.child.end(0.0)
                film.lock.close()
            self._running.clear()
        self._write(at_once=True)

    def _set(self, task: WorkItem, entry: Entry) -> None:
        name = task.film.name
        self.entries[name] = self._unwritten[name] = entry
        self._on_film(name, entry)

    def _write(self, *, at_once: bool = False) -> None:
        """Write what changed to the state file."""
        due = at_once or time.monotonic() - self._written > WRITE_EVERY
        if not self._unwritten or not due:
            return

        def change(current: BatchState) -> BatchState:
            return replace(current, films={**current.films, **self._unwritten})

        change_state(self._settings.out, change)
        self._unwritten.clear()
        self._written = time.monotonic()

    def _file(self, task: WorkItem, suffix: str) -> Path:
        """A file for this film next to the state file."""
        digest = digest_bytes(task.film.name.encode(errors="surrogateescape"))[:16]
        return self._settings.out / LOCK_FOLDER / f"film-{digest}{suffix}"


def _settled_elsewhere(other: Entry, task: WorkItem, run: str) -> bool:
    """Whether another run finished the same job since this one began (and noted it as waiting)."""
    return (
        other.state in SETTLED
        and other.run not in (None, run)
        and other.job_digest == task.job_digest
    )


def _is_retried(code: int) -> bool:
    return code < 0 or code in RETRIED_EXIT_CODES


def _outcome(old: Entry, film: _Running, code: int, out: Path) -> Entry:
    """The entry of a film whose process ended."""
    seconds = round(time.monotonic() - film.began, 2)
    entry = replace(old, ended=now(), seconds=seconds, exit_code=code, step="")
    last = film.last
    if code == 0 and last.get("event") == "finished":
        already = bool(last["already"])
        return replace(
            _with_result(entry, Path(last["output"]), out),
            state="done",
            reason="already done" if already else "",
            seconds=old.seconds if already else seconds,
            frames=last["frames"],
            frames_done=last["frames"],
        )
    if code == 5:
        partial = _partial(film.output) if film.output else Path(last.get("where", ""))
        return replace(_with_result(entry, partial, out), state="damaged", reason=_reason(last))
    reason = _reason(last) if last.get("event") == "failed" else _crash(film.child, code)
    return replace(entry, state="failed", reason=reason)


def _partial(output: Path) -> Path:
    """The name of a partial result: of a file, or of a folder of images."""
    folder = output.with_name(f"{output.name}.partial")
    return folder if folder.is_dir() else result_names(output).partial


def _with_result(entry: Entry, result: Path, out: Path) -> Entry:
    if not result.exists():
        return entry
    return replace(entry, result=result.relative_to(out).as_posix(), result_stat=file_stat(result))


def _reason(failed: Event) -> str:
    """The error of the film's run, on one line."""
    parts = (failed.get("what"), failed.get("where"), failed.get("what_to_do"))
    return " ".join(" ".join(str(part).split()) for part in parts if part)


def _crash(child: Child, code: int) -> str:
    """The reason for a process that ended without an error: exit status and messages."""
    names = {number.value: number.name for number in signal.Signals}
    how = f"signal {names.get(-code, -code)}" if code < 0 else f"exit code {code}"
    tail = child.stderr_tail()
    return f"its process ended with {how}" + (f": {tail}" if tail else "")
