"""Receipts: a part counts as finished only with a receipt that fits it in every point."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from restore.errors import OutputError
from restore.plan import Plan, make_plan
from restore.recipe import Recipe
from restore.run.receipts import (
    complete_part,
    discard_part,
    find_receipt,
    part_path,
    remove_unfinished,
    unfinished_path,
)
from restore.timing import Span
from tests.framemaps import every_second
from tests.made import made_shot, made_source, made_survey


@pytest.fixture
def plan() -> Plan:
    """Two segments of ten frames."""
    survey = made_survey(made_shot(0, 100), made_shot(100, 110))
    return make_plan(made_source(), survey, Recipe(), {}, ("cpu", "fp32"), ".mp4")


def _completed(folder: Path, plan: Plan, segment: int = 0) -> None:
    unfinished = unfinished_path(folder, segment)
    unfinished.write_bytes(b"encoded frames")
    used = plan.frame_map.used(plan.segments[segment])
    complete_part(unfinished, plan, segment, {index: index for index in used}, 1.5)


def test_a_complete_part_has_its_receipt(tmp_path: Path, plan: Plan) -> None:
    """Afterwards there are the part and its receipt, and no unfinished file."""
    _completed(tmp_path, plan)
    receipt = find_receipt(tmp_path, plan, 0)
    assert receipt is not None
    assert receipt.frames == plan.segments[0]
    assert receipt.sources == tuple(range(len(plan.segments[0])))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["part-000000.json", "part-000000.mkv"]


def test_no_two_attempts_write_to_the_same_file(tmp_path: Path, plan: Plan) -> None:
    """An encoder that outlives its run writes to a file of its own, which the next worker removes."""
    _completed(tmp_path, plan)
    names = {unfinished_path(tmp_path, 1) for _ in range(50)}
    assert len(names) == 50
    names.pop().write_bytes(b"half a part")
    other = unfinished_path(tmp_path, 0)
    other.write_bytes(b"half of another part")
    remove_unfinished(tmp_path, 1)
    left = sorted(p.name for p in tmp_path.iterdir())
    assert left == ["part-000000.json", "part-000000.mkv", other.name]


def test_a_part_without_a_receipt_does_not_count(tmp_path: Path, plan: Plan) -> None:
    """A run that was killed between the final name and the receipt computes the part again."""
    part_path(tmp_path, 0).write_bytes(b"encoded frames")
    assert find_receipt(tmp_path, plan, 0) is None


@pytest.mark.parametrize("change", ["flip", "cut", "gone"])
def test_a_damaged_part_does_not_count(tmp_path: Path, plan: Plan, change: str) -> None:
    """One changed byte, a missing end or a missing file: the receipt does not fit."""
    _completed(tmp_path, plan)
    part = part_path(tmp_path, 0)
    data = part.read_bytes()
    if change == "flip":
        part.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    elif change == "cut":
        part.write_bytes(data[:-1])
    else:
        part.unlink()
    assert find_receipt(tmp_path, plan, 0) is None


def test_a_receipt_of_another_job_does_not_count(tmp_path: Path, plan: Plan) -> None:
    """Plans that differ in anything have different keys and parts."""
    _completed(tmp_path, plan)
    other = replace(plan, precision="bf16")
    assert find_receipt(tmp_path, other, 0) is None


def test_a_torn_receipt_does_not_count(tmp_path: Path, plan: Plan) -> None:
    """Half a receipt, or one without one of its fields, does not count."""
    _completed(tmp_path, plan)
    path = part_path(tmp_path, 0).with_suffix(".json")
    text = path.read_text()
    path.write_text(text[: len(text) // 2])
    assert find_receipt(tmp_path, plan, 0) is None
    fields = json.loads(text)
    del fields["sha256"]
    path.write_text(json.dumps(fields))
    assert find_receipt(tmp_path, plan, 0) is None


def test_a_part_with_too_few_frames_is_never_completed(tmp_path: Path, plan: Plan) -> None:
    """A lost frame stops the job instead of shortening the film."""
    unfinished = unfinished_path(tmp_path, 0)
    unfinished.write_bytes(b"encoded frames")
    with pytest.raises(ValueError, match="instead of"):
        complete_part(unfinished, plan, 0, {0: 1, 1: 2, 2: 3}, 1.0)


def test_restart_discards_a_part(tmp_path: Path, plan: Plan) -> None:
    """`--restart` removes part and receipt."""
    _completed(tmp_path, plan)
    discard_part(tmp_path, 0)
    assert list(tmp_path.iterdir()) == []


def test_a_receipt_names_the_source_frames_of_the_map(tmp_path: Path) -> None:
    """If repeated frames are dropped, the receipt has one checksum for each frame that is left."""
    survey = made_survey(made_shot(0, 20))
    frame_map = every_second(survey.frames)
    recipe, engine = Recipe(), ("cpu", "fp32")
    plan = make_plan(made_source(20), survey, recipe, {}, engine, ".mp4", frame_map=frame_map)
    unfinished = unfinished_path(tmp_path, 0)
    unfinished.write_bytes(b"encoded frames")
    checksums = {index: 100 + index for index in range(0, 20, 2)}
    receipt = complete_part(unfinished, plan, 0, checksums, 1.0)
    assert receipt.frames == Span(0, 10)
    assert receipt.sources == tuple(checksums.values())


def _lie(folder: Path, changes: dict[str, Any]) -> None:
    """Change fields of the receipt of segment 0."""
    path = part_path(folder, 0).with_suffix(".json")
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"job": "0" * 64},
        {"segment": 1},
        {"segment": "first"},
        {"frames": {"start": 0, "stop": 9}},
        {"frames": {"start": 9, "stop": 0}},
        {"frames": None},
        {"sha256": "f" * 64},
        {"sources": []},
        {"sources": [1, 2, 3]},
        {"sources": "all"},
        {"seconds": "long"},
    ],
    ids=lambda changes: json.dumps(changes)[:30],
)
def test_a_receipt_with_wrong_values_does_not_count(
    tmp_path: Path, plan: Plan, changes: dict[str, Any]
) -> None:
    """Another job, segment, span or hash, checksums of other frames, or values of another type: none."""
    _completed(tmp_path, plan)
    assert find_receipt(tmp_path, plan, 0) is not None
    _lie(tmp_path, changes)
    assert find_receipt(tmp_path, plan, 0) is None


def test_the_receipt_and_part_of_another_segment_do_not_count(tmp_path: Path, plan: Plan) -> None:
    """Both files of segment 1 under the names of segment 0: their hash fits, their frames do not."""
    _completed(tmp_path, plan, 1)
    for suffix in (".mkv", ".json"):
        name = part_path(tmp_path, 1).with_suffix(suffix)
        shutil.copy(name, part_path(tmp_path, 0).with_suffix(suffix))
    assert find_receipt(tmp_path, plan, 1) is not None
    assert find_receipt(tmp_path, plan, 0) is None


def test_a_receipt_of_any_length_is_read(tmp_path: Path, plan: Plan) -> None:
    """The receipt that is found is the one that `complete_part` returned, with all checksums."""
    unfinished = unfinished_path(tmp_path, 1)
    unfinished.write_bytes(b"encoded frames")
    used = plan.frame_map.used(plan.segments[1])
    checksums = {index: (index * 2654435761) % 2**32 for index in reversed(used)}
    receipt = complete_part(unfinished, plan, 1, checksums, 0.25)
    assert receipt.sources == tuple(checksums[index] for index in used)
    assert find_receipt(tmp_path, plan, 1) == receipt


@pytest.mark.parametrize("sources", [[], range(5), range(1, 51), range(51), [*range(49), 200]])
def test_only_the_frames_of_the_map_can_be_completed(
    tmp_path: Path, plan: Plan, sources: Sequence[int]
) -> None:
    """Too few, too many or other source frames: no part gets its name, and no receipt is written."""
    unfinished = unfinished_path(tmp_path, 0)
    unfinished.write_bytes(b"encoded frames")
    used = plan.frame_map.used(plan.segments[0])
    assert list(used) == list(range(50))
    with pytest.raises(ValueError, match="source frames"):
        complete_part(unfinished, plan, 0, dict.fromkeys(sources, 0), 1.0)
    assert list(tmp_path.iterdir()) == [unfinished]


def test_a_part_that_cannot_get_its_name_has_no_receipt(tmp_path: Path, plan: Plan) -> None:
    """A folder under the part's name: the error has the path, and the segment is not finished."""
    (part_path(tmp_path, 0) / "in the way").mkdir(parents=True)
    with pytest.raises(OutputError) as caught:
        _completed(tmp_path, plan)
    assert caught.value.where == str(part_path(tmp_path, 0))
    assert find_receipt(tmp_path, plan, 0) is None


def test_discarding_nothing_is_no_error(tmp_path: Path, plan: Plan) -> None:
    """Segments that were never computed, and folders under the names of unfinished files, are left."""
    discard_part(tmp_path, 0)
    unfinished_path(tmp_path, 0).mkdir()
    remove_unfinished(tmp_path, 0)
    assert len(list(tmp_path.iterdir())) == 1
