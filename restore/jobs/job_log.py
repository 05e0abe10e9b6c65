"""The log of a job: its events as dated lines in the work folder, independent of what is printed."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from restore.run.event_text import EventLines
from restore.run.events import Event, Planned


class JobLog:
    """A listener that writes `log.txt` as soon as the job has a work folder; `path` is None before.

    Earlier events are written then, too. A log that cannot be written does not stop the job.
    """

    def __init__(self) -> None:
        self.path: Path | None = None
        self._early: list[str] = []
        self._lines = EventLines(self.write)

    def __call__(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, Planned):
            self.path = event.work / "log.txt"
        self._lines(event)

    def write(self, line: str) -> None:
        """Add one dated line."""
        self._early.append(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}\n")
        if self.path is not None:
            with contextlib.suppress(OSError), self.path.open("ab") as file:
                # file names may contain bytes that are not text
                file.write("".join(self._early).encode(errors="backslashreplace"))
                self._early.clear()
