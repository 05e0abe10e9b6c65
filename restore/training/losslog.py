"""The run's log: one JSON object a line, every step, validation and fault, without gaps or repeats."""

from __future__ import annotations

import json
import math
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from restore.store import writing_failed
from restore.training.run_events import Began, Event, Fault, Listen, Stepped, Validated

LOG = "log.ndjson"
"""Its name in a run's folder."""


@contextmanager
def logged(path: Path) -> Generator[Listen]:
    """A listener for the block that appends to the log at `path`.

    Where a run goes on, lines behind its checkpoint are dropped first: their steps come again. So
    the log of a run that was killed ends as that of one that was not. There are no times in it.
    Raises OutputError if it cannot be written.
    """
    try:
        with path.open("ab") as file:

            def listen(event: Event) -> None:
                if isinstance(event, Began):
                    file.truncate(_length_until(path, event.step))
                elif line := _line(event):
                    file.write(json.dumps(line).encode() + b"\n")
                    file.flush()

            yield listen
    except OSError as error:
        raise writing_failed(path, error) from error


def read_log(path: Path) -> list[dict[str, Any]]:
    """The lines of a log, as far as they are whole; none if there is no log."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().splitlines(True) if line.endswith(b"\n")]


def _length_until(path: Path, step: int) -> int:
    """How many bytes the whole lines up to that step take."""
    length = 0
    for line in path.read_bytes().splitlines(True):
        if not line.endswith(b"\n"):
            break
        known = json.loads(line)
        # a fault bears the number of the steps before it
        if known["step"] + ("fault" in known) > step:
            break
        length += len(line)
    return length


def _line(event: Event) -> dict[str, Any] | None:
    match event:
        case Stepped(step, loss, norm, rate):
            return {"step": step, "loss": _finite(loss), "norm": _finite(norm), "rate": rate}
        case Validated(step, loss, score, name):
            return {"step": step, "validation": _finite(loss), name: _finite(score)}
        case Fault(step, layer, kind, what):
            return {"step": step, "fault": kind, "layer": layer, "what": what}
        case _:
            return None


def _finite(value: float) -> float | None:
    """JSON has no word for what is not finite."""
    return value if math.isfinite(value) else None
