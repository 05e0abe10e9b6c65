"""One segment, computed once, by any process on any machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from restore.errors import UsageError
from restore.plan import Plan
from restore.run.chain import load_chain
from restore.run.engine import check_device
from restore.run.events import Listener, ignore_event
from restore.run.executor import Worker, run_segments
from restore.run.job_folder import parts_folder, read_job, read_plan
from restore.run.receipts import Receipt, find_receipt


def run_segment(
    folder: Path,
    number: int,
    worker: Worker | None = None,
    listen: Listener = ignore_event,
    film: Path | None = None,
) -> Receipt:
    """Compute a segment of the job in `folder`, unless it is finished, and return its receipt.

    Any process on any machine that can access the folder and the film may call this, at any time and more
    than once: a segment is computed by one worker at a time, the others wait for its receipt, and a segment
    of a worker that ended early is computed again. `worker` (from `open_worker`) saves reading the job and
    its weights again; `film` is the film's path on this machine, if it is another one than when the job was
    planned.

    Raises UsageError for a folder without this segment, SourceError for a film that is missing or changed.
    """
    plan = worker.job.plan if worker else read_plan(folder)
    if not 0 <= number < len(plan.segments):
        count = len(plan.segments)
        raise UsageError(
            f"The job has no segment {number}.",
            f"{folder}: {count} segments",
            code="segment-unknown",
        )
    finished = find_receipt(parts_folder(folder), plan, number)
    if finished is not None:
        return finished
    (receipt,) = run_segments(worker or open_worker(folder, film), [number], listen)
    return receipt


def open_worker(
    folder: Path, film: Path | None = None, say: Callable[[str], None] = lambda line: None
) -> Worker:
    """A worker for any number of segments of the job in `folder`: reads the job and loads its networks.

    `say` receives a line for the user. Raises UsageError if the device or the weights of the plan do not
    exist on this machine, SourceError if the film does not.
    """
    job = read_job(folder, film)
    check_device(job.plan.device)
    _check_weights(job.plan)
    chain = load_chain(job.plan, job.source.width * job.source.height, say)
    return Worker(job, chain, parts_folder(folder))


def _check_weights(plan: Plan) -> None:
    """Raise UsageError unless the weights here are those of the plan, by their hashes."""
    from restore import models

    planned = {sha256 for _, sha256 in plan.weights}
    for settings in plan.treatments.values():
        name = getattr(settings, "model", None)
        if name is not None and (found := models.find(name).sha256) not in planned:
            raise UsageError(
                f"The network {name} is not the one that the job was planned with.",
                f"SHA-256 {found}; the plan has {', '.join(sorted(planned))}",
                "Give all workers of a job the same models.",
                code="weights-differ",
            )
