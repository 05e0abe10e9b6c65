"""Which worker computes which segment, without any film: claims on the folder of a made plan."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from restore.errors import OutputError, UsageError
from restore.plan import Plan, make_plan
from restore.recipe import Recipe
from restore.run import claims as claims_module
from restore.run.claims import Claims, claim, discard_parts, lock_path
from restore.run.job_folder import PLAN, parts_folder
from restore.run.receipts import Receipt, complete_part, find_receipt, part_path, unfinished_path
from tests.made import made_shot, made_source, made_survey

SEGMENTS = 5


@pytest.fixture
def plan() -> Plan:
    """Five segments of ten frames, a shot each."""
    survey = made_survey(*(made_shot(10 * at, 10 * at + 10) for at in range(SEGMENTS)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("restore.plan.make.SEGMENT_FRAMES", 10)
        made = make_plan(made_source(50), survey, Recipe(), {}, ("cpu", "fp32"), ".mkv")
    assert len(made.segments) == SEGMENTS
    return made


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """The folder of parts of a job that is planned."""
    folder = parts_folder(tmp_path)
    folder.mkdir()
    (tmp_path / PLAN).touch()
    return folder


def finish(parts: Path, plan: Plan, segment: int) -> Receipt:
    """Let a segment be finished, as another worker would."""
    unfinished = unfinished_path(parts, segment)
    unfinished.write_bytes(b"encoded frames")
    used = plan.frame_map.used(plan.segments[segment])
    return complete_part(unfinished, plan, segment, dict.fromkeys(used, 0), 1.0)


def free(parts: Path) -> list[int]:
    """The segments that can be claimed now."""
    locks = {number: claim(parts, number) for number in range(SEGMENTS)}
    found = [number for number, lock in locks.items() if lock is not None]
    for lock in locks.values():
        if lock is not None:
            lock.release()
    return found


def all_claims(parts: Path, plan: Plan, found: list[Receipt]) -> Claims:
    """Claims on all segments; `found` gets the receipts of others."""
    return Claims(parts, plan, range(SEGMENTS), found.append)


def test_a_segment_is_held_until_it_is_released(parts: Path, plan: Plan) -> None:
    """Each number that is given is held; releasing one frees that one, closing frees the rest."""
    claims = all_claims(parts, plan, [])
    numbers = iter(claims)
    assert [next(numbers) for _ in range(3)] == [0, 1, 2]
    assert free(parts) == [3, 4]
    claims.release(1)
    assert free(parts) == [1, 3, 4]
    claims.close()
    assert free(parts) == [0, 1, 2, 3, 4]


def test_finished_segments_are_reported_and_not_given(parts: Path, plan: Plan) -> None:
    """Receipts of others are passed on in order, and their segments are not computed again."""
    receipts = [finish(parts, plan, number) for number in (1, 3)]
    found: list[Receipt] = []
    claims = all_claims(parts, plan, found)
    assert list(claims) == [0, 2, 4]
    assert found == receipts
    claims.close()


def test_segments_of_other_workers_come_last(
    parts: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that another worker finishes meanwhile is reported, one that it gives up is claimed."""
    monkeypatch.setattr(claims_module, "POLL_SECONDS", 0.001)
    finishes, fails = claim(parts, 0), claim(parts, 1)
    assert finishes is not None
    assert fails is not None
    found: list[Receipt] = []
    claims = all_claims(parts, plan, found)
    numbers = iter(claims)
    assert [next(numbers) for _ in range(3)] == [2, 3, 4]

    receipt = finish(parts, plan, 0)
    finishes.release()
    fails.release()
    assert list(numbers) == [1]
    assert found == [receipt]
    claims.close()


def test_what_a_dead_worker_left_is_removed_by_the_next_one(parts: Path, plan: Plan) -> None:
    """Unfinished files of the claimed segment go; those of other segments and finished parts stay."""
    finish(parts, plan, 1)
    for segment in (0, 0, 2):
        unfinished_path(parts, segment).write_bytes(b"half a part")
    numbers = iter(Claims(parts, plan, [0], lambda receipt: None))
    assert next(numbers) == 0
    left = [path.name[: len("unfinished-000000")] for path in parts.glob("unfinished-*")]
    assert left == ["unfinished-000002"]
    assert find_receipt(parts, plan, 1) is not None


def test_a_receipt_that_comes_while_a_segment_is_claimed_counts(
    parts: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the two looks another worker may finish: then the claim is free and the receipt is used."""
    acquired = claim

    def finished_first(folder: Path, segment: int) -> object:
        finish(parts, plan, segment)
        return acquired(folder, segment)

    monkeypatch.setattr(claims_module, "claim", finished_first)
    found: list[Receipt] = []
    assert list(all_claims(parts, plan, found)) == []
    assert [receipt.segment for receipt in found] == [0, 1, 2, 3, 4]
    monkeypatch.undo()
    assert free(parts) == [0, 1, 2, 3, 4]


def test_a_damaged_part_is_computed_again(parts: Path, plan: Plan) -> None:
    """A part that does not fit its receipt is no finished segment."""
    for number in range(SEGMENTS):
        finish(parts, plan, number)
    part_path(parts, 2).write_bytes(b"other frames")
    found: list[Receipt] = []
    assert list(all_claims(parts, plan, found)) == [2]
    assert [receipt.segment for receipt in found] == [0, 1, 3, 4]


def test_stopping_ends_the_wait_for_others(parts: Path, plan: Plan) -> None:
    """A thread that waits for another worker's segment ends soon after `stop`, from any thread."""
    lock = claim(parts, 0)
    assert lock is not None
    claims = Claims(parts, plan, [0], lambda receipt: None)
    given: list[int] = []
    waiting = threading.Thread(target=lambda: given.extend(claims))
    waiting.start()
    claims.stop()
    waiting.join(timeout=10)
    assert not waiting.is_alive()
    assert given == []
    lock.release()


@pytest.mark.parametrize("gone", ["folder", "plan"])
def test_a_finished_job_has_nothing_to_claim(tmp_path: Path, plan: Plan, gone: str) -> None:
    """Without its folder or its plan a job is over: an error, no new folder, no lock that stays held."""
    parts = parts_folder(tmp_path)
    if gone == "plan":
        parts.mkdir()
    numbers: Iterator[int] = iter(Claims(parts, plan, [0], lambda receipt: None))
    with pytest.raises(UsageError) as caught:
        next(numbers)
    assert caught.value.code == "job-gone"
    assert caught.value.where == str(tmp_path)
    assert parts.exists() == (gone == "plan")
    if gone == "plan":
        assert free(parts) == [0, 1, 2, 3, 4]


def test_a_lock_that_cannot_be_written_is_an_error(parts: Path) -> None:
    """A folder under the name of the lock: the error has its path."""
    lock_path(parts, 0).mkdir()
    with pytest.raises(OutputError) as caught:
        claim(parts, 0)
    assert caught.value.where == str(lock_path(parts, 0))


def test_restart_spares_what_another_worker_is_computing(parts: Path, plan: Plan) -> None:
    """All parts, receipts and unfinished files go, except those of a segment that is held."""
    for number in range(SEGMENTS):
        finish(parts, plan, number)
        unfinished_path(parts, number).write_bytes(b"half a part")
    lock = claim(parts, 3)
    assert lock is not None
    discard_parts(parts, SEGMENTS)
    left = {path.name.split("-")[1][:6] for path in parts.iterdir() if path.suffix != ".lock"}
    assert left == {"000003"}
    assert find_receipt(parts, plan, 3) is not None
    lock.release()
    assert free(parts) == [0, 1, 2, 3, 4]
