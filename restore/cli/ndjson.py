"""A run's events as JSON, one object per line, for programs (documented in docs/run.md).

Every line has `event` (the event's name in lower case) and `film`; its other keys depend on the
event. New events and new keys may be added; those listed there keep their meaning.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Any

from restore.errors import RestoreError
from restore.plan import Plan, decisions_in_short
from restore.run.events import Event, Listener
from restore.timing import Span


def listener(film: Path, write: Callable[[str], None]) -> Listener:
    """A listener that writes every event of one film as a line; `write` takes a line without its end."""
    return lambda event: write(json.dumps(as_record(event, film)))


def as_record(event: Event, film: Path) -> dict[str, Any]:
    """One event as plain values."""
    values = {field.name: plain(getattr(event, field.name)) for field in fields(event)}
    return {"event": type(event).__name__.lower(), "film": str(film), **values}


def failure(error: RestoreError, film: Path | None) -> str:
    """A failure as a separate line: the event `failed`."""
    return json.dumps(
        {
            "event": "failed",
            "film": None if film is None else str(film),
            "exit_code": error.exit_code,
            "error": type(error).__name__,
            "code": error.code,
            "what": error.what,
            "where": error.where,
            "what_to_do": error.what_to_do,
        }
    )


def plain(value: object) -> Any:
    """A value of an event for JSON: spans as [start, stop], plans by `plan_record`."""
    match value:
        case Plan():
            return plan_record(value)
        case Span():
            return [value.start, value.stop]
        case Fraction():
            return float(value)
        case Path():
            return str(value)
        case tuple() | list():
            return [plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return value


def plan_record(plan: Plan) -> dict[str, Any]:
    """The parts of a plan that programs need; `stages` is the old name of `treatments`."""
    models = [(name, getattr(each, "model", None)) for name, each in plan.treatments.items()]
    return {
        "key": plan.key,
        "frames": plan.frames,
        "source_frames": plan.frame_map.source,
        "frame_map": plan.frame_map.kind,
        "shots": [
            {
                "frames": plain(shot.span),
                "content": shot.content,
                "color": shot.color,
                "decisions": decisions_in_short(shot),
            }
            for shot in plan.shots
        ],
        "segments": plain(plan.segments),
        "treatments": [{"treatment": name, "model": model} for name, model in models],
        "stages": [{"stage": name, "model": model} for name, model in models],
        "models": dict(plan.weights),
        "width": plan.output.width,
        "height": plan.output.height,
        "sample_aspect": str(plan.output.sar),
        "codec": plan.output.codec,
        "pixel_format": plan.output.pixel_format,
        "container": plan.suffix,
        "device": plan.device,
        "precision": plan.precision,
        "notes": list(plan.notes),
    }
