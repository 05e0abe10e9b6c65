"""A film's whole way: looked at, planned, restored in parts, joined, proven, and only then named."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from restore import __version__
from restore.errors import AuditError, DamagedSource, OutputError
from restore.plan import Plan, plan_to_json
from restore.recipe import Recipe
from restore.run import ledger
from restore.run.chain import load_chain
from restore.run.events import (
    Finished,
    Joining,
    Listener,
    Noted,
    Planned,
    Proving,
    Reused,
    Started,
    Surveying,
)
from restore.run.frames import Job
from restore.run.pipeline import run_segments
from restore.run.prepare import (
    Order,
    cards_for,
    check_writable,
    output_path,
    plan_film,
    request_for,
    survey_film,
)
from restore.run.record import SCHEMA, Record, Request, find_record, record_path, write_record
from restore.stages.stage import Engine
from restore.store import digest_file, held, make_folder, publish, write_atomic, writing_failed
from restore.survey.film import survey_to_json
from restore.timing import Span

WORK_FOLDER = ".restore"
"""Beside the result, unless --work-dir says otherwise; one folder in it for each job."""


@dataclass(frozen=True)
class Unproven:
    """A joined result that still has to be compared with its source.

    `thumbnails` are the survey's, `parts` the frames of each part by its receipt, in joining order,
    `trim` the part of the source's clock that the recipe asked for, or None for all of it.
    """

    job: Job
    result: Path
    thumbnails: Path
    parts: tuple[Span, ...]
    trim: tuple[Fraction, Fraction] | None


@dataclass(frozen=True)
class Proof:
    """What the comparison said: one line a check."""

    ok: bool
    lines: tuple[str, ...]


Prover = Callable[[Unproven], Proof]


def restore_film(order: Order, tell: Listener, prove: Prover) -> Path:
    """Restore one film; returns the result's path.

    Raises RestoreError's subclasses: SourceError, OutputError, UsageError before any work,
    DamagedSource after a damaged film was restored under a partial name, AuditError when `prove` finds
    the result wrong (which then lies under a name that says so).
    """
    from restore.media.containers import check_container
    from restore.media.probe import probe

    began = time.monotonic()
    source = probe(order.film)
    output = output_path(order, source)
    cards = cards_for(source, order.recipe)
    request = request_for(source, order.recipe, cards, output.suffix)
    if _is_done(order, output, request):
        tell(Finished(output, len(source.frames), time.monotonic() - began, already=True))
        return output
    check_writable(output.parent)
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        looked_at = Path(folder) / "thumbnails"
        expected = len(source.frames)
        survey = survey_film(
            source, order.recipe, looked_at, lambda done: tell(Surveying(done, expected))
        )
        plan = plan_film(source, survey, order.recipe, cards, output.suffix)
        check_container(source, plan.output, output.suffix)
        work = make_folder((order.work_dir or output.parent / WORK_FOLDER) / plan.key[:16])
        with held(work / "lock", "Another restore is working on this very job."):
            tell(Planned(plan, output, work))
            for line in plan.notes:
                tell(Noted(line))
            thumbnails = work / "thumbnails"
            shutil.copyfile(looked_at, thumbnails)
            job = Job(source, survey, plan)
            _compute(order, job, work, tell)
            final = _finish(order, job, work, output, request, began, tell, prove)
    if not order.keep_work:
        _clean_up(order, work)
    if survey.damage and not order.allow_damaged:
        raise _damaged(job, final)
    return final


def _is_done(order: Order, output: Path, request: Request) -> bool:
    """Whether the result stands already; raises OutputError for anybody else's file of that name."""
    names = [output, _partial_name(output)]
    for name in names if not order.restart else []:
        if name.exists() and find_record(name, request) is not None:
            if name == output:
                return True
            if not order.allow_damaged and not order.overwrite:
                raise DamagedSource(
                    "The source is damaged; what decodes of it was restored already.",
                    str(name),
                    "Use --allow-damaged to give it the final name.",
                )
    if output.exists() and not (
        order.overwrite or (order.restart and record_path(output).exists())
    ):
        raise OutputError(
            "There is a file under the result's name that this job did not make.",
            str(output),
            "Choose another name with -o, or replace it with --overwrite.",
        )
    return False


def _compute(order: Order, job: Job, work: Path, tell: Listener) -> None:
    """Every part that does not stand yet."""
    parts = make_folder(work / "parts")
    if order.restart:
        ledger.forget(parts)
    write_atomic(work / "plan.json", plan_to_json(job.plan))
    write_atomic(work / "survey.json", survey_to_json(job.survey))
    missing: list[int] = []
    for number, span in enumerate(job.plan.segments):
        if ledger.find_receipt(parts, job.plan, number) is None:
            missing.append(number)
        else:
            tell(Reused(ledger.part_path(parts, number).stem, span))
    if not missing:
        return
    engine = Engine(job.plan.device, job.plan.precision, lambda line: tell(Noted(line)))
    chain = load_chain(job.plan, job.source.width * job.source.height, engine)
    remaining = sum(len(job.plan.segments[number]) for number in missing)
    tell(Started(job.plan.frames, remaining, job.plan.device, job.plan.precision))
    try:
        run_segments(job, chain, missing, parts, tell)
    except OSError as error:
        raise writing_failed(parts, error) from error


def _finish(
    order: Order,
    job: Job,
    work: Path,
    output: Path,
    request: Request,
    began: float,
    tell: Listener,
    prove: Prover,
) -> Path:
    """Join, prove, record, and give the result its name, which is returned."""
    joined = output.with_name(f".restore-{job.plan.key[:16]}{output.suffix}")
    partial = bool(job.survey.damage) and not order.allow_damaged
    final = _partial_name(output) if partial else output
    try:
        tell(Joining(len(job.plan.segments)))
        trim = _join(order.recipe, job, work, joined)
        tell(Proving(joined))
        proof = prove(Unproven(job, joined, work / "thumbnails", _by_receipt(job, work), trim))
        if not proof.ok:
            failed = output.with_name(f"{output.stem}.failed-audit{output.suffix}")
            publish(joined, failed)
            wrong = "; ".join(proof.lines)
            raise AuditError(
                "The result does not match its source.", wrong, f"It lies in {failed}."
            )
        seconds = time.monotonic() - began
        write_record(final, _record(job, request, joined, proof, seconds))
        publish(joined, final)
    except OSError as error:
        raise writing_failed(final, error) from error
    finally:
        with contextlib.suppress(OSError):
            joined.unlink(missing_ok=True)
    tell(Finished(final, job.plan.frames, seconds))
    return final


def _join(recipe: Recipe, job: Job, work: Path, target: Path) -> tuple[Fraction, Fraction] | None:
    """The parts as one file with the source's sound and everything else; returns the trim, if any."""
    from restore.media.join import join

    frames = job.survey.frames
    trimmed = recipe.start is not None or recipe.end is not None
    trim = (frames.start, frames.end) if trimmed else None
    parts = [ledger.part_path(work / "parts", n) for n in range(len(job.plan.segments))]
    join(parts, frames, job.source, target, tags=_tags(job.plan), trim=trim)
    return trim


def _by_receipt(job: Job, work: Path) -> tuple[Span, ...]:
    """The frames of every part as its receipt states them; a part without one gives nothing."""
    numbers = range(len(job.plan.segments))
    receipts = [ledger.find_receipt(work / "parts", job.plan, number) for number in numbers]
    return tuple(receipt.frames for receipt in receipts if receipt)


def _tags(plan: Plan) -> dict[str, str]:
    """The short tag in the container: by what it was made, and what in it is invented."""
    invented = _synthetic(plan)
    text = f"restored with restore {__version__}"
    return {"comment": text + (f"; synthetic: {', '.join(invented)}" if invented else "")}


def _synthetic(plan: Plan) -> tuple[str, ...]:
    """What in the result is invented: color, detail."""
    colored = any(s.decisions.get("colorize", {}).get("mode") == "color" for s in plan.shots)
    detailed = any(step.stage == "upscale" and step.settings["model"] for step in plan.steps)
    return (("color",) if colored else ()) + (("detail",) if detailed else ())


def _record(job: Job, request: Request, joined: Path, proof: Proof, seconds: float) -> Record:
    return Record(
        schema_version=SCHEMA,
        restore=__version__,
        source=job.source.path.name,
        request=request,
        job=job.plan.key,
        result_sha256=digest_file(joined),
        frames=job.plan.frames,
        synthetic=_synthetic(job.plan),
        proof=proof.lines,
        notes=job.plan.notes + job.survey.damage,
        seconds=round(seconds, 3),
    )


def _partial_name(output: Path) -> Path:
    """x.mp4 -> x.partial.mp4, the name of what was saved from a damaged source."""
    return output.with_name(f"{output.stem}.partial{output.suffix}")


def _damaged(job: Job, final: Path) -> DamagedSource:
    reasons = "; ".join(job.survey.damage[:3])
    return DamagedSource(
        f"The source is damaged: {job.plan.frames} frames could be decoded and were restored.",
        f"{reasons} -> {final}",
        "Look at the end of the result; --allow-damaged gives it the final name.",
    )


def _clean_up(order: Order, work: Path) -> None:
    """Remove a finished job's folder, and our folder around it if no other job is in it."""
    shutil.rmtree(work, ignore_errors=True)
    if order.work_dir is None:
        with contextlib.suppress(OSError):
            work.parent.rmdir()
