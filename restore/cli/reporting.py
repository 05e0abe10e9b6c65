"""How a user wants to be told of a run: a bar, plain lines, JSON lines, or nothing but failures."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from restore.run.events import Event, Listener


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
def telling(film: Path, manner: OutputMode) -> Generator[Listener]:
    """The listener that suits the user: a bar, plain lines, JSON lines, or silence."""
    from restore.cli import ndjson, plain_lines

    if manner.as_json:
        yield ndjson.listener(film, lambda line: print(line, flush=True))
    elif manner.quiet:
        yield lambda event: None
    elif manner.draws:
        from restore.cli.progress import bar

        with bar(film.name, verbose=manner.verbose > 0) as listener:
            yield listener
    else:
        yield plain_lines.Lines(lambda line: print(line, flush=True))


def told_to(*listeners: Listener) -> Listener:
    """A listener that hands every event to all of these, in order."""

    def tell(event: Event) -> None:
        for listener in listeners:
            listener(event)

    return tell
