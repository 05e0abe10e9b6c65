"""Several films one after another, each with a log; a failure of one does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from restore.errors import BatchError, Interrupted, RestoreError
from restore.jobs.failures import as_restore_error
from restore.jobs.job_log import JobLog
from restore.jobs.prepare import JobRequest
from restore.jobs.requests import FilmRequest
from restore.jobs.restore_film import restore_film
from restore.run.events import Event, Listener
from restore.store import make_folder


def restore_logged(request: JobRequest, listener: Listener) -> Path:
    """Restore one film; its events, and any failure, are written to the job's log as well.

    Raises RestoreError's subclasses (an unexpected exception becomes one that names the log),
    KeyboardInterrupt, and what the listener raises.
    """
    log = JobLog()
    of_listener: list[BaseException] = []

    def deliver(event: Event) -> None:
        log(event)
        try:
            listener(event)
        except BaseException as error:
            of_listener.append(error)
            raise

    try:
        return restore_film(request, deliver)
    except (Exception, KeyboardInterrupt) as error:
        if error in of_listener:
            log.write(f"ended by a listener: {error!r}")
            raise
        failure = as_restore_error(error, log.path)
        log.write(f"failed ({failure.code}, exit code {failure.exit_code}): {failure}")
        if failure is error or isinstance(error, KeyboardInterrupt):
            raise
        raise failure from error


def ready(request: FilmRequest) -> JobRequest:
    """The request with the result's full name; creates its folder."""
    named = request.named()
    if request.folder is not None:
        make_folder(request.folder)
    return named


def for_each_film(
    requests: Sequence[FilmRequest],
    work: Callable[[FilmRequest], None],
    failed: Callable[[FilmRequest, RestoreError], None],
) -> None:
    """Do `work` for each film in turn; `failed` gets every failure at once.

    The failure of a single film is raised unchanged. With several films the others are still restored, and
    BatchError is raised at the end; Interrupted stops at once.
    """
    failures: list[Path] = []
    for request in requests:
        try:
            work(request)
        except (Exception, KeyboardInterrupt) as error:
            failure = as_restore_error(error)
            failed(request, failure)
            if len(requests) == 1 or isinstance(failure, Interrupted):
                if failure is error:
                    raise
                raise failure from error
            failures.append(request.job.film)
    if failures:
        names = ", ".join(str(film) for film in failures)
        others = "The others are done; the" if len(failures) < len(requests) else "The"
        todo = f"{others} same command tries the failed ones again."
        what = f"{len(failures)} of {len(requests)} films failed."
        raise BatchError(what, names, todo, code="films-failed")
