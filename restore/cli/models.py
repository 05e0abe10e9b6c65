"""`restore models`: list models, show a card, pull a published model."""

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
    from restore.models import KnownModel

commands = typer.Typer(
    help="List the models, show one, or pull a published one.", no_args_is_help=True
)

RUNS = {"itself": "", "zoo": "extra zoo", "no": "not supported"}
"""The list's remark about published models, by whether restore can use them."""


@commands.command("list")
def list_models(as_json: options.Json = False) -> int:
    """List the models that ship with this version, and published ones that can be pulled."""
    from rich.console import Console
    from rich.table import Table

    from restore import models
    from restore.models.model_facts import card_facts, published_facts, task_label

    cards, known, folder = models.shelf(), models.known_models(), models.pulled_folder()
    pulled = {model.name for model in known if model.is_pulled(folder)}
    if as_json:
        shipped = [{**card_facts(card), "state": "shipped"} for card in cards]
        published = [published_facts(one, one.name in pulled) for one in known]
        print(json.dumps(shipped + published))
        return 0
    table = Table(box=None, header_style="bold")
    for column in ("Model", "Task", "Frames", "Made for", "Licence"):
        table.add_column(column)
    for card in cards:
        lines = card.range
        made_for = f"{lines.min_lines}-{lines.max_lines} lines" if lines else ""
        table.add_row(card.full_name, task_label(card), str(card.frames), made_for, card.licence)
    Console(highlight=False).print(table)
    others = Table(box=None, header_style="bold")
    for column in ("Published model", "Task", "Size", "Licence", ""):
        others.add_column(column, no_wrap=True)
    for one in known:
        state = "pulled" if one.name in pulled else RUNS[one.runs]
        size, terms = quantities.size(one.size) if one.size else "", one.licence or "not stated"
        others.add_row(one.name, task_label(one), size, terms, state)
    print()
    Console(highlight=False).print(others)
    print("\nrestore models pull NAME downloads one; --model NAME uses it.")
    return 0


@commands.command("show")
def show_model(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A model's name, folder or checkpoint.")
    ],
    as_json: options.Json = False,
) -> int:
    """Show a model's card, and verify the hash of its weights."""
    from rich.console import Console
    from rich.markdown import Markdown

    from restore import models
    from restore.models.model_facts import card_facts, published_facts

    known = models.known_model(name)
    if known is not None and not known.path(models.pulled_folder()).is_file():
        facts, page = published_facts(known, pulled=False), None
    else:
        card = models.find(name)
        models.verify(card)
        facts, page = card_facts(card), None if card.file else card.folder / "CARD.md"
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
        typer.Option("--from", metavar="FILE", help="Use this file, downloaded by other means."),
    ] = None,
    accept: Annotated[
        bool,
        typer.Option(
            "--accept-licence",
            help="Accept a licence with restrictions.",
            metavar=options.FLAG,
        ),
    ] = False,
    unverified: Annotated[
        bool,
        typer.Option(
            "--unverified",
            help="Accept a file whose hash is not known.",
            metavar=options.FLAG,
        ),
    ] = False,
) -> int:
    """Download a published model, verify it, and store it for `--model NAME`."""
    from restore import models
    from restore.models import pull

    known = models.known_model(name)
    if known is None:
        todo = "restore models list shows the published models."
        what = "Unknown published model."
        raise UsageError(what, name, todo, code="model-unknown")
    folder = models.pulled_folder()
    _print_terms(known)
    if pull.is_there(known, folder):
        print(f"It already exists: {known.path(folder)}")
        return 0
    _accept_terms(known, accept)
    if file is not None:
        path = pull.adopt(known, file, folder, unverified=unverified)
    else:
        path = _fetched(known, folder, unverified)
    _print_result(known, path)
    return 0


def _print_terms(model: KnownModel) -> None:
    """Print what will be downloaded, from where, and under which terms."""
    size = quantities.size(model.size) if model.size else "size not stated"
    print(f"{model.name}: {model.architecture}, {size}")
    print(f"  from     {model.address}")
    print(f"  licence  {model.terms}" + (f" ({model.licence_in})" if model.licence_in else ""))
    if model.note:
        print(f"  note     {model.note}")


def _accept_terms(model: KnownModel, accepted: bool) -> None:
    """Raise UsageError unless terms that need it are accepted, by option or by answering."""
    if accepted or not model.must_accept:
        return
    kind = "is not for commercial use" if model.non_commercial else "has no stated licence"
    if sys.stdin.isatty() and typer.confirm(f"{model.name} {kind}. Do you accept that?"):
        return
    todo = "Add --accept-licence if you may use it under these terms."
    raise UsageError(f"{model.name} {kind}.", model.terms, todo, code="licence-not-accepted")


def _fetched(model: KnownModel, folder: Path, unverified: bool) -> Path:
    """Download the model, with a progress bar on a terminal."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

    from restore.models import pull

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, disable=not sys.stdout.isatty()) as bar:
        task = bar.add_task(model.name, total=model.size)

        def progress(done: int, size: int | None) -> None:
            bar.update(task, completed=done, total=size)

        return pull.fetch(model, folder, progress, unverified=unverified)


def _print_result(model: KnownModel, path: Path) -> None:
    """Print the path, how it was verified, and how it is used."""
    from restore.store import digest_file

    digest = "SHA-256 as published" if model.sha256 else f"not verified, {digest_file(path)}"
    print(f"{path} ({digest})")
    use = {
        "itself": f"Use it with --model {model.name}",
        "zoo": f"Use it with --model {model.name} (pip install 'restore-film[zoo]' first)",
        "no": "restore does not support this network yet",
    }
    print(use[model.runs])
