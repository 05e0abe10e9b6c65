"""The log of a job: its events as dated lines in the work folder, whatever the terminal shows."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from restore.cli.plain_lines import Lines
from restore.run.events import Event, Planned


class Logbook:
    """A listener that writes `log.txt` as soon as the job has a work folder; `path` is None before.

    What was told earlier is written then. A log that cannot be written stops no restoration.
    """

    def __init__(self) -> None:
        self.path: Path | None = None
        self._early: list[str] = []
        self._lines = Lines(self.write)

    def __call__(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, Planned):
            self.path = event.work / "log.txt"
        self._lines(event)

    def write(self, line: str) -> None:
        """Put one dated line down."""
        self._early.append(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}\n")
        if self.path is not None:
            with contextlib.suppress(OSError), self.path.open("ab") as file:
                # names that are no text are written as far as they are
                file.write("".join(self._early).encode(errors="backslashreplace"))
                self._early.clear()
