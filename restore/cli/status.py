"""`restore status`: how a batch stands, while it runs and afterwards."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from restore.cli import filmtable, options
from restore.errors import SourceError

if TYPE_CHECKING:
    from restore.jobs.batch.state import Book

ROWS = 40
"""Films that are listed without -v."""

EVERY = 2.0
"""Seconds between two looks with --watch."""

Folder = Annotated[
    Path,
    typer.Argument(metavar="FOLDER", help="The batch's --out folder.", show_default=False),
]
Watch = Annotated[
    bool,
    typer.Option("--watch", help="Look again until no run works here.", metavar=options.FLAG),
]


def command(
    folder: Folder,
    watch: Watch = False,
    as_json: options.Json = False,
    verbose: options.Verbose = 0,
) -> int:
    """Show how a batch stands: what is done, what runs, what failed and why.

    Reads batch.json and touches nothing; a film whose run was killed is told as interrupted.
    """
    book = _read(folder)
    rows = None if verbose else ROWS
    if watch and sys.stdout.isatty() and not as_json:
        _watch_live(folder, book, rows)
        return 0
    _print(book, rows, as_json=as_json)
    while watch and _works(book):
        time.sleep(EVERY)
        before, book = book, _read(folder)
        if book != before:
            _print(book, rows, as_json=as_json)
    return 0


def _read(folder: Path) -> Book:
    from restore.jobs.batch.state import BOOK, as_it_is, read_book

    if not (folder / BOOK).is_file():
        todo = "Name the folder that restore batch was given with --out."
        raise SourceError("There is no batch in this folder.", str(folder), todo)
    return as_it_is(folder, read_book(folder))


def _works(book: Book) -> bool:
    return any(run.state == "running" for run in book.runs.values())


def _print(book: Book, rows: int | None, *, as_json: bool) -> None:
    from restore.jobs.batch.estimate import time_left
    from restore.jobs.batch.state import counts

    left = time_left(list(book.films.values()))
    if as_json:
        values = {"event": "status", "counts": counts(book), "left": left, **asdict(book)}
        print(json.dumps(values), flush=True)
        return
    from rich.console import Console

    Console(highlight=False).print(filmtable.table(book.films, left, rows))


def _watch_live(folder: Path, book: Book, rows: int | None) -> None:
    """A table at the terminal until the last run ends, or Ctrl-C."""
    from rich.console import Console
    from rich.live import Live

    from restore.jobs.batch.estimate import time_left

    with Live(console=Console(highlight=False), auto_refresh=False) as live:
        while True:
            left = time_left(list(book.films.values()))
            live.update(filmtable.table(book.films, left, rows), refresh=True)
            if not _works(book):
                return
            time.sleep(EVERY)
            book = _read(folder)
