"""`restore batch`: all films of a folder, a list or a pattern, each in a separate process."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from restore.cli import options
from restore.cli.recipe_options import NOTHING, Asked
from restore.errors import UsageError
from restore.treatments.option import JOB, RESULT

What = Annotated[
    list[str],
    typer.Argument(
        metavar="FOLDER|LIST.csv|PATTERN",
        help="A folder, a CSV list, or a pattern.",
        show_default=False,
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        "--out",
        metavar="FOLDER",
        help="The folder for the results, in the same subfolders.",
        show_default=False,
        rich_help_panel=RESULT,
    ),
]
Jobs = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=1,
        help="Number of films that are restored at the same time.",
        rich_help_panel=JOB,
    ),
    options.More(
        "The processors are shared. One film keeps a machine busy; more jobs help with many short films, "
        "or with a GPU that has memory to spare."
    ),
]
Retries = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=0,
        help="More attempts after a failure that may be temporary (a crash, out of memory).",
        rich_help_panel=JOB,
    ),
    options.More("Damaged sources, mistakes and unreadable films are not tried again."),
]
KeepGoing = Annotated[
    bool,
    typer.Option(
        "--keep-going/--stop",
        help="After a failure, --keep-going continues with the other films, --stop starts no other film.",
        rich_help_panel=JOB,
    ),
]
Share = Annotated[
    str | None,
    typer.Option(metavar="I/N", help="Only the I-th of N shares.", rich_help_panel=JOB),
    options.More("Every N-th film, beginning with the I-th: for job arrays."),
]
Verify = Annotated[
    bool,
    typer.Option(
        "--verify",
        help="Compare sources and results by hash instead of size and modification time.",
        metavar=options.FLAG,
        rich_help_panel=JOB,
    ),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force",
        help="Start even if the results will not fit on the disk.",
        metavar=options.FLAG,
        rich_help_panel=JOB,
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Only list the films and estimate how long they will take.",
        metavar=options.FLAG,
        rich_help_panel=JOB,
    ),
    options.More("Nothing is written."),
]


def command(
    what: What,
    out: Out,
    asked: Asked = NOTHING,
    overwrite: options.Overwrite = False,
    allow_damaged: options.AllowDamaged = False,
    allow_loss: options.AllowLoss = None,
    recipe: options.RecipeFile = None,
    work_dir: options.WorkDir = None,
    jobs: Jobs = 1,
    keep_going: KeepGoing = True,
    retries: Retries = 1,
    share: Share = None,
    verify: Verify = False,
    force: Force = False,
    dry_run: DryRun = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Restore all films of a folder, a list or a pattern.

    The results are under --out in the same subfolders, with batch.json, which has the state of every film.
    After a stop, a crash or a failure run the same command again: it recognizes finished films.
    """
    from restore.cli.batch_output import PrintedBatch
    from restore.jobs.batch.run_batch import BatchRequest, check_result, estimate_batch, run_batch
    from restore.jobs.requests import loss_kinds

    switches = {
        "overwrite": overwrite,
        "allow_damaged": allow_damaged,
        "allow_loss": loss_kinds(allow_loss),
        "work_dir": work_dir and work_dir.absolute(),
    }
    request = BatchRequest(
        what=what,
        out=out.absolute(),
        recipe=recipe,
        options=asked,
        switches=switches,
        part=parse_share(share),
        jobs=jobs,
        retries=retries,
        stop_at_failure=not keep_going,
        verify=verify,
        force=force,
    )
    with PrintedBatch(as_json=as_json, quiet=quiet) as printed:
        if dry_run:
            estimate_batch(request, printed.print_plan)
            return 0
        result = run_batch(request, printed)
    check_result(result)
    return 0


def parse_share(text: str | None) -> tuple[int, int] | None:
    """`2/8` as (2, 8); raises UsageError for anything else."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        where = f"--share {text}"
        raise UsageError(
            "A share is written I/N, from 1/N to N/N.", where, code="invalid-command-line"
        )
    return int(match[1]), int(match[2])
