"""`restore evaluate`: models and baselines on aged clips with known truth: a table, JSON, a sheet."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from restore.cli import options
from restore.errors import UsageError

if TYPE_CHECKING:
    from restore.evaluation.judging import Kind, Tell, Verdict
    from restore.evaluation.tables import Table
    from restore.evaluation.upscalers import Upscaler
    from restore.models import Card
    from restore.treatments.treatment import Engine

PUBLISHED = "weights/realesr-general-x4v3*.pth"
"""Where in the data folder the published upscaler lies that ours are compared with."""

FIGURES = "figures.json"
"""The file with every single score."""

_NUMBERED = re.compile(r"sheet-([2-9]|[1-9][0-9]+)\.png")
"""The second sheet and those after it."""

_ANY_WIDTH = 1000
"""Columns: more than any table needs."""


class EvaluateTask(StrEnum):
    """What is judged."""

    upscale = "upscale"
    colorize = "colorize"


class AgeingKind(StrEnum):
    """Whose ageing the films went through."""

    own = "own"
    ffmpeg = "ffmpeg"
    both = "both"


Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="MODEL",
        help="Names, folders or checkpoint files (default: the newest that ship).",
        show_default=False,
    ),
]
Data = Annotated[
    Path,
    typer.Option(metavar="FOLDER", help="Clips and pictures that no model was trained on."),
]
TaskOption = Annotated[EvaluateTask, typer.Option(help="What is judged when no model is named.")]
Scale = Annotated[int | None, typer.Option(metavar="N", help="Only upscalers of this scale.")]
AgeingOption = Annotated[
    AgeingKind,
    typer.Option(help="Who ages: our own code, ffmpeg's filters (independent of it), or both."),
]
Ageings = Annotated[int, typer.Option(metavar="N", min=1, help="How often a clip is aged anew.")]
Frames = Annotated[int, typer.Option(metavar="N", min=2, help="Frames of a clip that are judged.")]
Stills = Annotated[
    bool,
    typer.Option(
        "--stills", metavar=options.FLAG, help="Upscale data/bench as shots that stand still."
    ),
]
Photos = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=1, help="Judge color on so many photographs only, evenly spread."
    ),
]
Readouts = Annotated[
    bool,
    typer.Option(
        "--readouts",
        metavar=options.FLAG,
        help="Show what other readouts of a color model would give (on photographs).",
    ),
]
RecipeOption = Annotated[
    Path | None,
    typer.Option(
        "--recipe", metavar="FILE.toml", help="Judge whole runs with this recipe as well."
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FOLDER", help="Write table.md, figures.json and sheet.png here."
    ),
]


def command(
    context: typer.Context,
    models: Names = None,
    data: Data = Path("data"),
    task: TaskOption = EvaluateTask.upscale,
    scale: Scale = None,
    ageing: AgeingOption = AgeingKind.both,
    ageings: Ageings = 1,
    frames: Frames = 8,
    stills: Stills = False,
    photos: Photos = None,
    readouts: Readouts = False,
    recipe: RecipeOption = None,
    output: Output = None,
    device: options.Device = None,
    precision: options.Precision = None,
    as_json: options.Json = False,
    verbose: options.Verbose = 0,
) -> int:
    """Judge models against a known truth, beside what a user would otherwise take.

    Clean clips are aged, restored and compared. Baselines stand in the same table; docs/evaluate.md
    says what each figure means.
    """
    from restore.evaluation import colorists, judging
    from restore.jobs.prepare import check_writable
    from restore.store import make_folder

    began = time.monotonic()
    engine = _engine(context)
    cards = [] if recipe and not models else chosen(models or [], task.value, scale, data)
    kinds: tuple[Kind, ...] = ("own", "ffmpeg") if ageing is AgeingKind.both else (ageing.value,)
    if readouts and (others := [name for name, card in cards if card.task != "colorize"]):
        todo = "Name a color model, for instance: restore evaluate color --readouts"
        raise UsageError("Only color models have readouts.", ", ".join(others), todo)
    if output is not None:
        # a place that cannot be written to is named before hours of judging, not after them
        check_writable(make_folder(output) / FIGURES)
    with _telling() as tell:
        if readouts:
            verdicts = [
                judging.judge_readouts(name, data, photos, engine, tell) for name, _ in cards
            ]
        else:
            sizes = bool(recipe) or any(card.task == "upscale" for _, card in cards)
            files = _files(data, stills) if sizes else ()
            bench = judging.Benchmark(files, stills, kinds, ageings, frames)
            bench.check()
            if any(card.task == "colorize" for _, card in cards):
                judging.check_colors(data)
            called = titles(cards, recipe)
            luma = _upscalers(cards, called, recipe, engine)
            color = [
                colorists.model(name, engine, title=title)
                for (name, card), title in zip(cards, called, strict=False)
                if card.task == "colorize"
            ]
            verdicts = [judging.judge_upscalers(bench, group, tell) for group in by_scale(luma)]
            if color:
                verdicts.append(judging.judge_colorists(data, kinds, color, photos, tell))
    facts = {
        "data": str(data),
        "ageing": kinds,
        "ageings": ageings,
        "frames": frames,
        "device": engine.device,
        "precision": engine.precision,
        "seconds": round(time.monotonic() - began, 1),
    }
    record = as_record(verdicts, facts)
    try:
        if as_json:
            print(json.dumps(record))
        else:
            _print(verdicts, facts)
    finally:  # neither a pipe that is closed nor a disk that is full takes the figures from the other
        if output is not None:
            write(verdicts, record, output)
    return 0


def chosen(
    names: Sequence[str], task: str, scale: int | None, data: Path
) -> list[tuple[str, Card]]:
    """The models to judge with their cards: those named or all that ship, with the published one.

    UsageError where nothing is left to judge.
    """
    from restore import models

    if names:
        found = {card.place.resolve(): (name, card) for name, card in map(_found, names)}
        cards = list(found.values())
    else:
        newest = {card.name: card for card in models.shelf() if card.task == task}
        cards = [(card.full_name, card) for card in newest.values()]
    cards = [(n, c) for n, c in cards if c.task != "upscale" or scale in (None, c.scale)]
    if not cards:
        raise UsageError("No model is left to judge.", f"--scale {scale}", "Name other models.")
    known = {card.place.resolve() for _, card in cards}
    if any(card.task == "upscale" and card.scale == 4 for _, card in cards):
        published = [path for path in sorted(data.glob(PUBLISHED)) if path.resolve() not in known]
        cards = [(str(path), models.find(str(path))) for path in published] + cards
    return cards


def _found(name: str) -> tuple[str, Card]:
    from restore import models

    return name, models.find(name)


def titles(cards: Sequence[tuple[str, Card]], recipe: Path | None = None) -> list[str]:
    """What the models, and the recipe after them, are called in the tables.

    With their place where two bear the same name, or one that of a baseline.
    """
    from restore.evaluation import colorists, upscalers

    named = [(card.full_name, card.place) for _, card in cards]
    if recipe is not None:
        named.append((recipe.name, recipe))
    names = [*upscalers.BASELINES, *colorists.BASELINES, *(name for name, _ in named)]
    return [f"{name} ({place})" if names.count(name) > 1 else name for name, place in named]


def _engine(context: typer.Context) -> Engine:
    from restore.recipe import load_recipe
    from restore.run.engine import resolve_engine
    from restore.treatments.treatment import Engine

    given = {key: context.params[key] for key in ("device", "precision") if context.params[key]}
    return Engine(*resolve_engine(load_recipe(None, given)))


def _files(data: Path, stills: bool) -> tuple[Path, ...]:
    from restore.evaluation.aged_shots import clip_files, still_files

    files = still_files(data) if stills else clip_files(data)
    if not files:
        kind = "pictures in bench/" if stills else "clips"
        todo = "Name a folder with clean color films with --data."
        raise UsageError(f"There are no {kind} to judge by.", str(data), todo)
    return tuple(files)


def _upscalers(
    cards: Sequence[tuple[str, Card]], called: Sequence[str], recipe: Path | None, engine: Engine
) -> list[Upscaler]:
    """The luma models, and the recipe if there is one; `called` are their `titles`."""
    from restore.evaluation import upscalers
    from restore.evaluation.recipes import recipe_upscaler
    from restore.recipe import load_recipe

    found = [
        upscalers.model(name, engine, title)
        for (name, card), title in zip(cards, called, strict=False)
        if card.task == "upscale"
    ]
    if recipe is not None:
        found.append(recipe_upscaler(called[-1], load_recipe(recipe, {})))
    return found


def by_scale(upscalers: Sequence[Upscaler]) -> Generator[list[Upscaler]]:
    """Those of one scale together, the baselines before them."""
    from restore.evaluation.upscalers import lanczos, nlmeans

    for scale in sorted({upscaler.scale for upscaler in upscalers}):
        same = [upscaler for upscaler in upscalers if upscaler.scale == scale]
        yield [lanczos(scale), nlmeans(scale), *same]


def as_record(verdicts: Sequence[Verdict], facts: dict[str, Any]) -> dict[str, Any]:
    """All figures as plain values: the tables' rows, and every single score."""
    tables = [
        {"title": table.title, "rows": [dict(row) for row in table.rows]}
        for verdict in verdicts
        for table in verdict.tables
    ]
    scores = [score for verdict in verdicts for score in verdict.scores]
    return {**facts, "tables": _finite(tables), "scores": _finite(scores)}


def _finite(value: Any) -> Any:
    """The same with null where a number is not finite (the untouched film against itself): JSON has none."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write(verdicts: Sequence[Verdict], record: dict[str, Any], folder: Path) -> None:
    """table.md, figures.json and a sheet for every verdict that has one; more sheets than that go."""
    import cv2

    from restore.evaluation.tables import markdown
    from restore.store import write_atomic

    tables = [table for verdict in verdicts for table in verdict.tables]
    text = "\n\n".join("\n".join(markdown(table)) for table in tables)
    write_atomic(folder / "table.md", f"{text}\n".encode())
    write_atomic(folder / FIGURES, json.dumps(record, indent=1).encode())
    sheets = [verdict.sheet for verdict in verdicts if verdict.sheet is not None]
    for number, sheet in enumerate(sheets, start=1):
        _, data = cv2.imencode(".png", sheet[..., ::-1])
        name = "sheet.png" if number == 1 else f"sheet-{number}.png"
        write_atomic(folder / name, data.tobytes())
    _remove_sheets(folder, len(sheets))


def _remove_sheets(folder: Path, kept: int) -> None:
    """Take away what an earlier run left: numbered sheets beyond the `kept` first ones belong to no table."""
    from restore.store import writing_failed

    for path in folder.glob("sheet-*.png"):
        told = _NUMBERED.fullmatch(path.name)
        if told is not None and int(told[1]) > kept and path.is_file():
            try:
                path.unlink()
            except OSError as error:
                raise writing_failed(path, error) from error


def _print(verdicts: Sequence[Verdict], facts: dict[str, Any]) -> None:
    print_tables([table for verdict in verdicts for table in verdict.tables])
    where = f"{facts['device']} ({facts['precision']})"
    print(f"{facts['seconds']:.0f} s on {where}; what the figures mean: docs/evaluate.md")


def print_tables(tables: Sequence[Table]) -> None:
    """Tables on standard output, as wide as their figures need."""
    from rich.console import Console
    from rich.measure import Measurement

    console = Console(highlight=False)
    shown = [_shown(table) for table in tables]
    free = console.options.update(max_width=_ANY_WIDTH)
    # a figure that is cut is no figure: a narrow terminal wraps the lines instead
    wanted = [Measurement.get(console, free, table).maximum for table in shown]
    console.width = max([console.width, *wanted])
    for table in shown:
        console.print(table)


def _shown(table: Table) -> Any:
    """The table for people."""
    from rich import table as rich_table
    from rich.markup import escape

    from restore.evaluation.tables import written

    title = escape(table.title)
    shown = rich_table.Table(title=title, box=None, header_style="bold", title_justify="left")
    for column in table.columns:
        shown.add_column(column.title, justify="right" if column.form else "left", no_wrap=True)
    for row in table.rows:
        shown.add_row(*map(escape, written(table, row)))
    return shown


@contextmanager
def _telling() -> Generator[Tell]:
    """A line on stderr that says what is judged now; gone when all is done."""
    from rich.console import Console

    with Console(stderr=True).status("reading") as status:
        yield lambda word: status.update(word)
