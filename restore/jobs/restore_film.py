"""A film's whole way: looked at, planned, restored in parts, joined, verified, and only then named."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Generator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from restore import __version__
from restore.errors import AuditError, Busy, DamagedSource, OutputError
from restore.jobs.image_result import check_replaceable, in_the_way, lay_out, pictures_folder
from restore.jobs.job_record import Made, account, shot_pictures
from restore.jobs.prepare import (
    JobRequest,
    Outset,
    check_unchanged,
    check_writable,
    identified,
    set_out,
    survey_and_plan,
)
from restore.jobs.record_files import (
    Known,
    ResultNames,
    find_record,
    page_path,
    read_known,
    record_path,
    write_record,
)
from restore.jobs.timings import StepTimer
from restore.jobs.verify import JoinedResult, verify
from restore.plan import Plan, measures_needed
from restore.recipe import Recipe
from restore.report.record import CheckFacts
from restore.run import receipts as receipt_files
from restore.run.chain import load_chain
from restore.run.claims import discard_parts
from restore.run.events import (
    Event,
    Finished,
    Joining,
    Listener,
    Noted,
    Planned,
    Reused,
    Started,
    Surveying,
    Verifying,
    serialized,
)
from restore.run.executor import Worker, run_segments
from restore.run.frames import Job
from restore.run.job_folder import parts_folder, write_job
from restore.run.receipts import Receipt
from restore.store import (
    digest_bytes,
    held,
    make_folder,
    publish,
    publish_folder,
    writing_failed,
)
from restore.survey.second_pass import passes
from restore.treatments.treatment import Engine

WORK_FOLDER = ".restore"
"""Beside the result, unless --work-dir says otherwise; one folder in it for each job."""

SURVEY_STEP = 24
"""Frames between two words on how far the survey is."""


def restore_film(order: JobRequest, tell: Listener) -> Path:
    """Restore one film; returns the result's path.

    Raises RestoreError's subclasses: SourceError, OutputError, UsageError before any work,
    DamagedSource after a damaged film was restored under a partial name, AuditError when the audit finds
    the result wrong (which then lies under a name that says so).
    """
    timer = StepTimer()

    @serialized  # several threads have something to tell
    def heard(event: Event) -> None:
        timer(event)
        tell(event)

    outset = set_out(order)
    final = outset.names.final
    check_writable(final)
    _refuse_foreign(order, outset)
    outset = identified(outset)  # reads the whole source: what can be wrong was found before
    # beside the result, whatever --work-dir says: two runs with one result must meet here
    place = make_folder(final.parent / WORK_FOLDER)
    lock = place / f"{digest_bytes(os.fsencode(final.name))[:16]}.lock"
    try:
        with held(lock, "Another restore is working on this result.", remove=True):
            if (done := _standing(order, outset)) is not None:
                _clear(order, outset, done)
                tell(Finished(final, done.frames, timer.timing().total, already=True))
                return final
            return _restore(order, outset, timer, heard)
    finally:
        with contextlib.suppress(OSError):
            place.rmdir()


def _restore(order: JobRequest, outset: Outset, timer: StepTimer, tell: Listener) -> Path:
    """Survey, plan, compute, finish; the work folder goes when all of it went well."""
    timer.begin("survey")
    root = make_folder(order.work_dir or outset.names.final.parent / WORK_FOLDER)
    try:
        with _emptied(_survey_folder(root, outset)) as folder:
            job = survey_and_plan(
                order, outset, folder / "thumbnails", _counting(order, outset, tell)
            )
            work = make_folder(root / job.plan.key[:16])
            with held(work / "lock", "Another restore is working on this very job."):
                os.replace(job.thumbnails, work / "thumbnails")
                job = replace(job, thumbnails=work / "thumbnails")
                tell(Planned(job.plan, outset.names.final, work))
                for line in job.plan.notes:
                    tell(Noted(line))
                _compute(order, job, work, tell)
                result = _finish(order, outset, job, work, timer, tell)
                # the parts of a partial result wait: --allow-damaged then has only to join them again
                if result == outset.names.final and not order.keep_work:
                    shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise writing_failed(root, error) from error
    if result != outset.names.final:
        raise _damaged(job, result)
    _drop_partial(outset)
    return result


def _drop_partial(outset: Outset) -> None:
    """Remove this job's own partial result, which now has the final name."""
    partial = outset.names.partial
    record = find_record(partial)
    if record is None or record.request != outset.request:
        return
    with contextlib.suppress(OSError):
        shutil.rmtree(partial) if partial.is_dir() else partial.unlink()
        for beside in (record_path(partial), page_path(partial)):
            beside.unlink(missing_ok=True)


@contextlib.contextmanager
def _emptied(folder: Path) -> Generator[Path]:
    """A folder for the block; what a killed run left in it goes first (its result's lock is ours)."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield make_folder(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _counting(order: JobRequest, outset: Outset, tell: Listener) -> Callable[[int], None]:
    """Tells how far the survey is, now and then; of one that looks twice, a look is half of each frame."""
    expected = len(outset.source.frames)
    looks = passes(measures_needed(outset.source, order.recipe))

    def count(looked: int) -> None:
        done = looked // looks
        if looked % SURVEY_STEP == 0 or done == expected:
            tell(Surveying(done, expected))

    return count


def _standing(order: JobRequest, outset: Outset) -> Known | None:
    """The record of a result that stands already; raises OutputError for others' files of its names."""
    names = outset.names
    for name in (names.final, names.partial):
        if not in_the_way(name):
            continue
        record = find_record(name)
        ours = record is not None and record.request == outset.request
        if record is not None and ours and not order.restart:
            if name == names.final:
                return record
            if not (order.allow_damaged or order.overwrite):
                raise DamagedSource(
                    "The source is damaged; what decodes of it was restored already.",
                    str(name),
                    "Use --allow-damaged to give it the final name.",
                    code="source-damaged",
                )
        elif not order.overwrite and not (ours and order.restart):
            raise _foreign(name)
        elif record is None and names.pictures is not None:
            check_replaceable(name, names.pictures)
    return None


def _clear(order: JobRequest, outset: Outset, done: Known) -> None:
    """Remove what a run left that was killed after it had given its result the final name."""
    with contextlib.suppress(OSError):
        _joined_path(outset.names, done.job).unlink(missing_ok=True)
    root = order.work_dir or outset.names.final.parent / WORK_FOLDER
    shutil.rmtree(_survey_folder(root, outset), ignore_errors=True)
    work = root / done.job[:16]
    if work.is_dir() and not order.keep_work:
        with contextlib.suppress(Busy), held(work / "lock", "It is at work again."):
            shutil.rmtree(work, ignore_errors=True)


def _joined_path(names: ResultNames, key: str) -> Path:
    """The joined film of a job until it has its final name: hidden, in the same folder."""
    return names.film.with_name(f".restore-{key[:16]}{names.film.suffix}")


def _survey_folder(root: Path, outset: Outset) -> Path:
    """Where a result's survey is made: one folder for each result, guarded by the result's lock."""
    return root / f"survey-{digest_bytes(os.fsencode(outset.names.final.absolute()))[:16]}"


def _refuse_foreign(order: JobRequest, outset: Outset) -> None:
    """Raise OutputError for a file under the result's names that cannot be this job's, whatever the source.

    Reads only records: what they leave open, `_standing` decides by the hashes.
    """
    names = () if order.overwrite else (outset.names.final, outset.names.partial)
    for name in filter(in_the_way, names):
        known = read_known(name)
        if known is None or replace(known.request, source_sha256="") != outset.request:
            raise _foreign(name)


def _foreign(name: Path) -> OutputError:
    return OutputError(
        "There is a file under the result's name that this job did not make.",
        str(name),
        "Choose another name with -o, or replace it with --overwrite.",
        code="output-exists",
    )


def _compute(order: JobRequest, job: Job, work: Path, tell: Listener) -> None:
    """Every part that is not finished yet."""
    write_job(work, job)
    parts = parts_folder(work)
    if order.restart:
        discard_parts(parts, len(job.plan.segments))
    missing: list[int] = []
    for number, span in enumerate(job.plan.segments):
        if receipt_files.find_receipt(parts, job.plan, number) is None:
            missing.append(number)
        else:
            tell(Reused(receipt_files.part_path(parts, number).stem, span))
    if not missing:
        return
    engine = Engine(job.plan.device, job.plan.precision, lambda line: tell(Noted(line)))
    chain = load_chain(job.plan, job.source.width * job.source.height, engine)
    remaining = sum(len(job.plan.segments[number]) for number in missing)
    tell(Started(job.plan.frames, remaining, job.plan.device, job.plan.precision))
    run_segments(Worker(job, chain, parts), missing, tell)


def _finish(
    order: JobRequest,
    outset: Outset,
    job: Job,
    work: Path,
    timer: StepTimer,
    tell: Listener,
) -> Path:
    """Join, verify, record, and give the result its name, which is returned."""
    names = outset.names
    joined = _joined_path(names, job.plan.key)
    folder = pictures_folder(names, job.plan.key)
    partial = bool(job.survey.damage) and not order.allow_damaged
    final = names.partial if partial else names.final
    try:
        tell(Joining(len(job.plan.segments)))
        joined.unlink(missing_ok=True)  # it may be a second name of the result that exists
        trim = _join(order.recipe, job, work, joined)
        tell(Verifying(joined))
        receipts = _receipts(job, work)
        parts = tuple(receipt.frames for receipt in receipts)
        found = verify(JoinedResult(job, joined, job.thumbnails, parts, trim, order.allow_loss))
        if not found.ok:
            publish(joined, names.failed)
            raise AuditError(
                "The result does not match its source.",
                "; ".join(found.lines),
                f"It lies in {names.failed}; try --restart, and report it if that does not help.",
                code="audit-failed",
            )
        check_unchanged(outset)
        finished, checks = joined, found.checks
        if folder is not None and names.pictures is not None:
            tell(Noted("the film is verified: its frames become an image sequence"))
            finished = folder
            checks += _laid_out(lay_out(joined, folder, names.pictures, job.plan, tell))
        timing = timer.timing()
        made = Made(finished, _tags(job.plan), found.digests, receipts, checks, timing)
        _name(order, outset, job, made, final)
    finally:
        with contextlib.suppress(OSError):
            joined.unlink(missing_ok=True)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
    tell(Finished(final, job.plan.frames, timing.total))
    return final


def _laid_out(lines: tuple[str, ...]) -> tuple[CheckFacts, ...]:
    """What was found of the pictures (`name: detail`), as checks for the record."""
    told = (line.partition(": ") for line in lines)
    return tuple(CheckFacts(name=name, ok=True, detail=detail) for name, _, detail in told)


def _name(order: JobRequest, outset: Outset, job: Job, made: Made, final: Path) -> None:
    """Record and page, then the name; a file of others that came meanwhile is kept."""
    there = find_record(final)
    ours = there is not None and there.request == outset.request
    if in_the_way(final) and not (order.overwrite or ours):
        raise _foreign(final)
    record = account(job, outset, made, final)
    write_record(final, record, shot_pictures(job))
    named = publish_folder if made.finished.is_dir() else publish
    named(made.finished, final, replace=order.overwrite or ours)


def _join(recipe: Recipe, job: Job, work: Path, target: Path) -> tuple[Fraction, Fraction] | None:
    """The parts as one file with the source's sound and everything else; returns the trim, if any."""
    from restore.media.container.join import join

    frames = job.survey.frames
    trimmed = recipe.start is not None or recipe.end is not None
    trim = (frames.start, frames.end) if trimmed else None
    numbers = range(len(job.plan.segments))
    parts = [receipt_files.part_path(parts_folder(work), number) for number in numbers]
    join(parts, frames, job.source, target, _tags(job.plan), trim, job.plan.frame_map)
    return trim


def _receipts(job: Job, work: Path) -> tuple[Receipt, ...]:
    """The receipt of every part; a part without one gives nothing."""
    numbers = range(len(job.plan.segments))
    receipts = [receipt_files.find_receipt(parts_folder(work), job.plan, n) for n in numbers]
    return tuple(receipt for receipt in receipts if receipt)


def _tags(plan: Plan) -> dict[str, str]:
    """The short tag in the container: by what it was made, and what in it is invented."""
    invented = plan.invents
    text = f"restored with restore {__version__}"
    return {"comment": text + (f"; synthetic: {', '.join(invented)}" if invented else "")}


def _damaged(job: Job, final: Path) -> DamagedSource:
    reasons = "; ".join(job.survey.damage[:3])
    return DamagedSource(
        f"The source is damaged: {len(job.survey.frames)} frames could be decoded and were restored.",
        f"{reasons} -> {final}",
        "Look at the end of the result; --allow-damaged gives it the final name.",
        code="source-damaged",
    )
