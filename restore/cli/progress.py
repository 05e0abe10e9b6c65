"""A run's events on a terminal: a progress bar with frames, speed, time left and shot; notes above it."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from restore.run.event_text import describe, pace_of
from restore.run.events import (
    Choosing,
    Event,
    Joining,
    Listener,
    PartDone,
    Planned,
    Progressed,
    Started,
    Surveying,
    Verifying,
    Writing,
)
from restore.run.pace import advice


class Bar:
    """One film's progress bar; single events are lines above it."""

    def __init__(self, progress: Progress, film: str, *, verbose: bool) -> None:
        self._progress = progress
        self._verbose = verbose
        self._task = progress.add_task(film, total=None, detail="reading")
        self._start: tuple[float, int] | None = None
        self._advised = False

    def __call__(self, event: Event) -> None:
        """Take one event."""
        match event:
            case Surveying(done=done, frames=frames):
                self._show("looking for shots", done, frames)
            case Choosing(done=done, shots=shots, share=share):
                self._show("choosing colors", done + share, shots)
            case Started(frames=frames, remaining=remaining):
                self._start = (time.monotonic(), frames - remaining)
                self._say(event)
                self._show("starting", frames - remaining, frames)
            case Progressed():
                self._move(event)
            case Joining():
                self._show("joining the parts", None, None)
            case Verifying():
                self._show("comparing with the source", None, None)
            case Writing(done=done, frames=frames):
                self._show("writing images", done, frames)
            case PartDone() | Planned() if not self._verbose:
                pass
            case _:
                self._say(event)

    def _move(self, event: Progressed) -> None:
        pace = pace_of(event, self._start, time.monotonic())
        shot = f"shot {event.shot + 1}/{event.shots}"
        self._show(
            f"{event.done}/{event.frames} frames  {pace.text()}  {shot}", event.done, event.frames
        )
        if pace.too_long and not self._advised:
            self._advised = True
            self._progress.console.print(advice(pace))

    def _show(self, detail: str, done: float | None, frames: int | None) -> None:
        self._progress.update(self._task, detail=detail, completed=done or 0, total=frames)

    def _say(self, event: Event) -> None:
        if line := describe(event):
            self._progress.console.print(line, markup=False, soft_wrap=True)


@contextmanager
def bar(film: str, *, verbose: bool) -> Generator[Listener]:
    """A listener that draws on the terminal while the block runs."""
    console = Console(highlight=False)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[detail]}", markup=False),
    )
    progress = Progress(*columns, console=console, transient=True, refresh_per_second=4)
    with progress:
        yield Bar(progress, film, verbose=verbose)
