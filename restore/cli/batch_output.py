"""What `restore batch` prints: a table at a terminal, plain lines, JSON lines, or only failures."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from types import TracebackType
from typing import TYPE_CHECKING

from restore.cli import filmtable
from restore.cli.stdio import put_line
from restore.jobs.batch.estimate import as_json, time_left
from restore.jobs.batch.run_batch import Counted, Estimated, FilmChanged
from restore.report import quantities

if TYPE_CHECKING:
    from rich.live import Live

    from restore.jobs.batch.estimate import BatchCost
    from restore.jobs.batch.run_batch import BatchEvent
    from restore.jobs.batch.state import Entry

ROWS = 20
"""Films that the table at a terminal shows."""


class PrintedBatch:
    """A listener that prints a batch's events; a table at a terminal is closed when the block ends."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self._as_json = as_json
        self._quiet = quiet
        self._films: dict[str, Entry] = {}
        self._live: Live | None = None

    def __enter__(self) -> PrintedBatch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def __call__(self, event: BatchEvent) -> None:
        """Print one event of a running batch."""
        match event:
            case Counted(entries=entries, seconds=seconds):
                self._close()
                took = "" if seconds is None else f" (this run: {quantities.clock(seconds)})"
                self._say(f"{filmtable.summary(entries)}{took}", counts=_counts(entries))
            case Estimated(cost=cost, entries=entries):
                self._films = dict(entries)
                self._say(_in_words(cost), estimate=as_json(cost) if cost else {})
            case FilmChanged(name=name, entry=entry):
                self._film(name, entry)

    def print_plan(self, event: BatchEvent) -> None:
        """Print what a batch would do: its films and their cost."""
        assert isinstance(event, Estimated)
        if not self._as_json:
            for name, entry in event.entries.items():
                self._say(filmtable.line(name, entry))
        self._say(filmtable.summary(list(event.entries.values())))
        self._say(
            _in_words(event.cost),
            films={name: asdict(entry) for name, entry in event.entries.items()},
            estimate=as_json(event.cost) if event.cost else None,
        )

    def _say(self, text: str, **values: object) -> None:
        """One line of text, or the event `batch` with these values."""
        if self._as_json:
            put_line(json.dumps({"event": "batch", **values}))
        elif not self._quiet:
            put_line(text)

    def _film(self, name: str, entry: Entry) -> None:
        before = self._films.get(name)
        self._films[name] = entry
        if self._quiet:
            return
        if self._as_json or not sys.stdout.isatty():
            if before is None or before.state != entry.state:
                event = {"event": "film", "name": name, **asdict(entry)}
                text = json.dumps(event) if self._as_json else filmtable.line(name, entry)
                put_line(text)
        elif self._live is None:
            self._live = self._opened()

    def _opened(self) -> Live:
        """A table at the terminal, drawn a few times a second."""
        from rich.console import Console, RenderableType
        from rich.live import Live

        def draw() -> RenderableType:
            return filmtable.table(self._films, time_left(list(self._films.values())), ROWS)

        live = Live(get_renderable=draw, console=Console(highlight=False), refresh_per_second=2)
        live.start()
        return live

    def _close(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


def _in_words(cost: BatchCost | None) -> str:
    if cost is None:
        return "no estimate: no trial succeeded"
    unknown = (
        f" (and {quantities.counted(cost.unknown, 'film')} with unknown length)"
        if cost.unknown
        else ""
    )
    nearly = "roughly" if cost.rough else "about"
    return (
        f"{nearly} {quantities.clock(cost.seconds)} and {quantities.size(cost.disk)} of disk "
        f"({quantities.size(cost.free)} free) for {quantities.counted(cost.films, 'film')}{unknown}"
    )


def _counts(entries: Sequence[Entry]) -> dict[str, int]:
    return {
        state: count
        for state in filmtable.STATES
        if (count := sum(entry.state == state for entry in entries))
    }
