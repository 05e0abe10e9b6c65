"""`restore models`: which models there are, what their cards say, and published ones to pull."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from restore.cli import options
from restore.errors import UsageError
from restore.report import quantities

if TYPE_CHECKING:
    from restore.models import Card, KnownModel

commands = typer.Typer(
    help="List the models, show one, or pull a published one.", no_args_is_help=True
)

RUNS = {"itself": "", "zoo": "extra zoo", "no": "not run yet"}
"""What the list says about published models, by what restore can do with them."""


@commands.command("list")
def list_models(as_json: options.Json = False) -> int:
    """List the models that ship with this version, and the published ones that can be pulled."""
    from rich.console import Console
    from rich.table import Table

    from restore import models

    cards, known, folder = models.shelf(), models.known_models(), models.pulled_folder()
    pulled = {model.name for model in known if model.is_pulled(folder)}
    if as_json:
        shipped = [{**_facts(card), "state": "shipped"} for card in cards]
        print(json.dumps(shipped + [_known_facts(one, one.name in pulled) for one in known]))
        return 0
    table = Table(box=None, header_style="bold")
    for column in ("Model", "Task", "Frames", "Made for", "Licence"):
        table.add_column(column)
    for card in cards:
        lines = _lines(card)
        made_for = f"{lines[0]}-{lines[1]} lines" if lines else ""
        table.add_row(card.full_name, _task(card), str(card.frames), made_for, card.licence)
    Console(highlight=False).print(table)
    published = Table(box=None, header_style="bold")
    for column in ("Published model", "Task", "Size", "Licence", ""):
        published.add_column(column, no_wrap=True)
    for one in known:
        state = "pulled" if one.name in pulled else RUNS[one.runs]
        size, terms = quantities.size(one.size) if one.size else "", one.licence or "not stated"
        published.add_row(one.name, _known_task(one), size, terms, state)
    print()
    Console(highlight=False).print(published)
    print("\nrestore models pull NAME fetches one; --model NAME uses it.")
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

    known = models.known_model(name)
    if known is not None and not known.path(models.pulled_folder()).is_file():
        facts, page = _known_facts(known, pulled=False), None
    else:
        card = models.find(name)
        models.verify(card)
        facts, page = _facts(card), None if card.file else card.folder / "CARD.md"
    if as_json:
        print(json.dumps(facts))
        return 0
    for key, value in facts.items():
        if value is not None:
            print(f"{key:>13}  {value}")
    if page is not None and page.is_file():
        print()
        Console(highlight=False).print(Markdown(page.read_text(encoding="utf-8")))
    return 0


@commands.command("pull")
def pull_model(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A published model's name.")],
    file: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Take this file, fetched by other means."),
    ] = None,
    accept: Annotated[
        bool,
        typer.Option(
            "--accept-licence",
            help="Agree to a licence that binds you.",
            metavar=options.FLAG,
        ),
    ] = False,
    unverified: Annotated[
        bool,
        typer.Option(
            "--unverified",
            help="Take a file for which no hash is known.",
            metavar=options.FLAG,
        ),
    ] = False,
) -> int:
    """Fetch a published model, check it, and keep it for `--model NAME`."""
    from restore import models
    from restore.models import pull

    known = models.known_model(name)
    if known is None:
        todo = "restore models list shows the published models that are known."
        raise UsageError("No published model of that name is known.", name, todo)
    folder = models.pulled_folder()
    _tell_terms(known)
    if pull.is_there(known, folder):
        print(f"It is there already: {known.path(folder)}")
        return 0
    _agree(known, accept)
    if file is not None:
        path = pull.adopt(known, file, folder, unverified=unverified)
    else:
        path = _fetched(known, folder, unverified)
    _tell_result(known, path)
    return 0


def _tell_terms(model: KnownModel) -> None:
    """What is about to be fetched, from where, and under which terms."""
    size = quantities.size(model.size) if model.size else "size not stated"
    print(f"{model.name}: {model.architecture}, {size}")
    print(f"  from     {model.address}")
    print(f"  licence  {model.terms}" + (f" ({model.licence_in})" if model.licence_in else ""))
    if model.note:
        print(f"  note     {model.note}")


def _agree(model: KnownModel, accepted: bool) -> None:
    """Raise UsageError unless the user agrees to terms that bind more than a notice does."""
    if accepted or not model.must_accept:
        return
    kind = "is not for commercial use" if model.non_commercial else "has no stated licence"
    if sys.stdin.isatty() and typer.confirm(f"{model.name} {kind}. Do you accept that?"):
        return
    todo = "Add --accept-licence if you may use it under these terms."
    raise UsageError(f"{model.name} {kind}.", model.terms, todo)


def _fetched(model: KnownModel, folder: Path, unverified: bool) -> Path:
    """The model fetched, with a bar where there is a terminal."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

    from restore.models import pull

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, disable=not sys.stdout.isatty()) as bar:
        task = bar.add_task(model.name, total=model.size)

        def tell(done: int, whole: int | None) -> None:
            bar.update(task, completed=done, total=whole)

        return pull.fetch(model, folder, tell, unverified=unverified)


def _tell_result(model: KnownModel, path: Path) -> None:
    """Where it lies, what proves it, and how it is used."""
    from restore.store import digest_file

    proof = "SHA-256 as published" if model.sha256 else f"not verified, {digest_file(path)}"
    print(f"{path} ({proof})")
    use = {
        "itself": f"Use it with --model {model.name}",
        "zoo": f"Use it with --model {model.name} (pip install 'restore-film[zoo]' first)",
        "no": "restore has no network for it yet: it is kept for other programs",
    }
    print(use[model.runs])


def _task(card: Card) -> str:
    return f"{card.task} x{card.scale}" if card.task == "upscale" else card.task


def _known_task(model: KnownModel) -> str:
    task = model.task.partition(" (")[0]
    return f"{task} x{model.scale}" if task == "upscale" and model.scale else task


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


def _known_facts(model: KnownModel, pulled: bool) -> dict[str, object]:
    """A published model as plain values."""
    return {
        "name": model.name,
        "task": model.task,
        "scale": model.scale,
        "architecture": model.architecture,
        "licence": model.terms,
        "sha256": model.sha256,
        "bytes": model.size,
        "address": model.address,
        "runs": model.runs,
        "state": "pulled" if pulled else "known",
    }


def _lines(card: Card) -> list[int] | None:
    """The picture heights that the model was made for, if anybody wrote them down."""
    return [card.range.least_lines, card.range.greatest_lines] if card.range else None
