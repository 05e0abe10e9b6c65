"""`restore run` (or no command at all): restore films, one after the other."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from restore.cli import options
from restore.cli.failure import show
from restore.cli.recipe_options import NOTHING, Asked
from restore.cli.reporting import OutputMode, listening
from restore.cli.stdio import put_line
from restore.errors import Interrupted, RestoreError
from restore.report import quantities

if TYPE_CHECKING:
    from restore.jobs.requests import FilmRequest


def command(
    films: options.Films,
    output: options.Output = None,
    asked: Asked = NOTHING,
    overwrite: options.Overwrite = False,
    allow_damaged: options.AllowDamaged = False,
    allow_loss: options.AllowLoss = None,
    recipe: options.RecipeFile = None,
    work_dir: options.WorkDir = None,
    restart: options.Restart = False,
    keep_work: options.KeepWork = False,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
    verbose: options.Verbose = 0,
    quiet: options.Quiet = False,
    version: options.Version = False,
) -> int:
    """Restore old films: enlarge them, color them, keep every frame.

    Every frame, sound track and time stamp is in the result; the source is never modified. The same
    command continues a run that was stopped.
    """
    from restore.cli.dryrun import dry_run as print_plan
    from restore.jobs.requests import film_requests
    from restore.jobs.several_films import for_each_film

    switches = {
        "work_dir": work_dir,
        "overwrite": overwrite,
        "restart": restart,
        "keep_work": keep_work,
        "allow_damaged": allow_damaged,
    }
    requests = film_requests(films, output, recipe, asked, switches, allow_loss)
    mode = OutputMode(as_json=as_json, verbose=verbose, quiet=quiet)
    one = len(requests) == 1
    numbers = itertools.count(1)

    def work(request: FilmRequest) -> None:
        if not one and not as_json and not quiet:
            title = f"film {next(numbers)} of {len(requests)}: {request.job.film}"
            put_line(quantities.line(title))
        (print_plan if dry_run else _restore)(request, mode)

    def failed(request: FilmRequest, error: RestoreError) -> None:
        if as_json:
            from restore.cli import ndjson

            put_line(ndjson.failure(error, request.job.film))
        if not one and not isinstance(error, Interrupted):
            show(error, error, with_traceback=verbose > 1)

    for_each_film(requests, work, failed)
    return 0


def _restore(request: FilmRequest, mode: OutputMode) -> None:
    """Restore one film; what happens is printed."""
    from restore.jobs.several_films import ready, restore_logged

    job = ready(request)
    with listening(job.film, mode) as listener:
        restore_logged(job, listener)
