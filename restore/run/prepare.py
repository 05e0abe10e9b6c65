"""Before the work: the film's facts, its survey, the models, the plan, and the name of the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from restore.errors import OutputError, UsageError
from restore.plan import FRAME_CODE, Plan, make_plan, models_needed
from restore.recipe import Recipe
from restore.run.engine import resolve_engine
from restore.run.frames import Job
from restore.run.record import Request

if TYPE_CHECKING:
    from restore.media.probe import Source
    from restore.models import Card
    from restore.survey.film import Survey


@dataclass(frozen=True)
class Order:
    """One film to restore, and where and how the result is to be put.

    `output` None means FILM.restored.EXT beside the source. `overwrite` allows to replace a file that
    stands under the result's name, `restart` gives up the parts of an earlier run, `allow_damaged`
    gives what could be saved of a damaged source the final name, `keep_work` keeps the work folder.
    """

    film: Path
    recipe: Recipe
    output: Path | None = None
    work_dir: Path | None = None
    overwrite: bool = False
    restart: bool = False
    allow_damaged: bool = False
    keep_work: bool = False


def output_path(order: Order, source: Source) -> Path:
    """The result's final name; raises UsageError where it would be the source itself."""
    from restore.media.containers import container_for

    if order.output is not None:
        output = order.output
    else:
        suffix = container_for(source, order.recipe.codec)
        output = order.film.with_name(f"{order.film.stem}.restored{suffix}")
    if output.exists() and output.samefile(order.film):
        raise UsageError(
            "The result would replace its own source.",
            str(output),
            "Choose another name with -o: the source is never touched.",
        )
    return output


def cards_for(source: Source, recipe: Recipe) -> dict[str, Card]:
    """The cards of the models that the recipe needs, by task; raises UsageError for unknown ones."""
    from restore import models

    return {task: models.find(name) for task, name in models_needed(source, recipe).items()}


def request_for(source: Source, recipe: Recipe, cards: Mapping[str, Card], suffix: str) -> Request:
    """What identifies the job before any frame is decoded; reads the whole source once."""
    from restore.store import digest_file

    return Request(
        source_sha256=digest_file(source.path),
        recipe=recipe.model_dump(mode="json"),
        weights=tuple((card.full_name, card.sha256) for card in cards.values()),
        frame_code=FRAME_CODE,
        suffix=suffix,
    )


def survey_film(
    source: Source, recipe: Recipe, thumbnails: Path, tell: Callable[[int], None]
) -> Survey:
    """Look at the film once, or at the part of it between the recipe's start and end."""
    from restore.survey.survey import survey

    within = None
    if recipe.start is not None or recipe.end is not None:
        start = source.frames.start + (recipe.start or 0)
        end = source.frames.end if recipe.end is None else source.frames.start + recipe.end
        if start >= source.frames.end:
            seconds = float(source.frames.end - source.frames.start)
            raise UsageError(
                "--start lies behind the film's end.", f"The film lasts {seconds:.2f} seconds."
            )
        within = (start, end)
    return survey(source, thumbnails, within=within, tell=tell)


def plan_film(
    source: Source, survey: Survey, recipe: Recipe, cards: Mapping[str, Card], suffix: str
) -> Plan:
    """The film's plan, on the machine that the recipe asks for."""
    return make_plan(source, survey, recipe, cards, resolve_engine(recipe), suffix)


def prepare(order: Order, thumbnails: Path, tell: Callable[[int], None]) -> tuple[Job, Path]:
    """Everything that comes before the work, and the result's name; writes only `thumbnails`."""
    from restore.media.probe import probe

    source = probe(order.film)
    output = output_path(order, source)
    cards = cards_for(source, order.recipe)
    survey = survey_film(source, order.recipe, thumbnails, tell)
    return Job(
        source, survey, plan_film(source, survey, order.recipe, cards, output.suffix)
    ), output


def check_writable(folder: Path) -> None:
    """Raise OutputError unless files can be made in `folder` (tried out: root passes any permission)."""
    import tempfile

    from restore.store import writing_failed

    if not folder.is_dir():
        raise OutputError(
            "The folder for the result does not exist.", str(folder), "Make it first."
        )
    try:
        tempfile.NamedTemporaryFile(dir=folder, prefix=".restore-").close()
    except OSError as error:
        raise writing_failed(folder, error) from error
