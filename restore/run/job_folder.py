"""A job's folder: all data that a worker needs in addition to the film, as files for any process."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from restore.errors import SourceError, UsageError
from restore.media.images.sequence import sequence_stat
from restore.media.source import Source
from restore.plan import FRAME_CODE, Plan, plan_from_json, plan_to_json
from restore.run.frames import Job
from restore.store import make_folder, write_atomic
from restore.survey.findings import survey_from_json, survey_to_json

PLAN = "plan.json"
SURVEY = "survey.json"
SOURCE = "source.json"
THUMBNAILS = "thumbnails"

_RUN_AGAIN = "Run the film again: restore then writes a new folder."


def parts_folder(folder: Path) -> Path:
    """The folder of a job's parts, receipts and locks."""
    return folder / "parts"


def write_job(folder: Path, job: Job) -> None:
    """Write the job into its folder, which has its thumbnails already; the plan, which completes it, last."""
    make_folder(parts_folder(folder))
    source = replace(job.source, path=job.source.path.absolute())
    write_atomic(folder / SOURCE, TypeAdapter(Source).dump_json(source, indent=1))
    write_atomic(folder / SURVEY, survey_to_json(job.survey))
    write_atomic(folder / PLAN, plan_to_json(job.plan))


def read_plan(folder: Path) -> Plan:
    """The plan of a job; raises UsageError if there is none, or if it is of another version of restore."""
    path = folder / PLAN
    try:
        plan = plan_from_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The folder has no plan that can be read: {_reason(error)}.",
            str(path),
            _RUN_AGAIN,
            code="job-unreadable",
        ) from error
    if plan.code != FRAME_CODE:
        raise UsageError(
            "The job was planned by another version of restore, which computes other frames.",
            f"{path}: frame code {plan.code}, not {FRAME_CODE}",
            "Use the same version for all workers of a job.",
            code="job-version",
        )
    return plan


def read_job(folder: Path, film: Path | None = None) -> Job:
    """The job of a folder; `film` is the film's path on this machine (None: its path when it was planned).

    Raises UsageError for a folder without a job of this version, SourceError if the film is missing or is
    another one.
    """
    plan = read_plan(folder)
    try:
        survey = survey_from_json((folder / SURVEY).read_bytes())
        source = TypeAdapter(Source).validate_json((folder / SOURCE).read_bytes())
    except (OSError, ValidationError, ValueError) as error:
        raise UsageError(
            f"The job's folder is incomplete: {_reason(error)}.",
            str(folder),
            _RUN_AGAIN,
            code="job-unreadable",
        ) from error
    source = _on_this_machine(source, film)
    return Job(source, survey, plan, folder / THUMBNAILS)


def _on_this_machine(source: Source, film: Path | None) -> Source:
    """The source with its path on this machine; raises SourceError unless its size is the planned one."""
    if film is not None:
        sequence = source.sequence and replace(source.sequence, folder=film.parent)
        source = replace(source, path=film, sequence=sequence)
    try:
        size = sequence_stat(source.sequence)[0] if source.sequence else source.path.stat().st_size
    except OSError as error:
        raise SourceError(
            f"The job's film cannot be read: {_reason(error)}.",
            str(source.path),
            "Give the path of the film on this machine.",
            code="source-missing",
        ) from error
    if size != source.size:
        raise SourceError(
            "This is not the film that the job was planned for.",
            f"{source.path}: {size} bytes, not {source.size}",
            "Give that film's path on this machine.",
            code="source-changed",
        )
    return source


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return "a file is missing" if error.errno == errno.ENOENT else str(error.strerror)
    return "a file is damaged"
