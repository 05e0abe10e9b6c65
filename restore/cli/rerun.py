"""`restore rerun`: make a recorded result again, and say whether its frames are the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from restore.cli import options
from restore.errors import AuditError
from restore.report import quantities

if TYPE_CHECKING:
    from restore.jobs.reproduce import Again, Comparison

Recorded = Annotated[
    Path, typer.Argument(metavar="RECORD", help="The record beside a result: RESULT.restore.json.")
]
Original = Annotated[
    Path | None,
    typer.Option(
        "--source", metavar="FILM", help="The film it was made from, where it lies elsewhere."
    ),
]
Name = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="PATH", help="The new result (else RESULT.rerun.EXT)."),
]


def command(
    record: Recorded,
    source: Original = None,
    output: Name = None,
    overwrite: options.Overwrite = False,
    verbose: options.Verbose = 0,
    quiet: options.Quiet = False,
) -> int:
    """Make a recorded result again, and compare the decoded frames with the record's.

    The source and every network must be the recorded ones, by their SHA-256. Exit code 6 says that the
    frames differ.
    """
    from restore.cli.reporting import OutputMode, listening
    from restore.jobs.reproduce import again, compare
    from restore.jobs.several_films import restore_logged

    job = again(record, source, output, overwrite)
    if not quiet:
        print("\n".join(_outset(job)), flush=True)
    mode = OutputMode(as_json=False, verbose=verbose, quiet=quiet)
    with listening(job.order.film, mode) as listener:
        result = restore_logged(job.order, listener)
    found = compare(job.record, result)
    if not found.same:
        raise _not_the_same(job, found, result)
    if not quiet:
        print(f"the same frames: all {quantities.counted(found.frames, 'frame')}, bit for bit")
    return 0


def _outset(job: Again) -> list[str]:
    """What is made again, and what is different from then."""
    then = job.record.made.partition("T")[0]
    if not job.differences:
        return [f"made {then}; program, libraries and machine are the same"]
    return [f"made {then}; different from then:", *(f"  {line}" for line in job.differences)]


def _not_the_same(job: Again, found: Comparison, result: Path) -> AuditError:
    count = len(found.differing)
    first = found.differing[0] if found.differing else 0
    where = f"frame {first} is the first of {count} that differ, of {found.frames}"
    if job.differences:
        todo = f"Different from then: {'; '.join(job.differences)}."
    else:
        todo = "Nothing is known to be different from then: please report it."
    return AuditError("These are not the same frames.", f"{where}: {result}", todo)
