"""`restore rerun`: run a recorded job again, and compare the frames."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from restore.cli import options
from restore.report import quantities

if TYPE_CHECKING:
    from restore.jobs.reproduce import Rerun

Recorded = Annotated[
    Path, typer.Argument(metavar="RECORD", help="The record next to a result: RESULT.restore.json.")
]
Original = Annotated[
    Path | None,
    typer.Option("--source", metavar="FILM", help="The source, if it is not next to the record."),
]
Name = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", metavar="PATH", help="Name of the new result (default: RESULT.rerun.EXT)."
    ),
]


def command(
    record: Recorded,
    source: Original = None,
    output: Name = None,
    overwrite: options.Overwrite = False,
    verbose: options.Verbose = 0,
    quiet: options.Quiet = False,
) -> int:
    """Run a recorded job again, and compare the decoded frames with those of the record.

    The source and every network must have the recorded SHA-256. The exit code is 6 if frames differ.
    """
    from restore.cli.reporting import OutputMode, listening
    from restore.jobs.reproduce import rerun_of
    from restore.jobs.rerun_job import rerun

    job = rerun_of(record, source, output, overwrite)
    if not quiet:
        print("\n".join(_differences(job)), flush=True)
    mode = OutputMode(as_json=False, verbose=verbose, quiet=quiet)
    with listening(job.request.film, mode) as listener:
        found = rerun(job, listener)
    if not quiet:
        print(f"the same frames: all {quantities.counted(found.frames, 'frame')}, bit for bit")
    return 0


def _differences(job: Rerun) -> list[str]:
    """When the result was made, and what has changed since then."""
    then = job.record.made.partition("T")[0]
    if not job.differences:
        return [f"made {then}; program, libraries and machine are the same"]
    return [f"made {then}; changed since then:", *(f"  {line}" for line in job.differences)]
