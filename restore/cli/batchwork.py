"""How a batch goes, step by step, and what is told of it: the book, the estimate, the films, the end."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from restore.cli import filmtable
from restore.errors import BatchError, Interrupted, OutputError, RestoreError
from restore.report import quantities

if TYPE_CHECKING:
    from restore.jobs.batch.estimate import BatchCost
    from restore.jobs.batch.listing import Listing
    from restore.jobs.batch.state import Book, Entry, Run
    from restore.jobs.batch.work_items import WorkItem
    from restore.jobs.batch.workers import Told

NAMED = 5
"""Failed films that the last message names."""

ROWS = 20
"""Films that the table at a terminal shows while the batch works."""


@dataclass(frozen=True, slots=True)
class Talk:
    """How the user wants to be told: JSON lines, or only failures."""

    as_json: bool
    quiet: bool

    def say(self, text: str, **values: object) -> None:
        """One line for people, or the event `batch` with these values for programs."""
        if self.as_json or not self.quiet:
            self.put(json.dumps({"event": "batch", **values}) if self.as_json else text)

    def put(self, line: str) -> None:
        """Print a line at once."""
        print(line, flush=True)


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as the words describe it; `whole` if it has all films, not a share of them."""

    out: Path
    tasks: Sequence[WorkItem]
    listing: Listing
    whole: bool
    jobs: int
    retries: int
    stop_at_failure: bool
    verify: bool
    force: bool


def _set_out(batch: Batch, book: Book) -> dict[str, Entry]:
    from restore.jobs.batch.work_items import set_out

    return set_out(book, batch.tasks, batch.out, verify=batch.verify)


def _open(batch: Batch, entries: Mapping[str, Entry]) -> list[WorkItem]:
    """The tasks that are not settled."""
    return [t for t in batch.tasks if entries[t.film.name].state not in ("done", "damaged")]


def only_tell(batch: Batch, talk: Talk) -> int:
    """`--dry-run`: the films and what the rest will cost; nothing is written."""
    from restore.jobs.batch.estimate import as_json
    from restore.jobs.batch.state import as_it_is, read_book

    entries = _set_out(batch, as_it_is(batch.out, read_book(batch.out)))
    entries, found = _estimated(batch, entries)
    told = {**entries, **_skipped(batch.listing)}
    for name in told if not talk.as_json else ():
        talk.say(filmtable.line(name, told[name]))
    talk.say(filmtable.summary(list(told.values())))
    talk.say(
        _cost_in_words(found),
        films={name: asdict(entry) for name, entry in told.items()},
        estimate=as_json(found) if found else None,
    )
    return 0


def work(batch: Batch, talk: Talk) -> int:
    """The run: the book opened, the cost told, every film worked on, the failures counted."""
    from restore.jobs.batch import state as books
    from restore.store import held, make_folder

    make_folder(batch.out / books.PLACE)
    run_id, run = books.new_run()
    lock = books.run_lock(batch.out, run_id)
    began = time.monotonic()
    with held(lock, "This run works already."):
        ended = replace(run, state="interrupted")
        try:
            entries = _opened(batch, run_id, run)
            entries = _announced(batch, entries, talk)
            entries = _worked(batch, run_id, entries, talk)
            ended = replace(run, state="ended")
        finally:
            lock.unlink(missing_ok=True)
            _closed(batch.out, run_id, replace(ended, ended=books.now()))
    took = quantities.clock(time.monotonic() - began)
    told = list(entries.values())
    talk.say(f"{filmtable.summary(told)} (this run: {took})", counts=_counts(told))
    _judge(entries)
    return 0


def _opened(batch: Batch, run_id: str, run: Run) -> dict[str, Entry]:
    """Put the films into the book as this run finds them, and tidy up after runs that were killed."""
    from restore.jobs.batch import state as books

    entries: dict[str, Entry] = {}

    def change(book: Book) -> Book:
        book = books.as_it_is(batch.out, book)
        entries.update(_set_out(batch, book))
        stays = {
            name: entry
            for name, entry in book.films.items()
            if entry.state in ("done", "running") or not batch.whole
        }
        films = {**stays, **entries, **_skipped(batch.listing)}
        return replace(book, films=films, runs={**books.recent(book.runs), run_id: run})

    books.change_book(batch.out, change)
    books.sweep(batch.out)
    return entries


def _skipped(listing: Listing) -> dict[str, Entry]:
    from restore.jobs.batch.state import Entry

    return {one.name: Entry(one.name, "skipped", reason=one.reason) for one in listing.skipped}


def _announced(batch: Batch, entries: dict[str, Entry], talk: Talk) -> dict[str, Entry]:
    """Say what is to be done and what it will cost; raises OutputError if that cannot fit."""
    from restore.jobs.batch import state as books
    from restore.jobs.batch.estimate import as_json

    skipped = [*_skipped(batch.listing).values()]
    told = [*entries.values(), *skipped]
    talk.say(filmtable.summary(told), counts=_counts(told))
    if not _open(batch, entries):
        return entries
    entries, found = _estimated(batch, entries)
    values = as_json(found) if found else {}
    talk.say(_cost_in_words(found), estimate=values)
    mine = {name: entry for name, entry in entries.items() if entry.state == "waiting"}

    def change(book: Book) -> Book:
        return replace(books.learned(book, mine), estimate=values)

    books.change_book(batch.out, change)
    if found and not found.rough and found.disk > found.free and not batch.force:
        raise OutputError(
            f"The results need about {quantities.size(found.disk)}, and only "
            f"{quantities.size(found.free)} are free.",
            str(batch.out),
            "Choose --out on a larger disk, make room, or start all the same with --force.",
        )
    return entries


def _estimated(
    batch: Batch, entries: dict[str, Entry]
) -> tuple[dict[str, Entry], BatchCost | None]:
    """The entries with what the films' headers tell, and the cost if a rate can be had."""
    from restore.jobs.batch import estimate

    todo = _open(batch, entries)
    entries = estimate.with_headers(todo, entries)
    wishes = frozenset(task.wish for task in todo)
    rate = estimate.measured_rate(entries.values(), wishes) or estimate.tried_rate(todo, entries)
    if rate is None or not todo:
        return entries, None
    mine = [entries[task.film.name] for task in todo]
    return entries, estimate.cost(rate, mine, batch.out, batch.jobs)


def _cost_in_words(found: BatchCost | None) -> str:
    if found is None:
        return "no estimate: no trial succeeded"
    unknown = (
        f" (of {quantities.counted(found.unknown, 'film')} more the headers tell nothing)"
        if found.unknown
        else ""
    )
    nearly = "roughly" if found.rough else "about"
    return (
        f"{nearly} {quantities.clock(found.seconds)} and {quantities.size(found.disk)} of disk "
        f"({quantities.size(found.free)} free) for {quantities.counted(found.films, 'film')}{unknown}"
    )


def _worked(batch: Batch, run_id: str, entries: dict[str, Entry], talk: Talk) -> dict[str, Entry]:
    """Let the crew work; raises Interrupted when the user stops it."""
    from restore.jobs.batch.workers import Crew, WorkerSettings

    manner = WorkerSettings(batch.out, run_id, batch.jobs, batch.retries, batch.stop_at_failure)
    with _telling(entries, talk) as tell:
        crew = Crew(manner, _open(batch, entries), entries, tell)
        try:
            crew.work()
        except KeyboardInterrupt as error:
            todo = "The same command goes on: finished films and parts are kept."
            raise Interrupted("Stopped.", "", todo) from error
    return crew.entries


def _closed(out: Path, run_id: str, run: Run) -> None:
    """Say in the book how this run ended; a book that cannot be written hides no other failure."""
    from restore.jobs.batch import state as books

    def change(book: Book) -> Book:
        return replace(book, runs={**book.runs, run_id: run})

    with contextlib.suppress(RestoreError):
        books.change_book(out, change)
        books.sweep(out)


def _counts(entries: Sequence[Entry]) -> dict[str, int]:
    return {
        state: count
        for state in filmtable.STATES
        if (count := sum(entry.state == state for entry in entries))
    }


def _judge(entries: Mapping[str, Entry]) -> None:
    """Raise BatchError unless every film is done."""
    bad = [name for name, entry in entries.items() if entry.state in ("failed", "damaged")]
    if not bad:
        return
    names = ", ".join(bad[:NAMED]) + (f" and {len(bad) - NAMED} more" if len(bad) > NAMED else "")
    left = sum(entry.state not in ("done", "failed", "damaged") for entry in entries.values())
    unbegun = f" {left} were not begun." if left else ""
    raise BatchError(
        f"{len(bad)} of {len(entries)} films failed.{unbegun}",
        names,
        "batch.json says why (restore status); the same command tries them again.",
    )


@contextlib.contextmanager
def _telling(entries: Mapping[str, Entry], talk: Talk) -> Generator[Told]:
    """The listener that suits the user: a table, plain lines, JSON lines, or silence."""
    if not talk.as_json and not talk.quiet and sys.stdout.isatty():
        with _live(entries) as tell:
            yield tell
        return
    states = {name: entry.state for name, entry in entries.items()}

    def told(name: str, entry: Entry) -> None:
        if states.get(name) == entry.state or talk.quiet:
            return
        states[name] = entry.state
        event = {"event": "film", "name": name, **asdict(entry)}
        talk.put(json.dumps(event) if talk.as_json else filmtable.line(name, entry))

    yield told


@contextlib.contextmanager
def _live(entries: Mapping[str, Entry]) -> Generator[Told]:
    """A table at the terminal, drawn anew a few times a second."""
    from rich.console import Console, RenderableType
    from rich.live import Live

    from restore.jobs.batch.estimate import time_left

    found = dict(entries)

    def draw() -> RenderableType:
        return filmtable.table(found, time_left(list(found.values())), ROWS)

    with Live(get_renderable=draw, console=Console(highlight=False), refresh_per_second=2):
        yield found.__setitem__
