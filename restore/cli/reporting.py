"""What a run prints: a progress bar, plain lines, JSON lines, or only failures."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from restore.cli.stdio import put_line

if TYPE_CHECKING:
    from restore.run.events import Listener


@dataclass(frozen=True, slots=True)
class OutputMode:
    """What the options `--json`, `-v` and `-q` ask for."""

    as_json: bool
    verbose: int
    quiet: bool

    @property
    def draws(self) -> bool:
        """Whether a bar can be drawn: a person at a terminal."""
        return not self.as_json and not self.quiet and sys.stdout.isatty()


@contextmanager
def listening(film: Path, mode: OutputMode) -> Generator[Listener]:
    """The listener for one film: a progress bar, plain lines, JSON lines, or nothing."""
    from restore.cli import ndjson
    from restore.run.event_text import EventLines

    if mode.as_json:
        yield ndjson.listener(film, put_line)
    elif mode.quiet:
        yield lambda event: None
    elif mode.draws:
        from restore.cli.progress import bar

        with bar(film.name, verbose=mode.verbose > 0) as listener:
            yield listener
    else:
        yield EventLines(put_line)
