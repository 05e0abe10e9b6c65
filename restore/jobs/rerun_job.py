"""A recorded job run again, and its frames compared with the recorded ones."""

from __future__ import annotations

from pathlib import Path

from restore.errors import AuditError
from restore.jobs.reproduce import Comparison, Rerun, compare
from restore.jobs.several_films import restore_logged
from restore.run.events import Listener


def rerun(job: Rerun, listener: Listener) -> Comparison:
    """Run a recorded job again; AuditError if a decoded frame or the frame map differs."""
    result = restore_logged(job.request, listener)
    found = compare(job.record, result)
    if not found.same:
        raise _different(job, found, result)
    return found


def _different(job: Rerun, found: Comparison, result: Path) -> AuditError:
    count = len(found.differing)
    first = found.differing[0] if found.differing else 0
    where = f"frame {first} is the first of {count} that differ, of {found.frames}"
    if not found.same_map:
        where += "; the frame map differs from the recorded one"
    if job.differences:
        todo = f"Changed since then: {'; '.join(job.differences)}."
    else:
        todo = "Software and hardware are the same: please report it."
    return AuditError(
        "The frames are not the recorded ones.", f"{where}: {result}", todo, code="frames-differ"
    )
