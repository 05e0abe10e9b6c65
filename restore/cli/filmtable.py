"""A batch as text: films in each state, a table of the most important ones, a line for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from restore.report import quantities

if TYPE_CHECKING:
    from rich.console import RenderableType

    from restore.jobs.batch.state import Entry

STATES = ("running", "waiting", "interrupted", "done", "failed", "damaged", "skipped")

_COLORS = {"running": "cyan", "done": "green", "failed": "red", "damaged": "red"}

_FIRST = ("running", "interrupted", "failed", "damaged")
"""States of films that are shown first, in this order."""


def summary(entries: Sequence[Entry], left: float | None = None) -> str:
    """`200 films: 3 running, 120 waiting, 77 done; about 12:30 left`."""
    films = sum(entry.state != "skipped" for entry in entries)
    found = [(state, sum(entry.state == state for entry in entries)) for state in STATES]
    text = ", ".join(f"{count:,} {state}" for state, count in found if count)
    ending = f"; about {quantities.clock(left)} left" if left else ""
    return f"{quantities.counted(films, 'film')}: {text or 'none'}{ending}"


def line(name: str, entry: Entry) -> str:
    """One film's state in a line of text."""
    return quantities.line(_line(name, entry))


def _line(name: str, entry: Entry) -> str:
    match entry.state:
        case "running":
            again = f" (attempt {entry.tries})" if entry.tries > 1 else ""
            return f"{name}: running{again}"
        case "done" if entry.reason:
            return f"{name}: {entry.reason} -> {entry.result}"
        case "done":
            took = quantities.clock(entry.seconds or 0)
            frames = quantities.counted(entry.frames or 0, "frame")
            return f"{name}: done, {frames} in {took} -> {entry.result}"
        case _:
            return f"{name}: {entry.state}" + (f": {entry.reason}" if entry.reason else "")


def table(entries: Mapping[str, Entry], left: float | None, rows: int | None) -> RenderableType:
    """The films that run, were interrupted or failed, then others up to `rows` (None: all)."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    found = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("Film", "State", "Frames", "What"):
        found.add_column(column, overflow="fold")
    for name in chosen(entries, rows):
        entry = entries[name]
        state = Text(entry.state, style=_COLORS.get(entry.state, ""))
        named, what = (Text(quantities.line(text)) for text in (name, _what(entry)))
        found.add_row(named, state, _frames(entry), what)
    hidden = len(entries) - found.row_count
    more = [Text(f"... and {hidden:,} more")] if hidden and found.row_count else []
    shown = [found] if found.row_count else []
    return Group(*shown, *more, Text(summary(list(entries.values()), left), style="bold"))


def chosen(entries: Mapping[str, Entry], rows: int | None) -> list[str]:
    """The names of the films to show, the most important first."""
    order = {state: place for place, state in enumerate((*_FIRST, "waiting", "done", "skipped"))}
    names = sorted(entries, key=lambda name: order[entries[name].state])
    return names if rows is None else names[:rows]


def _frames(entry: Entry) -> str:
    if entry.state == "running" and entry.frames_done is not None:
        return f"{entry.frames_done}/{entry.frames}"
    return str(entry.frames or "")


def _what(entry: Entry) -> str:
    """The current step, why it failed, or the name of its result."""
    if entry.state == "running":
        return entry.step
    return entry.reason or (entry.result or "" if entry.state == "done" else "")
