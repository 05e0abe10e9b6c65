"""The record of a finished job, from the data of its run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from restore.jobs.prepare import JobSetup
from restore.jobs.record_files import digest_result
from restore.jobs.versions import versions
from restore.plan import Plan
from restore.report import facts
from restore.report.record import SCHEMA, CheckFacts, Record, SegmentFacts, Timing
from restore.run.frames import Job
from restore.run.receipts import Receipt


@dataclass(frozen=True)
class FinishedRun:
    """The outcome of a run.

    `finished` is the result (a file, or a folder of images) before it has its name, `tags` what was
    written into it, `digests` the MD5s of its decoded frames, `receipts` those of its parts, `surprises` how
    surprising the colors of its shots are.
    """

    finished: Path
    tags: Mapping[str, str]
    digests: Sequence[str]
    receipts: Sequence[Receipt]
    checks: tuple[CheckFacts, ...]
    surprises: tuple[float | None, ...]
    timing: Timing


def make_record(job: Job, setup: JobSetup, run: FinishedRun, final: Path) -> Record:
    """The record of a job whose result will be named `final`."""
    plan, survey, request = job.plan, job.survey, setup.request
    size = _size(run.finished)
    return Record(
        schema_version=SCHEMA,
        job=plan.key,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        result_sha256=digest_result(run.finished),
        request=request,
        source=facts.source_facts(job.source, survey, request.source_sha256),
        result=facts.result_facts(plan, final.name, size, run.tags, run.digests),
        frames=plan.frames,
        frame_map=plan.frame_map,
        synthetic=plan.invents,
        treatments=plan.treatments,
        models=facts.model_facts(setup.cards),
        seed=facts.seed(plan),
        versions=versions(plan.device, plan.precision),
        shots=facts.shot_facts(plan, survey, run.surprises),
        segments=tuple(_segment(receipt, run.digests) for receipt in run.receipts),
        audit=run.checks,
        timing=run.timing,
        lost=tuple(dict.fromkeys(loss.kind for loss in setup.lost)),
        damage=survey.damage,
        notes=plan.notes,
    )


def _size(result: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    files = result.iterdir() if result.is_dir() else [result]
    return sum(file.stat().st_size for file in files)


def shot_images(job: Job) -> list[bytes]:
    """A small PNG of every shot: the survey's thumbnail of its middle frame."""
    from restore.report.shot_png import png
    from restore.survey.survey import read_thumbnails

    seen = read_thumbnails(job.thumbnails)
    return [png(seen[_middle(job.plan, number)]) for number in range(len(job.plan.shots))]


def _middle(plan: Plan, shot: int) -> int:
    """The source frame in the middle of a shot, as the result shows it."""
    span = plan.shots[shot].span
    return plan.frame_map.mapped((span.start + span.stop - 1) // 2).sources[0]


def _segment(receipt: Receipt, digests: Sequence[str]) -> SegmentFacts:
    return SegmentFacts(
        frames=receipt.frames,
        sha256=receipt.sha256,
        seconds=round(receipt.seconds, 3),
        marks=facts.marks(digests, receipt.frames),
    )
