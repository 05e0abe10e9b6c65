"""Segments computed by any process with access to the job's folder: each once, whatever others do."""

from __future__ import annotations

import json
import shutil
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from restore.errors import SourceError, UsageError
from restore.jobs.prepare import JobRequest, cards_for, film_digest, plan_film
from restore.jobs.restore_film import restore_film
from restore.media.container.probe import probe
from restore.plan import plan_from_json, plan_to_json
from restore.recipe import Recipe
from restore.run.claims import Claims, claim
from restore.run.events import Event, PartDone, Progressed, Reused, ignore_event
from restore.run.executor import run_segments
from restore.run.frames import Job
from restore.run.job_folder import PLAN, SOURCE, parts_folder, read_job, write_job
from restore.run.receipts import Receipt, find_receipt, part_path, unfinished_path
from restore.run.segment import open_worker, run_segment
from restore.survey.survey import survey
from tests.faults.tool import FORKS, draw, pictures

FRAMES = 84
SEGMENTS = 7


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """84 frames of 64x48."""
    return draw(tmp_path_factory.mktemp("film") / "film.mkv", frames=FRAMES)


def job_in(folder: Path, film: Path, recipe: Recipe | None = None) -> Job:
    """A job of seven segments in its folder, as `restore film` leaves it."""
    folder.mkdir(parents=True)
    recipe = recipe or Recipe(codec="ffv1", precision="fp32", device="cpu")
    source = probe(film)
    found = survey(source, folder / "thumbnails")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("restore.plan.make.SEGMENT_FRAMES", FRAMES // SEGMENTS)
        cards = cards_for(source, recipe)
        plan = plan_film(source, found, recipe, cards, ".mkv", film_digest(source))
    assert len(plan.segments) == SEGMENTS
    job = Job(source, found, plan, folder / "thumbnails")
    write_job(folder, job)
    return job


@pytest.fixture
def work(film: Path, tmp_path: Path) -> Path:
    """The folder of a job of the film."""
    job_in(tmp_path / "job", film)
    return tmp_path / "job"


def frames_of(folder: Path) -> list[str]:
    """Digests of all frames in the parts of a job."""
    parts = [part_path(parts_folder(folder), number) for number in range(SEGMENTS)]
    return [digest for part in parts for digest in pictures(part)]


def test_a_job_is_read_from_its_folder(work: Path, film: Path) -> None:
    """Source, survey and plan are those that were written."""
    job = read_job(work)
    source = probe(film)
    assert job.source == replace(source, path=source.path.absolute())
    assert job.survey == survey(source, work / "again")
    assert job.plan == plan_from_json(plan_to_json(job.plan))


def test_one_segment_is_computed_from_the_folder_alone(work: Path, film: Path) -> None:
    """Its part and its receipt exist, and no other; the frames are the film's."""
    receipt = run_segment(work, 3)
    assert receipt.frames == read_job(work).plan.segments[3]
    assert find_receipt(parts_folder(work), read_job(work).plan, 3) == receipt
    assert sorted(path.name for path in parts_folder(work).glob("part-*")) == [
        "part-000003.json",
        "part-000003.mkv",
    ]
    own = pictures(film)[receipt.frames.start : receipt.frames.stop]
    assert pictures(part_path(parts_folder(work), 3)) == own


def test_a_finished_segment_is_not_computed_again(work: Path) -> None:
    """The second call returns the first one's receipt and computes nothing, with or without a worker."""
    events: list[Event] = []
    first = run_segment(work, 2, listen=events.append)
    part = part_path(parts_folder(work), 2)
    before = part.stat().st_mtime_ns
    worker = open_worker(work)
    assert run_segment(work, 2, listen=events.append) == first
    assert run_segment(work, 2, worker, events.append) == first
    assert run_segments(worker, [2], ignore_event) == (first,)
    assert part.stat().st_mtime_ns == before
    assert sum(isinstance(event, PartDone) for event in events) == 1


def test_the_same_segment_at_the_same_time_is_computed_once(work: Path) -> None:
    """Four threads of two workers ask for one segment: one computes it, all get its receipt."""
    events: list[Event] = []
    found: list[Receipt] = []
    workers = [open_worker(work), open_worker(work)]
    threads = [
        threading.Thread(
            target=lambda k=k: found.append(run_segment(work, 1, workers[k % 2], events.append))
        )
        for k in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(found) == 4
    assert len(set(found)) == 1
    assert sum(isinstance(event, PartDone) for event in events) == 1


@dataclass(frozen=True)
class OtherWorker:
    """A process that works on a job, and its log."""

    process: BaseProcess
    log: Path

    @staticmethod
    def started(folder: Path, numbers: Sequence[int], log: Path, *, hangs: bool) -> OtherWorker:
        """A worker that takes the segments in this order; one that `hangs` stops within its first one."""
        log.touch()
        process = FORKS.Process(target=_work, args=(folder, list(numbers), log, hangs), daemon=True)
        process.start()
        return OtherWorker(process, log)

    def reported(self, event: str) -> list[int]:
        """The segments that it reported this event of, in order."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [segment for name, segment in lines if name == event]

    def wait_for(self, event: str, count: int) -> None:
        """Wait until it has reported this event so often."""
        while len(self.reported(event)) < count:
            self.process.join(0.05)
            assert self.process.exitcode is None, self.log.read_text()


def _work(folder: Path, numbers: list[int], log: Path, hangs: bool) -> None:
    """The program of another worker."""
    worker = open_worker(folder)
    worker = replace(worker, chain=replace(worker.chain, chunk=5))  # several steps a segment

    def listen(event: Event) -> None:
        if isinstance(event, PartDone | Reused):
            segment = worker.job.plan.segments.index(event.span)
            _note(log, type(event).__name__, segment)
        if hangs and isinstance(event, Progressed):
            _note(log, "Hangs", numbers[0])
            threading.Event().wait()  # until it is killed

    for number in numbers:
        receipt = run_segment(folder, number, worker, listen)
        _note(log, "Receipt", receipt.segment)


def _note(log: Path, event: str, segment: int) -> None:
    with log.open("a") as file:
        file.write(json.dumps([event, segment]) + "\n")


def test_three_processes_share_a_film(work: Path, film: Path, tmp_path: Path) -> None:
    """One is killed within a segment, one starts late: every part is made once, the frames are the same."""
    order = list(range(SEGMENTS))
    killed = OtherWorker.started(work, [4, *order], tmp_path / "killed", hangs=True)
    killed.wait_for("Hangs", 1)
    torn = unfinished_path(parts_folder(work), 4)  # as its encoder writes it, sooner or later
    torn.write_bytes(b"half a part")

    first = OtherWorker.started(work, order, tmp_path / "first", hangs=False)
    first.wait_for("Receipt", 4)  # and waits for the fifth, which another computes
    assert first.reported("PartDone") == order[:4]
    assert torn.exists(), "no worker touches the unfinished file of another one"
    late = OtherWorker.started(work, order[::-1], tmp_path / "late", hangs=False)
    late.wait_for("Receipt", 2)
    killed.process.kill()
    for worker_process in (killed, first, late):
        worker_process.process.join(60)
    exits = [worker_process.process.exitcode for worker_process in (killed, first, late)]
    assert exits == [-signal.SIGKILL, 0, 0]

    made = killed.reported("PartDone") + first.reported("PartDone") + late.reported("PartDone")
    assert sorted(made) == order
    assert sorted(first.reported("Receipt")) == sorted(late.reported("Receipt")) == order
    assert list(parts_folder(work).glob("unfinished-*")) == []
    job_in(tmp_path / "undisturbed", film)
    undisturbed = open_worker(tmp_path / "undisturbed")
    run_segments(undisturbed, order, ignore_event)
    assert frames_of(work) == frames_of(tmp_path / "undisturbed") == pictures(film)


def test_a_run_leaves_what_others_are_writing(film: Path, tmp_path: Path) -> None:
    """Another worker holds a segment: the run computes all others first, and that one when it is free."""
    order = JobRequest(
        film, Recipe(codec="ffv1"), output=tmp_path / "out.mkv", work_dir=tmp_path / "work"
    )
    held: list[object] = []
    events: list[Event] = []

    def listen(event: Event) -> None:
        events.append(event)
        if type(event).__name__ == "Planned" and not held:
            parts = parts_folder(event.work)  # type: ignore[union-attr]
            parts.mkdir(parents=True)
            unfinished = unfinished_path(parts, 0)
            unfinished.write_bytes(b"half a part")
            held.extend([claim(parts, 0), unfinished])
        if isinstance(event, PartDone) and len(held) == 2:
            lock, unfinished = held
            assert unfinished.exists()  # type: ignore[attr-defined]
            held.append("released")
            lock.release()  # type: ignore[attr-defined]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("restore.plan.make.SEGMENT_FRAMES", 28)
        result = restore_film(order, listen)
    done = [event.part for event in events if isinstance(event, PartDone)]
    assert sorted(done) == ["part-000000", "part-000001", "part-000002"]
    assert done[0] != "part-000000"
    assert pictures(result) == pictures(film)


def test_claims_are_free_again_when_a_worker_fails(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error within a segment, or Ctrl-C, releases it and the next one, which is being decoded."""
    worker = open_worker(work)

    def stop(event: Event) -> None:
        if isinstance(event, Progressed):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_segments(worker, range(SEGMENTS), stop)
    locks = [claim(parts_folder(work), number) for number in range(SEGMENTS)]
    assert None not in locks
    for lock in locks:
        assert lock is not None
        lock.release()
    assert len(run_segments(worker, range(SEGMENTS), ignore_event)) == SEGMENTS


def test_a_worker_that_waits_can_be_stopped(work: Path) -> None:
    """Closing the claims ends the wait for another worker's segment."""
    plan, parts = read_job(work).plan, parts_folder(work)
    lock = claim(parts, 0)
    assert lock is not None
    claims = Claims(parts, plan, [0, 1], lambda receipt: None)
    numbers = iter(claims)
    assert next(numbers) == 1
    claims.stop()
    assert list(numbers) == []
    claims.close()
    assert claim(parts, 1) is not None
    lock.release()


def test_a_finished_job_is_not_started_again(work: Path) -> None:
    """Its folder is removed while a worker waits for a segment: the worker ends, and makes no folder."""
    worker = open_worker(work)
    lock = claim(parts_folder(work), 0)
    assert lock is not None
    numbers = iter(Claims(worker.parts, worker.job.plan, [0, 1], lambda receipt: None))
    assert next(numbers) == 1
    (work / PLAN).unlink()
    lock.release()
    with pytest.raises(UsageError) as caught:
        next(numbers)
    assert caught.value.code == "job-gone"
    shutil.rmtree(work)
    with pytest.raises(UsageError) as caught:
        run_segments(worker, [2], ignore_event)
    assert caught.value.code == "job-gone"
    assert not work.exists()


def test_the_film_may_have_another_path(work: Path, film: Path, tmp_path: Path) -> None:
    """It may have another path on another machine; a film that is missing or another one is refused."""
    moved = tmp_path / "elsewhere.mkv"
    shutil.copy(film, moved)
    (work / SOURCE).write_text(
        (work / SOURCE).read_text().replace(str(film), str(film.with_name("gone.mkv")))
    )
    with pytest.raises(SourceError) as caught:
        run_segment(work, 0)
    assert caught.value.code == "source-missing"
    assert run_segment(work, 0, film=moved).segment == 0
    with moved.open("ab") as file:
        file.write(b"more")
    with pytest.raises(SourceError) as caught:
        run_segment(work, 1, film=moved)
    assert caught.value.code == "source-changed"


def test_jobs_that_cannot_be_continued_are_refused(work: Path, tmp_path: Path) -> None:
    """No job, a job of another version, a segment that does not exist, a missing file: a code for each."""
    plan = read_job(work).plan

    def refused(folder: Path, number: int = 0) -> str:
        with pytest.raises(UsageError) as caught:
            run_segment(folder, number)
        return caught.value.code

    assert refused(tmp_path / "none") == "job-unreadable"
    assert refused(work, SEGMENTS) == "segment-unknown"
    (work / PLAN).write_bytes(plan_to_json(replace(plan, code=plan.code + 1)))
    assert refused(work) == "job-version"
    (work / PLAN).write_bytes(plan_to_json(plan)[:-9])
    assert refused(work) == "job-unreadable"
    (work / PLAN).write_bytes(plan_to_json(plan))
    (work / "survey.json").unlink()
    assert refused(work) == "job-unreadable"


def test_a_network_with_other_weights_is_refused(film: Path, tmp_path: Path) -> None:
    """A model of the same name on another machine must have the same hash."""
    recipe = Recipe(codec="ffv1", upscale=2, model="film-x2-fast", device="cpu", precision="fp32")
    job = job_in(tmp_path / "job", film, recipe)
    others = tuple((name, "0" * 64) for name, _ in job.plan.weights)
    (tmp_path / "job" / PLAN).write_bytes(plan_to_json(replace(job.plan, weights=others)))
    with pytest.raises(UsageError) as caught:
        run_segment(tmp_path / "job", 0)
    assert caught.value.code == "weights-differ"
