"""What an evaluation writes: table.md, figures.json with every score, and contact sheets."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from restore.evaluation.comparison import EvaluationResult
from restore.evaluation.tables import markdown
from restore.store import write_atomic, writing_failed

FIGURES = "figures.json"
"""The file with every score."""

_NUMBERED = re.compile(r"sheet-([2-9]|[1-9][0-9]+)\.png")
"""The second contact sheet and those after it."""


def as_record(results: Sequence[EvaluationResult], facts: dict[str, Any]) -> dict[str, Any]:
    """Everything as plain values: the facts, the rows of the tables, and all scores."""
    tables = [
        {"title": table.title, "rows": [dict(row) for row in table.rows]}
        for result in results
        for table in result.tables
    ]
    scores = [score for result in results for score in result.scores]
    return {**facts, "tables": _finite(tables), "scores": _finite(scores)}


def _finite(value: Any) -> Any:
    """The same with None for numbers that are not finite, which JSON cannot express."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write(results: Sequence[EvaluationResult], record: dict[str, Any], folder: Path) -> None:
    """Write table.md, figures.json and a contact sheet for each result that has one.

    Numbered sheets of an earlier evaluation are removed.
    """
    import cv2

    tables = [table for result in results for table in result.tables]
    text = "\n\n".join("\n".join(markdown(table)) for table in tables)
    write_atomic(folder / "table.md", f"{text}\n".encode())
    write_atomic(folder / FIGURES, json.dumps(record, indent=1).encode())
    sheets = [result.sheet for result in results if result.sheet is not None]
    for number, sheet in enumerate(sheets, start=1):
        _, data = cv2.imencode(".png", sheet[..., ::-1])
        name = "sheet.png" if number == 1 else f"sheet-{number}.png"
        write_atomic(folder / name, data.tobytes())
    _remove_sheets(folder, len(sheets))


def _remove_sheets(folder: Path, count: int) -> None:
    """Remove the numbered sheets after the first `count`, which an earlier evaluation wrote."""
    for path in folder.glob("sheet-*.png"):
        match = _NUMBERED.fullmatch(path.name)
        if match is not None and int(match[1]) > count and path.is_file():
            try:
                path.unlink()
            except OSError as error:
                raise writing_failed(path, error) from error
