"""Standard output and error: whole lines, a reader that ends early, a full disk."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

_LINE = threading.Lock()
"""Held while a line is written."""


def put_line(line: str) -> None:
    """Write a whole line to standard output and flush it; other threads write before or after it."""
    with _LINE:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


class StandardStream:
    """A standard stream whose reader may end early (`| head -1`): the rest of the output is dropped.

    So the exit code is right and a film is finished without a reader. Any other failure to write is an
    OutputError.
    """

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream = stream
        self._name = name

    def write(self, text: str) -> int:
        """As of any text stream."""
        with self._guarded():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """As of any text stream."""
        with self._guarded():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextmanager
    def _guarded(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            # the rest of the buffer is written at exit: to the null device, where it cannot fail again
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            if not isinstance(error, BrokenPipeError):
                from restore.store import writing_failed

                raise writing_failed(Path(self._name), error) from error
