"""`restore audit`: compare a result with its source, from the two files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from restore.cli import options
from restore.cli.recipe_options import NOTHING, Given, RecipeOptions
from restore.errors import AuditError

if TYPE_CHECKING:
    from restore.audit.check import AuditReport

Result = Annotated[
    Path,
    typer.Argument(
        metavar="RESULT",
        help="The result: a file, or an image sequence.",
        show_default=False,
    ),
]
Source = Annotated[
    Path,
    typer.Argument(
        metavar="SOURCE",
        help="The source: a file, or an image sequence.",
        show_default=False,
    ),
]

Asked = Annotated[Given, RecipeOptions(("rate",))]


def command(
    source: Source,
    result: Result,
    allow_loss: options.AllowLoss = None,
    asked: Asked = NOTHING,
    as_json: options.Json = False,
    verbose: options.Verbose = 0,
) -> int:
    """Compare a result with its source: every frame, stream and tag.

    Both films are decoded once; nothing is written. The exit code is 6 if anything is missing or
    wrong.
    """
    from restore.jobs.audit_files import audit_files
    from restore.jobs.requests import loss_kinds
    from restore.recipe import load_recipe

    wanted = load_recipe(None, asked)
    found = audit_files(source, result, loss_kinds(allow_loss), rate=wanted.rate)
    if as_json:
        print(json.dumps(as_record(source, result, found)))
    else:
        show(found)
    if not found.ok:
        wrong = ", ".join(check.name for check in found.checks if not check.ok)
        raise AuditError(
            "The result does not match its source.",
            f"{result}: {wrong}",
            "Restore the film again; if the loss was intended, name it with --allow-loss.",
            code="audit-failed",
        )
    return 0


def as_record(source: Path, result: Path, found: AuditReport) -> dict[str, object]:
    """The audit as plain values."""
    return {
        "source": str(source),
        "result": str(result),
        "ok": found.ok,
        "checks": [
            {"name": check.name, "verdict": verdict(check.ok, check.lost), "detail": check.detail}
            for check in found.checks
        ],
    }


def verdict(ok: bool, lost: bool) -> str:
    """One word for a check: `ok`, `lost` (as allowed) or `wrong`."""
    return "lost" if lost else "ok" if ok else "wrong"


def show(found: AuditReport) -> None:
    """The checks as a table; in a file or a pipe lines have 160 columns."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    colors = {"ok": "green", "lost": "yellow", "wrong": "bold red"}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("check", "", "what was found"):
        table.add_column(heading)
    for check in found.checks:
        word = verdict(check.ok, check.lost)
        table.add_row(Text(check.name), Text(word, colors[word]), Text(check.detail))
    width = None if sys.stdout.isatty() else 160
    Console(width=width, highlight=False).print(table)
