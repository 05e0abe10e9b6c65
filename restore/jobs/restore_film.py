"""One film from start to end: survey, plan, parts, join, audit, and only then its final name."""

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
from restore.jobs.color_choices import remember_colors
from restore.jobs.color_surprise import color_surprises
from restore.jobs.image_result import check_replaceable, images_folder, is_taken, write_images
from restore.jobs.job_record import FinishedRun, make_record, shot_images
from restore.jobs.prepare import (
    JobRequest,
    JobSetup,
    check_unchanged,
    check_writable,
    set_up_job,
    survey_and_plan,
    with_source_hash,
)
from restore.jobs.record_files import (
    KnownRecord,
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
from restore.survey.survey import passes
from restore.treatments.colorize import ColorizeOptions

WORK_FOLDER = ".restore"
"""The work folder next to the result (unless --work-dir is given); it has one folder for each job."""

SURVEY_STEP = 24
"""Frames between two events about the progress of the survey."""


def restore_film(request: JobRequest, listener: Listener) -> Path:
    """Restore one film; returns the result's path.

    Raises RestoreError's subclasses: SourceError, OutputError, UsageError before the run, DamagedSource after
    a damaged film was restored under a partial name, AuditError if the result fails the audit (it is kept
    with `failed-audit` in its name).
    """
    timer = StepTimer()

    @serialized  # several threads have events
    def deliver(event: Event) -> None:
        timer(event)
        listener(event)

    setup = set_up_job(request)
    final = setup.names.final
    check_writable(final)
    _check_names(request, setup)
    setup = with_source_hash(setup)  # reads the whole source, after all checks
    # next to the result even with --work-dir: two runs with one result must use the same lock
    place = make_folder(final.parent / WORK_FOLDER)
    lock = place / f"{digest_bytes(os.fsencode(final.name))[:16]}.lock"
    try:
        with held(lock, "Another restore is working on this result.", remove=True):
            if (done := _existing_result(request, setup)) is not None:
                _clear(request, setup, done)
                listener(Finished(final, done.frames, timer.timing().total, already=True))
                return final
            return _restore(request, setup, timer, deliver)
    finally:
        with contextlib.suppress(OSError):
            place.rmdir()


def _restore(request: JobRequest, setup: JobSetup, timer: StepTimer, listener: Listener) -> Path:
    """Survey, plan, compute, finish; the work folder is removed after success."""
    timer.begin("survey")
    root = make_folder(request.work_dir or setup.names.final.parent / WORK_FOLDER)
    try:
        with _emptied(_survey_folder(root, setup)) as folder:
            choices = _choices_folder(root, setup)
            counting = _counting(request, setup, listener)
            job = survey_and_plan(
                request, setup, folder / "thumbnails", counting, choices, listener
            )
            work = make_folder(root / job.plan.key[:16])
            with held(work / "lock", "Another restore is working on this job."):
                os.replace(job.thumbnails, work / "thumbnails")
                job = replace(job, thumbnails=work / "thumbnails")
                listener(Planned(job.plan, setup.names.final, work))
                for line in job.plan.notes:
                    listener(Noted(line))
                _compute(request, job, work, listener)
                result = _finish(request, setup, job, work, timer, listener)
                if result == setup.names.final:
                    remember_colors(request.recipe, choices)
                # the parts of a partial result are kept: --allow-damaged then only joins them again
                if result == setup.names.final and not request.keep_work:
                    shutil.rmtree(work, ignore_errors=True)
                    shutil.rmtree(choices, ignore_errors=True)
    except OSError as error:
        raise writing_failed(root, error) from error
    if result != setup.names.final:
        raise _damaged(job, result)
    _drop_partial(setup)
    return result


def _drop_partial(setup: JobSetup) -> None:
    """Remove this job's own partial result, which now has the final name."""
    partial = setup.names.partial
    record = find_record(partial)
    if record is None or record.request != setup.request:
        return
    with contextlib.suppress(OSError):
        shutil.rmtree(partial) if partial.is_dir() else partial.unlink()
        for extra in (record_path(partial), page_path(partial)):
            extra.unlink(missing_ok=True)


@contextlib.contextmanager
def _emptied(folder: Path) -> Generator[Path]:
    """A folder for the block; files of a killed run in it are removed first (its lock is held)."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield make_folder(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _counting(request: JobRequest, setup: JobSetup, listener: Listener) -> Callable[[int], None]:
    """Reports the progress of the survey; with two passes, each counts half."""
    expected = len(setup.source.frames)
    count_passes = passes(measures_needed(setup.source, request.recipe))

    def count(seen: int) -> None:
        done = seen // count_passes
        if seen % SURVEY_STEP == 0 or done == expected:
            listener(Surveying(done, expected))

    return count


def _existing_result(request: JobRequest, setup: JobSetup) -> KnownRecord | None:
    """The record of a result that exists already; raises OutputError for files that are not this job's."""
    names = setup.names
    for name in (names.final, names.partial):
        if not is_taken(name):
            continue
        record = find_record(name)
        ours = record is not None and record.request == setup.request
        if record is not None and ours and not request.restart:
            if name == names.final:
                return record
            if not (request.allow_damaged or request.overwrite):
                raise DamagedSource(
                    "The source is damaged; the decodable frames were already restored.",
                    str(name),
                    "Use --allow-damaged to give the result its final name.",
                    code="source-damaged",
                )
        elif not request.overwrite and not (ours and request.restart):
            raise _name_taken(name)
        elif record is None and names.images is not None:
            check_replaceable(name, names.images)
    return None


def _clear(request: JobRequest, setup: JobSetup, done: KnownRecord) -> None:
    """Remove the files of a run that was killed after its result had the final name."""
    with contextlib.suppress(OSError):
        _joined_path(setup.names, done.job).unlink(missing_ok=True)
    root = request.work_dir or setup.names.final.parent / WORK_FOLDER
    shutil.rmtree(_survey_folder(root, setup), ignore_errors=True)
    shutil.rmtree(_choices_folder(root, setup), ignore_errors=True)
    work = root / done.job[:16]
    if work.is_dir() and not request.keep_work:
        with contextlib.suppress(Busy), held(work / "lock", "Another run works on it again."):
            shutil.rmtree(work, ignore_errors=True)


def _joined_path(names: ResultNames, key: str) -> Path:
    """The joined film of a job until it has its final name: a hidden file in the same folder."""
    return names.film.with_name(f".restore-{key[:16]}{names.film.suffix}")


def _survey_folder(root: Path, setup: JobSetup) -> Path:
    """The folder of a result's survey: one for each result, protected by the result's lock."""
    return root / f"survey-{digest_bytes(os.fsencode(setup.names.final.absolute()))[:16]}"


def _choices_folder(root: Path, setup: JobSetup) -> Path:
    """The folder of the colors that were chosen for a result; a killed run leaves it for the next one."""
    return root / f"colors-{_survey_folder(root, setup).name.removeprefix('survey-')}"


def _check_names(request: JobRequest, setup: JobSetup) -> None:
    """Raise OutputError for an existing file with one of the result's names that is not from this job.

    Reads only records; `_existing_result` then compares the hashes.
    """
    names = () if request.overwrite else (setup.names.final, setup.names.partial)
    for name in filter(is_taken, names):
        known = read_known(name)
        if known is None or replace(known.request, source_sha256="") != setup.request:
            raise _name_taken(name)


def _name_taken(name: Path) -> OutputError:
    return OutputError(
        "A file with the result's name already exists, and this job did not make it.",
        str(name),
        "Choose another name with -o, or replace it with --overwrite.",
        code="output-exists",
    )


def _compute(request: JobRequest, job: Job, work: Path, listener: Listener) -> None:
    """Compute every unfinished part."""
    write_job(work, job)
    parts = parts_folder(work)
    if request.restart:
        discard_parts(parts, len(job.plan.segments))
    missing: list[int] = []
    for number, span in enumerate(job.plan.segments):
        if receipt_files.find_receipt(parts, job.plan, number) is None:
            missing.append(number)
        else:
            listener(Reused(receipt_files.part_path(parts, number).stem, span))
    if not missing:
        return
    pixels = job.source.width * job.source.height
    chain = load_chain(job.plan, pixels, lambda line: listener(Noted(line)))
    remaining = sum(len(job.plan.segments[number]) for number in missing)
    listener(Started(job.plan.frames, remaining, job.plan.device, job.plan.precision))
    run_segments(Worker(job, chain, parts), missing, listener)


def _finish(
    request: JobRequest,
    setup: JobSetup,
    job: Job,
    work: Path,
    timer: StepTimer,
    listener: Listener,
) -> Path:
    """Join, verify, record, and give the result its name, which is returned."""
    names = setup.names
    joined = _joined_path(names, job.plan.key)
    folder = images_folder(names, job.plan.key)
    partial = bool(job.survey.damage) and not request.allow_damaged
    final = names.partial if partial else names.final
    try:
        listener(Joining(len(job.plan.segments)))
        joined.unlink(missing_ok=True)  # it may be a second name of the existing result
        trim = _join(request.recipe, job, work, joined)
        listener(Verifying(joined))
        receipts = _receipts(job, work)
        parts = tuple(receipt.frames for receipt in receipts)
        found = verify(JoinedResult(job, joined, job.thumbnails, parts, trim, request.allow_loss))
        if not found.ok:
            publish(joined, names.failed)
            raise AuditError(
                "The result does not match its source.",
                "; ".join(found.lines),
                f"It is in {names.failed}; try --restart, and report it if that does not help.",
                code="audit-failed",
            )
        check_unchanged(setup)
        finished, checks = joined, found.checks
        if folder is not None and names.images is not None:
            listener(Noted("the film is verified: its frames become an image sequence"))
            finished = folder
            checks += _laid_out(write_images(joined, folder, names.images, job.plan, listener))
        sampler = request.recipe.of(ColorizeOptions).color_sampler
        surprises = color_surprises(job, sampler)
        tags, timing = _tags(job.plan), timer.timing()
        run = FinishedRun(finished, tags, found.digests, receipts, checks, surprises, timing)
        _name(request, setup, job, run, final)
    finally:
        with contextlib.suppress(OSError):
            joined.unlink(missing_ok=True)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
    listener(Finished(final, job.plan.frames, timing.total))
    return final


def _laid_out(lines: tuple[str, ...]) -> tuple[CheckFacts, ...]:
    """The findings about the images (`name: detail`), as checks for the record."""
    parts = (line.partition(": ") for line in lines)
    return tuple(CheckFacts(name=name, ok=True, detail=detail) for name, _, detail in parts)


def _name(request: JobRequest, setup: JobSetup, job: Job, run: FinishedRun, final: Path) -> None:
    """Write record and page, then rename the result; a file that another program created is kept."""
    existing = find_record(final)
    ours = existing is not None and existing.request == setup.request
    if is_taken(final) and not (request.overwrite or ours):
        raise _name_taken(final)
    record = make_record(job, setup, run, final)
    write_record(final, record, shot_images(job))
    rename = publish_folder if run.finished.is_dir() else publish
    rename(run.finished, final, replace=request.overwrite or ours)


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
    """The receipts of all parts that have one."""
    numbers = range(len(job.plan.segments))
    receipts = [receipt_files.find_receipt(parts_folder(work), job.plan, n) for n in numbers]
    return tuple(receipt for receipt in receipts if receipt)


def _tags(plan: Plan) -> dict[str, str]:
    """The short tag in the container: the program, and what is invented."""
    invented = plan.invents
    text = f"restored with restore {__version__}"
    return {"comment": text + (f"; synthetic: {', '.join(invented)}" if invented else "")}


def _damaged(job: Job, final: Path) -> DamagedSource:
    reasons = "; ".join(job.survey.damage[:3])
    return DamagedSource(
        f"The source is damaged: {len(job.survey.frames)} frames could be decoded and were restored.",
        f"{reasons} -> {final}",
        "Check the end of the result; --allow-damaged gives it the final name.",
        code="source-damaged",
    )
