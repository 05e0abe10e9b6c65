"""The time and disk that a batch needs: the headers of its films, and a rate measured on some of them."""

from __future__ import annotations

import queue
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from restore.jobs.batch.processes import Child, Event, fair_share
from restore.jobs.batch.state import Entry
from restore.jobs.batch.work_items import WorkItem

TRIALS = 3
"""Films that are tried until one gives a rate."""

SMALL_BATCH = 20.0
"""Million pixels below which a batch without networks gets no trial, which takes about as long."""

ENOUGH_FRAMES = 48
"""Frames that a film needs for a good trial; the smallest of such films is tried."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Cost of a film: `start` seconds for each, then seconds and bytes of result a unit of work.

    A unit of work is a million pixels of the source, over all its frames. `temporary` are bytes that are
    needed only during the run (None: as many as for the result).
    """

    start: float
    seconds: float
    bytes: float
    temporary: float | None = None


ROUGH = Rate(start=5.0, seconds=0.5, bytes=500_000)
"""The approximate rate of a small batch: examples/reel.mp4 (7 million pixels) on one core, as FFV1."""


@dataclass(frozen=True, slots=True)
class BatchCost:
    """Seconds and bytes for `films` films; `unknown` more have headers without these facts.

    `rough`: the figures come neither from a trial nor from finished films.
    """

    seconds: float
    disk: int
    free: int
    films: int
    unknown: int
    rough: bool = False


def with_headers(tasks: Sequence[WorkItem], entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """The entries with frames and work of the films to be done; only new headers are read."""
    from restore.media.container.headers import read_headers

    unread = [t for t in tasks if entries[t.film.name].work is None]
    found = dict(entries)
    headers = read_headers([task.film.path for task in unread])
    for task, header in zip(unread, headers, strict=True):
        if header is not None:
            work = round(header.frames * header.width * header.height / 1e6, 6)
            entry = found[task.film.name]
            found[task.film.name] = replace(entry, frames=header.frames, work=work)
    return found


def measured_rate(entries: Iterable[Entry], digests: frozenset[str]) -> Rate | None:
    """The rate of films that are done with one of these digests, or None if there is none.

    Films that were restored at the same time shared the machine: each counts its share of the time.
    """
    done = [
        (entry.seconds / entry.jobs, entry.work, entry.result_stat[0])
        for entry in entries
        if entry.state == "done" and entry.job_digest in digests
        if entry.seconds and entry.work and entry.result_stat
    ]
    work = sum(part for _, part, _ in done)
    if not work:
        return None
    seconds, size = sum(s for s, _, _ in done), sum(b for _, _, b in done)
    return Rate(0.0, seconds / work, size / work)


def tried_rate(tasks: Sequence[WorkItem], entries: Mapping[str, Entry]) -> Rate | None:
    """The rate by `--dry-run` of the smallest films, `ROUGH` for a small batch; None if no trial succeeds."""
    known = [task for task in tasks if entries[task.film.name].work]
    work = sum(entries[task.film.name].work or 0.0 for task in known)
    if known and work < SMALL_BATCH and not any(task.networks for task in known):
        return ROUGH
    for task in sorted(known, key=lambda one: _trial_order(entries[one.film.name]))[:TRIALS]:
        began = time.monotonic()
        event = _dry_run(task)
        if event is not None:
            wall = time.monotonic() - began
            return _rate(event, wall, entries[task.film.name].work or 0)
    return None


def _trial_order(entry: Entry) -> tuple[bool, float]:
    """Small films of enough frames come first, then the largest of those that have too few."""
    work, short = entry.work or 0.0, (entry.frames or 0) < ENOUGH_FRAMES
    return short, -work if short else work


def _rate(event: Event, wall: float, work: float) -> Rate:
    """The rate of a trial, whose `seconds`, `disk` and `result` are for the whole film."""
    tried = event["seconds"] * event["frames_tried"] / event["plan"]["frames"]
    result, temporary = event["result"], event["disk"] - event["result"]
    start = max(0.0, wall - tried)
    return Rate(start, event["seconds"] / work, result / work, temporary / work)


def _dry_run(task: WorkItem) -> Event | None:
    """The event of a film's dry run, in a separate process; None if it fails."""
    events: queue.Queue[tuple[Child, Event | None]] = queue.Queue()
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        target = Path(folder) / Path(task.film.target).name
        arguments = ["run", "--json", "--dry-run", "-o", str(target), *task.arguments]
        arguments += ["--", str(task.film.path.absolute())]
        child = Child(arguments, Path(folder) / "stderr", fair_share(1), events)
        found: Event | None = None
        try:
            while (event := events.get()[1]) is not None:
                found = event if event.get("event") == "dryrun" else found
        except BaseException:
            child.stop()
            raise
        finally:
            child.end(10.0)
    return found


def time_left(entries: Sequence[Entry]) -> float | None:
    """Seconds for all unfinished films, by those that are done; None as long as none is."""
    open_ = [entry for entry in entries if entry.state in ("waiting", "running", "interrupted")]
    rate = measured_rate(entries, frozenset(entry.job_digest for entry in open_))
    return rate.seconds * sum(entry.work or 0.0 for entry in open_) if rate else None


def cost(rate: Rate, entries: Sequence[Entry], out: Path, jobs: int) -> BatchCost:
    """The cost of these films: all results, and the parts of the films that are restored at the same time.

    Jobs share the machine, so they do not shorten the total time of restoring.
    """
    works = sorted((entry.work for entry in entries if entry.work), reverse=True)
    temporary = rate.bytes if rate.temporary is None else rate.temporary
    seconds = rate.seconds * sum(works) + rate.start * len(works) / jobs
    disk = round(rate.bytes * sum(works) + temporary * sum(works[:jobs]))
    unknown = len(entries) - len(works)
    return BatchCost(seconds, disk, free_space(out), len(works), unknown, rough=rate is ROUGH)


def free_space(folder: Path) -> int:
    """Free bytes on the disk where this folder is, or will be."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def as_json(found: BatchCost) -> dict[str, float]:
    """The cost in the form of the state file."""
    values = {"seconds": round(found.seconds), "disk": found.disk, "free": found.free}
    return {**values, "films": found.films, "unknown": found.unknown, "rough": found.rough}
