"""The record's JSON Schema: `python -m restore.report.schema` writes docs/restore.schema.json."""

from __future__ import annotations

import json
from pathlib import Path

from restore.report.record import Record
from restore.store import write_atomic

PUBLISHED = Path("docs") / "restore.schema.json"
"""Its place in a checkout."""


def schema() -> str:
    """The JSON Schema (draft 2020-12) of the record, as text."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": PUBLISHED.name,
    }
    fields = Record.model_json_schema(mode="serialization")
    return json.dumps(head | fields, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write_atomic(PUBLISHED, schema().encode())
