"""What an evaluation writes: table.md, figures.json with every score, and contact sheets."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from restore.evaluation.judging import Verdict
from restore.evaluation.tables import markdown
from restore.store import write_atomic, writing_failed

FIGURES = "figures.json"
"""The file with every score."""

_NUMBERED = re.compile(r"sheet-([2-9]|[1-9][0-9]+)\.png")
"""The second sheet and those after it."""


def as_record(verdicts: Sequence[Verdict], facts: dict[str, Any]) -> dict[str, Any]:
    """All figures as plain values: the tables' rows, and every single score."""
    tables = [
        {"title": table.title, "rows": [dict(row) for row in table.rows]}
        for verdict in verdicts
        for table in verdict.tables
    ]
    scores = [score for verdict in verdicts for score in verdict.scores]
    return {**facts, "tables": _finite(tables), "scores": _finite(scores)}


def _finite(value: Any) -> Any:
    """The same with null for numbers that are not finite (the untouched film against itself)."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write(verdicts: Sequence[Verdict], record: dict[str, Any], folder: Path) -> None:
    """Write table.md, figures.json and a sheet for every verdict that has one; remove other sheets."""
    import cv2

    tables = [table for verdict in verdicts for table in verdict.tables]
    text = "\n\n".join("\n".join(markdown(table)) for table in tables)
    write_atomic(folder / "table.md", f"{text}\n".encode())
    write_atomic(folder / FIGURES, json.dumps(record, indent=1).encode())
    sheets = [verdict.sheet for verdict in verdicts if verdict.sheet is not None]
    for number, sheet in enumerate(sheets, start=1):
        _, data = cv2.imencode(".png", sheet[..., ::-1])
        name = "sheet.png" if number == 1 else f"sheet-{number}.png"
        write_atomic(folder / name, data.tobytes())
    _remove_sheets(folder, len(sheets))


def _remove_sheets(folder: Path, kept: int) -> None:
    """Remove the numbered sheets beyond the `kept` first ones, which an earlier run wrote."""
    for path in folder.glob("sheet-*.png"):
        found = _NUMBERED.fullmatch(path.name)
        if found is not None and int(found[1]) > kept and path.is_file():
            try:
                path.unlink()
            except OSError as error:
                raise writing_failed(path, error) from error
