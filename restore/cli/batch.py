"""`restore batch`: all films of a folder, a list or a pattern, each in a process of its own."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from restore.cli import options
from restore.errors import UsageError

if TYPE_CHECKING:
    from restore.jobs.batch.listing import Listing

What = Annotated[
    list[str],
    typer.Argument(
        metavar="FOLDER|LIST.csv|PATTERN", help="Where the films are.", show_default=False
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        "--out",
        metavar="FOLDER",
        help="Where the results go, in the same tree.",
        show_default=False,
        rich_help_panel=options.OUTPUT,
    ),
]
_JOB = options.JOB
Jobs = Annotated[
    int, typer.Option(metavar="N", min=1, help="Films at the same time.", rich_help_panel=_JOB)
]
Retries = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=0,
        help="More tries after a failure that may pass (a crash, no memory).",
        rich_help_panel=_JOB,
    ),
]
KeepGoing = Annotated[
    bool,
    typer.Option(
        "--keep-going/--stop",
        help="After a failure go on with the others, or begin no more.",
        rich_help_panel=_JOB,
    ),
]
Share = Annotated[
    str | None,
    typer.Option(metavar="I/N", help="Only the I-th of N shares.", rich_help_panel=_JOB),
]
Verify = Annotated[
    bool,
    typer.Option(
        "--verify",
        help="Compare sources and results with their hashes, not with size and time.",
        metavar=options.FLAG,
        rich_help_panel=_JOB,
    ),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force",
        help="Start even if the results will not fit on the disk.",
        metavar=options.FLAG,
        rich_help_panel=_JOB,
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Only list the films, and say how long they would take.",
        metavar=options.FLAG,
        rich_help_panel=_JOB,
    ),
]


def command(
    context: typer.Context,
    what: What,
    out: Out,
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
    """Restore all films of a folder, a list or a pattern, and account for each.

    The results lie in the same tree under --out, with batch.json, which says what became of every
    film. Give the same command again after a stop, a crash or for films that failed: what is done is
    recognised.
    """
    from restore.cli.batchwork import Batch, Talk, only_tell, work
    from restore.jobs.batch import work_items as tasks
    from restore.jobs.requests import loss_kinds

    part = parse_share(share)
    switches = {
        "overwrite": overwrite,
        "allow_damaged": allow_damaged,
        "allow_loss": loss_kinds(allow_loss),
        "work_dir": work_dir and work_dir.absolute(),
    }
    out = out.absolute()
    listing = _listed(what, out, part)
    found = tasks.make_tasks(listing.films, recipe, options.overrides(context), switches)
    talk = Talk(as_json=as_json, quiet=quiet)
    batch = Batch(out, found, listing, part is None, jobs, retries, not keep_going, verify, force)
    return only_tell(batch, talk) if dry_run else work(batch, talk)


def parse_share(text: str | None) -> tuple[int, int] | None:
    """`2/8` as (2, 8); raises UsageError for anything else."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise UsageError("A share is written I/N, from 1/N to N/N.", f"--share {text}")
    return int(match[1]), int(match[2])


def _listed(what: list[str], out: Path, part: tuple[int, int] | None) -> Listing:
    """The films of this run; names of results that were given before stay."""
    from restore.jobs.batch.listing import list_films, share
    from restore.jobs.batch.state import read_book

    known = {name: one.target for name, one in read_book(out).films.items() if one.target}
    listing = list_films(what, out, known)
    return replace(listing, films=share(listing.films, *part)) if part else listing
