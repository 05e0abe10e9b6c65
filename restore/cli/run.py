"""`restore run` (or no command at all): restore films, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from restore.cli import formatting, options
from restore.cli.failure import as_restore_error, show
from restore.cli.reporting import OutputMode, telling, told_to
from restore.errors import BatchError, Interrupted, RestoreError

if TYPE_CHECKING:
    from restore.cli.requests import Wish


def command(
    context: typer.Context,
    films: options.Films,
    upscale: options.Upscale = None,
    to: options.To = None,
    clean: options.Clean = None,
    descratch: options.Descratch = None,
    deflicker: options.Deflicker = None,
    stabilize: options.Stabilize = None,
    colorize: options.Colorize = None,
    recolor: options.Recolor = None,
    model: options.Model = None,
    color_model: options.ColorModel = None,
    device: options.Device = None,
    precision: options.Precision = None,
    output: options.Output = None,
    codec: options.Codec = None,
    depth: options.Depth = None,
    encoder: options.Encoder = None,
    crf: options.Crf = None,
    preset: options.Preset = None,
    overwrite: options.Overwrite = False,
    allow_damaged: options.AllowDamaged = False,
    allow_loss: options.AllowLoss = None,
    start: options.Start = None,
    end: options.End = None,
    rate: options.Rate = None,
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
    """Restore old films: enlarge them, color them, lose nothing on the way.

    Every frame, every sound track and every time stamp arrives; the source is never touched. A run that
    was stopped goes on where it was when the same command is given again.
    """
    from restore.cli.dryrun import dry_run as only_tell
    from restore.cli.requests import wishes_from

    switches = {
        "work_dir": work_dir,
        "overwrite": overwrite,
        "restart": restart,
        "keep_work": keep_work,
        "allow_damaged": allow_damaged,
    }
    wishes = wishes_from(films, output, recipe, options.overrides(context), switches, allow_loss)
    manner = OutputMode(as_json=as_json, verbose=verbose, quiet=quiet)
    work = only_tell if dry_run else _restore
    return _one(wishes[0], manner, work) if len(wishes) == 1 else _several(wishes, manner, work)


Work = Callable[["Wish", OutputMode], None]


def _restore(wish: Wish, manner: OutputMode) -> None:
    """Restore one film; whatever fails is written to the job's log, too."""
    from restore.cli.job_log import Logbook
    from restore.jobs.restore_film import restore_film
    from restore.store import make_folder

    log = Logbook()
    try:
        order = wish.named()
        if wish.folder is not None:
            make_folder(wish.folder)
        with telling(order.film, manner) as tell:
            restore_film(order, told_to(log, tell))
    except (Exception, KeyboardInterrupt) as error:
        failure = as_restore_error(error, log.path)
        log.write(f"failed ({failure.code}, exit code {failure.exit_code}): {failure}")
        if failure is error:
            raise
        raise failure from error


def _one(wish: Wish, manner: OutputMode, work: Work) -> int:
    """One film: its failure is the command's failure."""
    film = wish.order.film
    try:
        work(wish, manner)
    except RestoreError as error:
        _tell_failure(error, film, manner)
        raise
    return 0


def _several(wishes: list[Wish], manner: OutputMode, work: Work) -> int:
    """Several films: a failure is told at once, the others still get their turn."""
    failed: list[Path] = []
    for number, wish in enumerate(wishes, start=1):
        film = wish.order.film
        if not manner.as_json and not manner.quiet:
            print(formatting.line(f"film {number} of {len(wishes)}: {film}"), flush=True)
        try:
            work(wish, manner)
        except RestoreError as error:
            _tell_failure(error, film, manner)
            if isinstance(error, Interrupted):
                raise
            show(error, error, with_traceback=manner.verbose > 1)
            failed.append(film)
    if failed:
        names = ", ".join(str(film) for film in failed)
        others = "The others are done; the" if len(failed) < len(wishes) else "The"
        todo = f"{others} same command tries the failed ones again."
        raise BatchError(f"{len(failed)} of {len(wishes)} films failed.", names, todo)
    return 0


def _tell_failure(error: RestoreError, film: Path, manner: OutputMode) -> None:
    """In JSON, a failure is an event as well."""
    if manner.as_json:
        from restore.cli.ndjson import failure

        print(failure(error, film), flush=True)
