"""A batch from start to end: its films, their cost, the processing, and the result of each film."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from restore.errors import BatchError, Interrupted, OutputError, RestoreError
from restore.jobs.batch import estimate
from restore.jobs.batch import state as states
from restore.jobs.batch.estimate import BatchCost
from restore.jobs.batch.listing import Listing, list_films, share
from restore.jobs.batch.state import BatchState, Entry, Run
from restore.jobs.batch.work_items import WorkItem, entries_of, make_tasks
from restore.jobs.batch.workers import FilmWorkers, WorkerSettings
from restore.report import quantities
from restore.store import held, make_folder

NAMED = 5
"""Number of failed films that the last message lists."""


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """A batch: the films, the folder for the results, the recipe, and how to process them.

    `what` is a folder, a list (`.csv`), a pattern, or several files. `options` are fields of the recipe,
    which take precedence over those of the file `recipe`; `switches` the other options of a film's run.
    `part` is (number from 1, count) of a share of the films. `jobs` films are restored at the same time,
    `retries` is the number of further attempts after a failure that may be temporary; `stop_at_failure`
    starts no film after a failure, `verify` compares hashes instead of sizes and times, `force` starts even
    if the disk is too small.
    """

    what: Sequence[str]
    out: Path
    recipe: Path | None = None
    options: Mapping[str, object] = field(default_factory=dict[str, object])
    switches: Mapping[str, object] = field(default_factory=dict[str, object])
    part: tuple[int, int] | None = None
    jobs: int = 1
    retries: int = 1
    stop_at_failure: bool = False
    verify: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """The number of films in each state, before and after the processing (`seconds` is its duration).

    `entries` are the films, and the files that are not films.

    """

    entries: Sequence[Entry]
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Estimated:
    """The estimated cost of the remaining films; None if no trial succeeded. `entries` as in Counted."""

    cost: BatchCost | None
    entries: Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class FilmChanged:
    """The entry of a film has changed: its state or its progress."""

    name: str
    entry: Entry


BatchEvent = Counted | Estimated | FilmChanged
BatchListener = Callable[[BatchEvent], None]


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The result of every film of a batch, by name, and the duration in seconds; see docs/batch.md."""

    out: Path
    films: Mapping[str, Entry]
    seconds: float

    @property
    def failed(self) -> tuple[str, ...]:
        """The films that failed, and those whose source is damaged."""
        return tuple(n for n, one in self.films.items() if one.state in ("failed", "damaged"))

    @property
    def ok(self) -> bool:
        """Whether every film is done."""
        return all(entry.state == "done" for entry in self.films.values())


def estimate_batch(request: BatchRequest, listener: BatchListener) -> None:
    """Report the films of a batch and the estimated cost of the unfinished ones; writes nothing."""
    batch = _prepared(request)
    entries = _entries(batch, states.without_dead_runs(request.out, states.read_state(request.out)))
    entries, cost = _estimated(batch, entries)
    listener(Estimated(cost, {**entries, **_skipped(batch.listing)}))


def run_batch(request: BatchRequest, listener: BatchListener) -> BatchResult:
    """Restore all films, each in a separate process; batch.json always has their progress.

    Raises UsageError and SourceError for mistakes before any film, OutputError if the results will not fit
    on the disk, Interrupted when the user stops it. A film that fails raises no exception: see `BatchResult`.
    """
    batch = _prepared(request)
    out = request.out
    make_folder(out / states.LOCK_FOLDER)
    run_id, run = states.new_run()
    lock = states.run_lock(out, run_id)
    began = time.monotonic()
    ended = replace(run, state="interrupted")
    try:
        with held(lock, "This run is already active.", remove=True):
            try:
                entries = _opened(batch, run_id, run)
                entries = _announced(batch, entries, listener)
                entries = _worked(batch, run_id, entries, listener)
                ended = replace(run, state="ended")
            finally:
                _closed(out, run_id, replace(ended, ended=states.now()))
    finally:
        states.remove_leftovers(out)
    seconds = time.monotonic() - began
    listener(Counted(tuple(entries.values()), seconds))
    return BatchResult(out, entries, seconds)


def check_result(result: BatchResult) -> None:
    """Raise BatchError if any film of a batch failed."""
    bad = result.failed
    if not bad:
        return
    names = ", ".join(bad[:NAMED]) + (f" and {len(bad) - NAMED} more" if len(bad) > NAMED else "")
    settled = sum(entry.state in states.SETTLED for entry in result.films.values())
    left = len(result.films) - settled
    raise BatchError(
        f"{len(bad)} of {len(result.films)} films failed."
        + (f" {left} were not started." if left else ""),
        names,
        "batch.json has the reasons (restore status); the same command tries them again.",
        code="films-failed",
    )


@dataclass(frozen=True, slots=True)
class _Batch:
    """A batch whose films and recipes are known and without mistakes."""

    request: BatchRequest
    listing: Listing
    tasks: Sequence[WorkItem]

    def open(self, entries: Mapping[str, Entry]) -> list[WorkItem]:
        """The tasks that are not settled."""
        done = ("done", "damaged")
        return [task for task in self.tasks if entries[task.film.name].state not in done]


def _prepared(request: BatchRequest) -> _Batch:
    """Find the films and check their recipes; names of results from earlier runs are kept."""
    known = {n: one.target for n, one in states.read_state(request.out).films.items() if one.target}
    listing = list_films(request.what, request.out, known)
    if request.part is not None:
        listing = replace(listing, films=share(listing.films, *request.part))
    tasks = make_tasks(listing.films, request.recipe, request.options, request.switches)
    return _Batch(request, listing, tasks)


def _entries(batch: _Batch, current: BatchState) -> dict[str, Entry]:
    return entries_of(current, batch.tasks, batch.request.out, verify=batch.request.verify)


def _skipped(listing: Listing) -> dict[str, Entry]:
    return {one.name: Entry(one.name, "skipped", reason=one.reason) for one in listing.skipped}


def _opened(batch: _Batch, run_id: str, run: Run) -> dict[str, Entry]:
    """Write the films to the state file as this run finds them; remove the files of killed runs."""
    entries: dict[str, Entry] = {}
    out = batch.request.out

    def change(current: BatchState) -> BatchState:
        current = states.without_dead_runs(out, current)
        entries.update(_entries(batch, current))
        stays = {
            name: entry
            for name, entry in current.films.items()
            if entry.state in ("done", "running") or batch.request.part is not None
        }
        films = {**stays, **entries, **_skipped(batch.listing)}
        return replace(current, films=films, runs={**states.recent(current.runs), run_id: run})

    states.change_state(out, change)
    states.remove_leftovers(out)
    return entries


def _announced(
    batch: _Batch, entries: dict[str, Entry], listener: BatchListener
) -> dict[str, Entry]:
    """Report what will be done and the estimated cost; raises OutputError if the results cannot fit."""
    listener(Counted((*entries.values(), *_skipped(batch.listing).values())))
    if not batch.open(entries):
        return entries
    entries, cost = _estimated(batch, entries)
    listener(Estimated(cost, entries))
    mine = {name: entry for name, entry in entries.items() if entry.state == "waiting"}
    values = estimate.as_json(cost) if cost else {}

    def change(current: BatchState) -> BatchState:
        return replace(states.with_waiting(current, mine), estimate=values)

    states.change_state(batch.request.out, change)
    if cost and not cost.rough and cost.disk > cost.free and not batch.request.force:
        raise OutputError(
            f"The results need about {quantities.size(cost.disk)}, and only "
            f"{quantities.size(cost.free)} are free.",
            str(batch.request.out),
            "Choose --out on a larger disk, free some space, or start anyway with --force.",
            code="disk-too-small",
        )
    return entries


def _estimated(
    batch: _Batch, entries: dict[str, Entry]
) -> tuple[dict[str, Entry], BatchCost | None]:
    """The entries with the facts of the films' headers, and the cost if a rate can be measured."""
    todo = batch.open(entries)
    entries = estimate.with_headers(todo, entries)
    digests = frozenset(task.job_digest for task in todo)
    rate = estimate.measured_rate(entries.values(), digests) or estimate.tried_rate(todo, entries)
    if rate is None or not todo:
        return entries, None
    mine = [entries[task.film.name] for task in todo]
    return entries, estimate.cost(rate, mine, batch.request.out, batch.request.jobs)


def _worked(
    batch: _Batch, run_id: str, entries: dict[str, Entry], listener: BatchListener
) -> dict[str, Entry]:
    """Restore the films; raises Interrupted when the user stops it."""
    request = batch.request
    settings = WorkerSettings(
        request.out, run_id, request.jobs, request.retries, request.stop_at_failure
    )

    def report(name: str, entry: Entry) -> None:
        listener(FilmChanged(name, entry))

    workers = FilmWorkers(settings, batch.open(entries), entries, report)
    try:
        workers.work()
    except KeyboardInterrupt as error:
        todo = "The same command continues: finished films and parts are kept."
        raise Interrupted("Stopped.", "", todo, code="interrupted") from error
    return workers.entries


def _closed(out: Path, run_id: str, run: Run) -> None:
    """Write how this run ended; a failure to do so does not hide another one."""

    def change(current: BatchState) -> BatchState:
        return replace(current, runs={**current.runs, run_id: run})

    with contextlib.suppress(RestoreError):
        states.change_state(out, change)
