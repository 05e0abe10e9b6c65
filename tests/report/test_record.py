"""The record: its schema, and writing and reading."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from restore.report.record import Record, frame_marks
from restore.report.schema import PUBLISHED, schema
from tests.report.made import made_record


def misfits(value: Any, form: dict[str, Any], root: dict[str, Any], place: str = "") -> list[str]:
    """The places where a JSON value violates a schema: types, required and unknown keys, choices, items."""
    if "$ref" in form:
        return misfits(value, root["$defs"][form["$ref"].rsplit("/", 1)[1]], root, place)
    if "anyOf" in form:
        each = [misfits(value, one, root, place) for one in form["anyOf"]]
        return [] if [] in each else each[0]
    kinds: dict[str, Any] = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "null": type(None),
    }
    if "type" in form and not isinstance(value, kinds[form["type"]]):
        return [f"{place}: {value!r} is no {form['type']}"]
    if ("const" in form and value != form["const"]) or value not in form.get("enum", [value]):
        return [f"{place}: {value!r} is no choice"]
    if isinstance(value, dict):
        return _in_object(value, form, root, place)
    if isinstance(value, list):
        forms = form.get("prefixItems") or [form.get("items", {})] * len(value)
        pairs = zip(value, forms, strict=True)
        return [
            m for i, (one, f) in enumerate(pairs) for m in misfits(one, f, root, f"{place}[{i}]")
        ]
    return []


def _in_object(
    value: dict[str, Any], form: dict[str, Any], root: dict[str, Any], place: str
) -> list[str]:
    known = form.get("properties", {})
    other = form.get("additionalProperties", True)
    found = [f"{place}: no {name}" for name in form.get("required", []) if name not in value]
    for name, one in value.items():
        if name not in known and other is False:
            found.append(f"{place}: unknown {name}")
        else:
            inside = known.get(name, other if isinstance(other, dict) else {})
            found += misfits(one, inside, root, f"{place}.{name}")
    return found


def published(root: Path) -> dict[str, Any]:
    """The schema in the checkout."""
    return json.loads((root / PUBLISHED).read_text(encoding="utf-8"))


def test_the_published_schema_is_current(root: Path) -> None:
    """The schema in docs/ is that of the models; `python -m restore.report.schema` writes it."""
    assert (root / PUBLISHED).read_text(encoding="utf-8") == schema()


def test_a_record_is_as_the_schema_says(root: Path) -> None:
    """Records match the published schema, and other data are rejected."""
    form = published(root)
    record = json.loads(made_record().model_dump_json())
    assert misfits(record, form, form) == []
    del record["source"]["sha256"]
    record["frames"] = "100"
    record["more"] = 1
    assert len(misfits(record, form, form)) == 3


def test_every_key_of_the_schema_has_its_meaning(root: Path) -> None:
    """Objects of the record are described, and no key may be added without the schema."""
    form = published(root)
    for name, one in form["$defs"].items():
        if one["type"] == "object":
            assert one["description"], name
            assert one["additionalProperties"] is False, name


def test_a_record_survives_its_file() -> None:
    """Written and read again it is the same record."""
    record = made_record()
    assert Record.model_validate_json(record.model_dump_json(indent=1)) == record


def test_every_frame_has_its_mark() -> None:
    """The segments' marks, one after another, are those of all frames in order."""
    assert frame_marks(made_record()) == [f"{index:08x}" for index in range(100)]
