"""The crew of a batch: so many films at a time, each in its process, each in one run's hands only."""

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
    PLACE,
    SETTLED,
    Book,
    Entry,
    change_book,
    now,
    read_book,
    stamp_of,
)
from restore.jobs.batch.work_items import WorkItem
from restore.jobs.record_files import result_names
from restore.store import digest_bytes, held, make_folder

WRITE_EVERY = 2.0
"""Seconds between two writings of the book for progress alone; what changes a state is written at once."""

LOOK_AGAIN = (2.0, 60.0)
"""Seconds before films that other runs hold are looked at again: the first time, and at most."""

GRACE = 60.0
"""Seconds that the processes of films have to end in order."""

MAY_PASS = (1, 9, 130, 137)
"""Exit codes worth another try: our bug, no memory, stopped by somebody, killed (signals are too)."""

Told = Callable[[str, Entry], None]


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How a run works: where, under which id, how many films at once, how often, and on after a failure?"""

    out: Path
    run: str
    jobs: int = 1
    retries: int = 1
    stop_at_failure: bool = False


@dataclass(slots=True)
class _Slot:
    """A film at work: its process, its locks, and what it said of its end."""

    task: WorkItem
    child: Child
    hold: contextlib.ExitStack
    began: float
    output: Path | None = None
    last: Event = field(default_factory=dict[str, Any])


class Crew:
    """Works through the tasks; `entries` is what is known of each film, by name, and is kept up to date."""

    def __init__(
        self,
        manner: WorkerSettings,
        tasks: Sequence[WorkItem],
        entries: Mapping[str, Entry],
        tell: Told,
    ) -> None:
        self.entries = dict(entries)
        self._manner = manner
        self._tell = tell
        self._waiting = collections.deque(tasks)
        self._held_by_others: list[WorkItem] = []
        self._pause, self._again = LOOK_AGAIN[0], 0.0
        self._slots: dict[Child, _Slot] = {}
        self._heard: queue.Queue[tuple[Child, Event | None]] = queue.Queue()
        self._unwritten: dict[str, Entry] = {}
        self._written = 0.0
        make_folder(manner.out / PLACE)

    def work(self) -> None:
        """Until every film is done or has failed. On Ctrl-C the processes are stopped in order first."""
        try:
            while self._waiting or self._held_by_others or self._slots:
                self._look_again()
                self._fill()
                self._listen()
                self._write()
        finally:
            self._stop()

    def _look_again(self) -> None:
        """Films that other runs held come last, and are looked at ever more seldom."""
        if self._waiting or not self._held_by_others or time.monotonic() < self._again:
            return
        self._waiting.extend(self._held_by_others)
        self._held_by_others.clear()
        self._pause = min(self._pause * 1.5, LOOK_AGAIN[1])

    def _fill(self) -> None:
        while self._waiting and len(self._slots) < self._manner.jobs:
            self._take(self._waiting.popleft())

    def _take(self, task: WorkItem) -> None:
        """Start a film, unless another run has it, or had it and came to an end."""
        hold = contextlib.ExitStack()
        lock = self._file(task, ".lock")
        try:
            hold.enter_context(held(lock, "Another run restores this film.", remove=True))
        except Busy:
            self._leave(task)
            return
        theirs = read_book(self._manner.out).films.get(task.film.name)
        if theirs and _came_to_an_end(theirs, task, self._manner.run):
            self._set(task, theirs)
            hold.close()
            return
        self._start(task, hold)

    def _start(self, task: WorkItem, hold: contextlib.ExitStack) -> None:
        old, out = self.entries[task.film.name], self._manner.out
        target = out / task.film.target
        make_folder(target.parent)
        self._set(
            task,
            replace(
                old,
                state="running",
                reason="",
                step="starting",
                run=self._manner.run,
                jobs=self._manner.jobs,
                tries=old.tries + 1,
                began=now(),
                ended=None,
                frames_done=None,
            ),
        )
        self._write(at_once=True)  # before the work: after a crash the book says what was begun
        words = [
            "run",
            "--json",
            "-o",
            str(target),
            *task.words,
            "--",
            str(task.film.path.absolute()),
        ]
        said = self._file(task, ".log")
        child = Child(words, said, fair_share(self._manner.jobs), self._heard)
        self._slots[child] = _Slot(task, child, hold, time.monotonic())

    def _listen(self) -> None:
        """Take what the processes said, for half a second at most."""
        if not self._slots and not self._held_by_others:
            return
        with contextlib.suppress(queue.Empty):
            child, event = self._heard.get(timeout=0.5)
            while True:
                self._hear(self._slots[child], event)
                child, event = self._heard.get_nowait()

    def _hear(self, slot: _Slot, event: Event | None) -> None:
        if event is None:
            self._end(slot)
            return
        task, entry = slot.task, self.entries[slot.task.film.name]
        match event:
            case {"event": "surveying"}:
                self._set(task, replace(entry, step="looking for shots"))
            case {"event": "planned", "output": output, "plan": {"frames": frames}}:
                slot.output = Path(output)
                self._set(task, replace(entry, frames=frames))
            case {"event": "started", "frames": frames, "remaining": remaining}:
                self._set(task, replace(entry, step="restoring", frames_done=frames - remaining))
            case {"event": "progressed", "done": done}:
                self._set(task, replace(entry, step="restoring", frames_done=done))
            case {"event": "joining" | "proving" as step}:
                self._set(task, replace(entry, step=step))
            case {"event": "writing"}:
                self._set(task, replace(entry, step="writing pictures"))
            case {"event": "finished" | "failed"}:
                slot.last = event
            case _:
                pass

    def _end(self, slot: _Slot) -> None:
        """A process ended: done, failed, worth another try, or another run has its film."""
        code = slot.child.wait()
        task, old = slot.task, self.entries[slot.task.film.name]
        entry = _outcome(old, slot, code, self._manner.out)
        if entry.state == "done":
            self._file(task, ".log").unlink(missing_ok=True)
        del self._slots[slot.child]
        if slot.last.get("error") == Busy.__name__:
            self._leave(task)
        elif entry.state == "failed" and _may_pass(code) and old.tries <= self._manner.retries:
            reason = f"tried again later: {entry.reason}"
            self._set(task, replace(entry, state="waiting", reason=reason))
            self._waiting.append(task)
        else:
            self._set(task, entry)
            if entry.state != "done" and self._manner.stop_at_failure:
                self._waiting.clear()
                self._held_by_others.clear()
        self._write(at_once=True)
        slot.hold.close()

    def _leave(self, task: WorkItem) -> None:
        """Another run has this film: it is looked at again when all others are through."""
        entry = self.entries[task.film.name]
        reason = "another run works on it; looked at again at the end"
        tries = entry.tries - (entry.state == "running")
        self.entries[task.film.name] = replace(entry, state="waiting", reason=reason, tries=tries)
        self._tell(task.film.name, self.entries[task.film.name])
        self._held_by_others.append(task)
        self._again = time.monotonic() + self._pause

    def _stop(self) -> None:
        """End the processes that still run, in order, and say so in the book."""
        for slot in self._slots.values():
            slot.child.stop()
        ends = time.monotonic() + GRACE
        try:
            for slot in self._slots.values():
                slot.child.end(max(0.0, ends - time.monotonic()))
                entry = self.entries[slot.task.film.name]
                reason = "stopped; the same command goes on"
                self._set(slot.task, replace(entry, state="interrupted", reason=reason, step=""))
        finally:
            for slot in self._slots.values():
                slot.child.end(0.0)
                slot.hold.close()
            self._slots.clear()
        self._write(at_once=True)

    def _set(self, task: WorkItem, entry: Entry) -> None:
        name = task.film.name
        self.entries[name] = self._unwritten[name] = entry
        self._tell(name, entry)

    def _write(self, *, at_once: bool = False) -> None:
        """Put what changed into the book."""
        due = at_once or time.monotonic() - self._written > WRITE_EVERY
        if not self._unwritten or not due:
            return

        def change(book: Book) -> Book:
            return replace(book, films={**book.films, **self._unwritten})

        change_book(self._manner.out, change)
        self._unwritten.clear()
        self._written = time.monotonic()

    def _file(self, task: WorkItem, suffix: str) -> Path:
        """A file of this film beside the book."""
        digest = digest_bytes(task.film.name.encode(errors="surrogateescape"))[:16]
        return self._manner.out / PLACE / f"film-{digest}{suffix}"


def _came_to_an_end(theirs: Entry, task: WorkItem, run: str) -> bool:
    """Whether another run settled the same wish since this one began (which had put it down as waiting)."""
    return theirs.state in SETTLED and theirs.run not in (None, run) and theirs.wish == task.wish


def _may_pass(code: int) -> bool:
    return code < 0 or code in MAY_PASS


def _outcome(old: Entry, slot: _Slot, code: int, out: Path) -> Entry:
    """What a process's end means for its film."""
    seconds = round(time.monotonic() - slot.began, 2)
    entry = replace(old, ended=now(), seconds=seconds, exit_code=code, step="")
    last = slot.last
    if code == 0 and last.get("event") == "finished":
        already = bool(last["already"])
        return replace(
            _with_result(entry, Path(last["output"]), out),
            state="done",
            reason="was done already" if already else "",
            seconds=old.seconds if already else seconds,
            frames=last["frames"],
            frames_done=last["frames"],
        )
    if code == 5:
        partial = _partial(slot.output) if slot.output else Path(last.get("where", ""))
        return replace(_with_result(entry, partial, out), state="damaged", reason=_reason(last))
    reason = _reason(last) if last.get("event") == "failed" else _crash(slot.child, code)
    return replace(entry, state="failed", reason=reason)


def _partial(output: Path) -> Path:
    """The partial name beside a result's: of a file, or of a folder of pictures."""
    folder = output.with_name(f"{output.name}.partial")
    return folder if folder.is_dir() else result_names(output).partial


def _with_result(entry: Entry, result: Path, out: Path) -> Entry:
    if not result.exists():
        return entry
    return replace(entry, result=result.relative_to(out).as_posix(), stamp=stamp_of(result))


def _reason(failed: Event) -> str:
    """What the film's run said of its failure, on one line."""
    said = (failed.get("what"), failed.get("where"), failed.get("what_to_do"))
    return " ".join(" ".join(str(part).split()) for part in said if part)


def _crash(child: Child, code: int) -> str:
    """An end without a word, as far as the system tells."""
    names = {number.value: number.name for number in signal.Signals}
    how = f"signal {names.get(-code, -code)}" if code < 0 else f"exit code {code}"
    said = child.last_words()
    return f"its process ended by {how}" + (f": {said}" if said else "")
