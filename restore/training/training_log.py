"""The training log: one JSON object per line for each step, validation and fault, without gaps or repeats."""

from __future__ import annotations

import json
import math
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from restore.store import writing_failed
from restore.training.training_events import (
    Fault,
    Listener,
    StepDone,
    TrainingEvent,
    TrainingStarted,
    Validated,
)

LOG = "log.ndjson"
"""Its name in a run's folder."""

_RENAMED = {
    "norm": "gradient_norm",
    "rate": "learning_rate",
    "validation": "validation_loss",
    "PSNR dB": "psnr_db",
    "chroma RMSE": "chroma_rmse",
    "what": "message",
}
"""Keys of logs of the first release -> keys now."""


@contextmanager
def training_log(path: Path) -> Generator[Listener]:
    """A listener for the block that appends to the log at `path`.

    Where a run resumes, lines after its checkpoint are removed first: their steps are repeated. So the
    log of a run that was killed equals that of an undisturbed one. It contains no times.
    Raises OutputError if it cannot be written.
    """
    try:
        with path.open("ab") as file:

            def listen(event: TrainingEvent) -> None:
                if isinstance(event, TrainingStarted):
                    file.truncate(_length_until(path, event.step))
                elif line := _line(event):
                    file.write(json.dumps(line).encode() + b"\n")
                    file.flush()

            yield listen
    except OSError as error:
        raise writing_failed(path, error) from error


def read_log(path: Path) -> list[dict[str, Any]]:
    """The complete lines of a log, with today's keys; none if there is no log."""
    if not path.exists():
        return []
    lines = [line for line in path.read_bytes().splitlines(True) if line.endswith(b"\n")]
    return [_with_new_keys(json.loads(line)) for line in lines]


def _with_new_keys(line: dict[str, Any]) -> dict[str, Any]:
    return {_RENAMED.get(key, key): value for key, value in line.items()}


def _length_until(path: Path, step: int) -> int:
    """Number of bytes of the complete lines up to that step."""
    length = 0
    for line in path.read_bytes().splitlines(True):
        if not line.endswith(b"\n"):
            break
        known = json.loads(line)
        # a fault has the number of the steps before it
        if known["step"] + ("fault" in known) > step:
            break
        length += len(line)
    return length


def _line(event: TrainingEvent) -> dict[str, Any] | None:
    match event:
        case StepDone(step, loss, norm, learning_rate):
            return {
                "step": step,
                "loss": _finite(loss),
                "gradient_norm": _finite(norm),
                "learning_rate": learning_rate,
            }
        case Validated(step, loss, score, metric):
            score_key = metric.lower().replace(" ", "_")
            return {"step": step, "validation_loss": _finite(loss), score_key: _finite(score)}
        case Fault(step, layer, kind, message):
            return {"step": step, "fault": kind, "layer": layer, "message": message}
        case _:
            return None


def _finite(value: float) -> float | None:
    """The value; None if it is not finite, which JSON cannot express."""
    return value if math.isfinite(value) else None
