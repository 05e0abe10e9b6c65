"""The record: its schema, and writing and reading."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from restore.report.record import READABLE, SCHEMA, Record, frame_marks
from restore.report.schema import PUBLISHED, schema
from tests.framemaps import every_second
from tests.made import made_shot, made_survey
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


def changed(place: str, value: Any) -> dict[str, Any]:
    """A record's JSON with another value at a place such as `source.width` or `shots.0.start`."""
    record = json.loads(made_record().model_dump_json())
    inner: Any = record
    *path, last = place.split(".")
    for name in path:
        inner = inner[int(name) if name.isdigit() else name]
    inner[last] = value
    return record


WRONG = {
    "job": "d" * 63,
    "source.sha256": "A" * 64,
    "source.size": -1,
    "source.color": {"matrix": "bt999", "range": "limited"},
    "result.frames_sha256": None,
    "frames": 0,
    "synthetic": ["sound"],
    "schema_version": 4,
    "segments.0.marks": "0123456",
    "segments.0.frames": {"start": 5, "stop": 1},
    "shots.0.content": "cartoon",
    "shots.0.tint": [0.1],
    "versions.precision": "fp64",
    "models.0.task": 7,
    "treatments.colorize.size": "large",
    "treatments.sharpen": {},
    "shots.0.decisions.sharpen": {},
    "timing.pause": 1.0,
    "audit.0.ok": "perhaps",
    "request": None,
    "notes": "one line",
}


@pytest.mark.parametrize("place", WRONG)
def test_wrong_values_are_refused_by_their_place(place: str) -> None:
    """Digests, sizes, choices and unknown keys: the error names where the value is."""
    with pytest.raises(ValidationError) as caught:
        Record.model_validate(changed(place, WRONG[place]))
    places = {".".join(str(part) for part in one["loc"]) for one in caught.value.errors()}
    assert any(found.startswith(place.split(".")[0]) for found in places)


ODD: dict[str, Any] = {
    "source.name": "\u0000\u202e\U0001f600.mp4",
    "source.tags": {"": "", "title": "Zażółć\ngęślą"},
    "source.sar": "64/45",
    "source.origin": "-1001/30000",
    "source.rate": "24000/1001",
    "shots.0.tint": [0.5, -0.5],
    "shots.0.start": -2.5,
    "seed": 2**63 - 1,
    "segments.0.marks": "",
    "lost": ["stereo", "tags"],
    "damage": ["error while decoding MB 3 4"],
    "synthetic": [],
    "models": [],
    "audit": [],
}


@pytest.mark.parametrize("place", ODD)
def test_odd_values_survive_the_file_and_fit_the_schema(root: Path, place: str) -> None:
    """Empty, negative and exact values: read, written and read again they are the same, and published."""
    record = Record.model_validate(changed(place, ODD[place]))
    text = record.model_dump_json()
    assert Record.model_validate_json(text) == record
    form = published(root)
    assert misfits(json.loads(text), form, form) == []


def test_a_frame_map_survives_the_file_and_fits_the_schema(root: Path) -> None:
    """Of a film whose repeats were dropped: frames, PTS and reasons are the same when they are read."""
    frame_map = every_second(made_survey(made_shot(0, 200)).frames)
    record = made_record(frame_map=frame_map)
    text = record.model_dump_json()
    assert Record.model_validate_json(text).frame_map == frame_map
    form = published(root)
    assert misfits(json.loads(text), form, form) == []


def test_fields_that_are_newer_than_old_records_have_defaults() -> None:
    """A record without a frame map, losses and origin is read: every source frame at its own time."""
    record = json.loads(made_record().model_dump_json())
    del record["frame_map"], record["lost"], record["source"]["origin"]
    found = Record.model_validate(record)
    assert (found.frame_map, found.lost, found.source.origin) == (None, (), 0)


@pytest.mark.parametrize("version", READABLE)
def test_the_readable_versions_are_two(version: int) -> None:
    """The current one and the one before; any other number is refused."""
    assert READABLE == (SCHEMA - 1, SCHEMA)
    with pytest.raises(ValidationError):
        Record.model_validate(changed("schema_version", version + 2))
