"""`restore models`: which models there are, and what their cards say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from restore.cli import options

if TYPE_CHECKING:
    from restore.models import Card

commands = typer.Typer(help="List the models that ship, or show one.", no_args_is_help=True)


@commands.command("list")
def list_models(as_json: options.Json = False) -> int:
    """List the models that ship with this version."""
    from rich.console import Console
    from rich.table import Table

    from restore import models

    cards = models.shelf()
    if as_json:
        print(json.dumps([_facts(card) for card in cards]))
        return 0
    table = Table(box=None, header_style="bold")
    for column in ("Model", "Task", "Frames", "Made for", "Licence"):
        table.add_column(column)
    for card in cards:
        lines = _lines(card)
        made_for = f"{lines[0]}-{lines[1]} lines" if lines else ""
        table.add_row(card.full_name, _task(card), str(card.frames), made_for, card.licence)
    Console(highlight=False).print(table)
    return 0


@commands.command("show")
def show_model(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A model's name, folder or checkpoint.")
    ],
    as_json: options.Json = False,
) -> int:
    """Show a model's card, and check its weights against their hash."""
    from rich.console import Console
    from rich.markdown import Markdown

    from restore import models

    card = models.find(name)
    models.verify(card)
    if as_json:
        print(json.dumps(_facts(card)))
        return 0
    for key, value in _facts(card).items():
        print(f"{key:>13}  {value}")
    page = card.folder / "CARD.md"
    if page.is_file():
        print()
        Console(highlight=False).print(Markdown(page.read_text(encoding="utf-8")))
    return 0


def _task(card: Card) -> str:
    return f"{card.task} x{card.scale}" if card.task == "upscale" else card.task


def _facts(card: Card) -> dict[str, object]:
    """A card as plain values."""
    return {
        "name": card.full_name,
        "task": card.task,
        "scale": card.scale,
        "frames": card.frames,
        "architecture": card.architecture,
        "lines": _lines(card),
        "licence": card.licence,
        "sha256": card.sha256,
        "bytes": card.weights.stat().st_size if card.weights.is_file() else None,
        "folder": str(card.folder),
    }


def _lines(card: Card) -> list[int] | None:
    """The picture heights that the model was made for, if anybody wrote them down."""
    return [card.range.least_lines, card.range.greatest_lines] if card.range else None
