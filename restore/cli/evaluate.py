"""`restore evaluate`: compare models and baselines on aged clips whose original is known."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from restore.cli import options
from restore.cli.recipe_options import NOTHING, Given, RecipeOptions

if TYPE_CHECKING:
    from restore.evaluation.compare_models import Evaluation
    from restore.evaluation.comparison import AgeingKind, Progress
    from restore.evaluation.tables import Table

_ANY_WIDTH = 1000
"""Columns: more than any table needs."""


class EvaluateTask(StrEnum):
    """What is evaluated."""

    upscale = "upscale"
    colorize = "colorize"
    pixcolor = "pixcolor"
    prsr = "prsr"


class AgeingChoice(StrEnum):
    """Which ageing is used."""

    own = "own"
    ffmpeg = "ffmpeg"
    both = "both"


Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="MODEL",
        help="Names, folders or checkpoint files (default: all that ship).",
        show_default=False,
    ),
]
Data = Annotated[
    Path,
    typer.Option(metavar="FOLDER", help="Clips and images that no model was trained on."),
]
TaskOption = Annotated[
    EvaluateTask, typer.Option(help="Task whose models are evaluated if no model is named.")
]
Scale = Annotated[int | None, typer.Option(metavar="N", help="Only upscalers of this scale.")]
AgeingOption = Annotated[
    AgeingChoice,
    typer.Option(
        help="Age with our own code, with ffmpeg's filters (independent of it), or with both."
    ),
]
Ageings = Annotated[
    int,
    typer.Option(
        metavar="N", min=1, help="Number of times each clip is aged, each time differently."
    ),
]
Frames = Annotated[
    int, typer.Option(metavar="N", min=2, help="Number of frames of each clip that are evaluated.")
]
Stills = Annotated[
    bool,
    typer.Option(
        "--stills", metavar=options.FLAG, help="Upscale the images of bench/ as static shots."
    ),
]
Photos = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Use only N photographs, evenly spaced."),
]
Readouts = Annotated[
    bool,
    typer.Option(
        "--readouts",
        metavar=options.FLAG,
        help="Compare readouts of a color model (on photographs).",
    ),
]
RecipeOption = Annotated[
    Path | None,
    typer.Option(
        "--recipe", metavar="FILE.toml", help="Evaluate whole runs with this recipe as well."
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FOLDER", help="Write table.md, figures.json and sheet.png here."
    ),
]

Machine = Annotated[Given, RecipeOptions(("device", "precision"))]


def command(
    models: Names = None,
    data: Data = Path("data"),
    task: TaskOption = EvaluateTask.upscale,
    scale: Scale = None,
    ageing: AgeingOption = AgeingChoice.both,
    ageings: Ageings = 1,
    frames: Frames = 8,
    stills: Stills = False,
    photos: Photos = None,
    readouts: Readouts = False,
    recipe: RecipeOption = None,
    output: Output = None,
    machine: Machine = NOTHING,
    as_json: options.Json = False,
    verbose: options.Verbose = 0,
) -> int:
    """Compare models and baselines on aged films whose original is known.

    Clean clips are aged, restored, and compared with the original. docs/evaluate.md explains the figures.
    """
    from restore.evaluation.compare_models import EvaluationRequest, evaluate
    from restore.evaluation.result_files import as_record, write

    both: tuple[AgeingKind, ...] = ("own", "ffmpeg")
    request = EvaluationRequest(
        data=data,
        names=models or (),
        task=task.value,
        scale=scale,
        kinds=both if ageing is AgeingChoice.both else (ageing.value,),
        ageings=ageings,
        frames=frames,
        stills=stills,
        photos=photos,
        readouts=readouts,
        recipe=recipe,
        output=output,
        device=machine.get("device"),
        precision=machine.get("precision"),
    )
    with _progress() as progress:
        found = evaluate(request, progress)
    record = as_record(found.results, found.facts)
    try:
        if as_json:
            print(json.dumps(record))
        else:
            _print(found)
    finally:  # if stdout is closed the files are still written, and the other way round
        if output is not None:
            write(found.results, record, output)
    return 0


def _print(found: Evaluation) -> None:
    print_tables([table for result in found.results for table in result.tables])
    facts = found.facts
    where = f"{facts['device']} ({facts['precision']})"
    print(f"{facts['seconds']:.0f} s on {where}; the figures are explained in docs/evaluate.md")


def print_tables(tables: Sequence[Table]) -> None:
    """Tables on standard output, as wide as their figures need."""
    from rich.console import Console
    from rich.measure import Measurement

    console = Console(highlight=False)
    shown = [_shown(table) for table in tables]
    free = console.options.update(max_width=_ANY_WIDTH)
    # figures are not cut off: a narrow terminal wraps the lines instead
    wanted = [Measurement.get(console, free, table).maximum for table in shown]
    console.width = max([console.width, *wanted])
    for table in shown:
        console.print(table)


def _shown(table: Table) -> Any:
    """The table as rich draws it."""
    from rich import table as rich_table
    from rich.markup import escape

    from restore.evaluation.tables import cell_texts

    title = escape(table.title)
    shown = rich_table.Table(title=title, box=None, header_style="bold", title_justify="left")
    for column in table.columns:
        shown.add_column(column.title, justify="right" if column.form else "left", no_wrap=True)
    for row in table.rows:
        shown.add_row(*map(escape, cell_texts(table, row)))
    return shown


@contextmanager
def _progress() -> Generator[Progress]:
    """A line on stderr with what is being done; it disappears at the end."""
    from rich.console import Console

    with Console(stderr=True).status("reading") as status:
        yield lambda text: status.update(text)
