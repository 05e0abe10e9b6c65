"""`restore status`: the state of a batch, while it runs and afterwards."""

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
    from restore.jobs.batch.state import BatchState

ROWS = 40
"""Films that are listed without -v."""

EVERY = 2.0
"""Seconds between two readings with --watch."""

Folder = Annotated[
    Path,
    typer.Argument(metavar="FOLDER", help="The batch's --out folder.", show_default=False),
]
Watch = Annotated[
    bool,
    typer.Option("--watch", help="Repeat until no run uses this folder.", metavar=options.FLAG),
]


def command(
    folder: Folder,
    watch: Watch = False,
    as_json: options.Json = False,
    verbose: options.Verbose = 0,
) -> int:
    """Show the state of a batch: which films are done, running or failed, and why.

    Reads batch.json and changes nothing; a film whose run was killed is shown as interrupted.
    """
    batch = _read(folder)
    rows = None if verbose else ROWS
    if watch and sys.stdout.isatty() and not as_json:
        _watch_live(folder, batch, rows)
        return 0
    _print(batch, rows, as_json=as_json)
    while watch and _works(batch):
        time.sleep(EVERY)
        before, batch = batch, _read(folder)
        if batch != before:
            _print(batch, rows, as_json=as_json)
    return 0


def _read(folder: Path) -> BatchState:
    from restore.jobs.batch.state import STATE_FILE, read_state, without_dead_runs

    if not (folder / STATE_FILE).is_file():
        todo = "Give the --out folder of a batch."
        where = str(folder)
        raise SourceError("There is no batch in this folder.", where, todo, code="no-batch")
    return without_dead_runs(folder, read_state(folder))


def _works(batch: BatchState) -> bool:
    return any(run.state == "running" for run in batch.runs.values())


def _print(batch: BatchState, rows: int | None, *, as_json: bool) -> None:
    from restore.jobs.batch.estimate import time_left
    from restore.jobs.batch.state import counts

    left = time_left(list(batch.films.values()))
    if as_json:
        values = {"event": "status", "counts": counts(batch), "left": left, **asdict(batch)}
        print(json.dumps(values), flush=True)
        return
    from rich.console import Console

    Console(highlight=False).print(filmtable.table(batch.films, left, rows))


def _watch_live(folder: Path, batch: BatchState, rows: int | None) -> None:
    """A table at the terminal until the last run ends, or Ctrl-C."""
    from rich.console import Console
    from rich.live import Live

    from restore.jobs.batch.estimate import time_left

    with Live(console=Console(highlight=False), auto_refresh=False) as live:
        while True:
            left = time_left(list(batch.films.values()))
            live.update(filmtable.table(batch.films, left, rows), refresh=True)
            if not _works(batch):
                return
            time.sleep(EVERY)
            batch = _read(folder)
