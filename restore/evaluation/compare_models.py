"""One evaluation from its request to its results: which models, with which data and baselines."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from restore.errors import UsageError
from restore.evaluation import colorizers, upscalers
from restore.evaluation.aged_shots import clip_files, still_files
from restore.evaluation.compare_drawn import compare_drawn
from restore.evaluation.compare_tiny import compare_tiny
from restore.evaluation.comparison import (
    AgeingKind,
    Benchmark,
    EvaluationResult,
    Progress,
    check_color_data,
    compare_colorizers,
    compare_readouts,
    compare_upscalers,
)
from restore.evaluation.recipe_upscaler import recipe_upscaler
from restore.evaluation.result_files import FIGURES
from restore.evaluation.upscalers import Upscaler
from restore.jobs.prepare import check_writable
from restore.models import Card, find, shelf
from restore.recipe import load_recipe
from restore.run.engine import precision_notes, resolve_engine
from restore.store import make_folder
from restore.treatments.treatment import Engine

PUBLISHED = "weights/realesr-general-x4v3*.pth"
"""The path in the data folder of the published upscaler that models are compared with."""

EVALUATED = ("upscale", "colorize", "pixcolor", "prsr")
"""Tasks whose models are compared here."""

Models = Sequence[tuple[str, Card]]
"""models by the names that find them, with their cards"""


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """What to evaluate, and with which data: the options of `restore evaluate`.

    `names` are models (none: those that ship for `task`); `recipe` is evaluated as a whole run as well.
    `data` contains the clips and images; with `stills` the images in data/bench are upscaled instead of
    clips. Each clip is aged `ageings` times in every kind of `kinds`; `frames` of a clip and `photos`
    photographs (None: all) are evaluated. `readouts` compares readouts of color models instead. `output` is
    the folder for the files.
    """

    data: Path
    names: Sequence[str] = ()
    task: str = "upscale"
    scale: int | None = None
    kinds: tuple[AgeingKind, ...] = ("own", "ffmpeg")
    ageings: int = 1
    frames: int = 8
    stills: bool = False
    photos: int | None = None
    readouts: bool = False
    recipe: Path | None = None
    output: Path | None = None
    device: str | None = None
    precision: str | None = None


@dataclass(frozen=True)
class Evaluation:
    """The results, and what they depend on as plain values."""

    results: tuple[EvaluationResult, ...]
    facts: dict[str, Any]


def evaluate(request: EvaluationRequest, progress: Progress) -> Evaluation:
    """Evaluate models, a recipe and the baselines; `progress` gets what is being done.

    Every mistake is found before anything is evaluated: UsageError for models and options, SourceError for
    clips and images that cannot be used, OutputError for a folder that cannot be written to.
    """
    start = time.monotonic()
    given = {"device": request.device, "precision": request.precision}
    engine = Engine(*resolve_engine(load_recipe(None, given)))
    for note in precision_notes(engine.device, engine.precision):
        progress(note)
    only_recipe = request.recipe is not None and not request.names
    names, data = request.names, request.data
    models = [] if only_recipe else chosen(names, request.task, request.scale, data)
    if request.readouts and (others := [n for n, card in models if card.task != "colorize"]):
        what = "Only color models have readouts."
        todo = "Name a color model, for instance: restore evaluate color --readouts"
        raise UsageError(what, ", ".join(others), todo, code="model-task")
    if request.output is not None:
        check_writable(make_folder(request.output) / FIGURES)
    if request.readouts:
        photos = request.photos
        results = [compare_readouts(n, data, photos, engine, progress) for n, _ in models]
    else:
        results = _comparisons(request, models, engine, progress)
    facts = {
        "data": str(data),
        "ageing": request.kinds,
        "ageings_per_clip": request.ageings,
        "frames_per_clip": request.frames,
        "device": engine.device,
        "precision": engine.precision,
        "seconds": round(time.monotonic() - start, 1),
    }
    return Evaluation(tuple(results), facts)


def _comparisons(
    request: EvaluationRequest, models: Models, engine: Engine, progress: Progress
) -> list[EvaluationResult]:
    """Results: upscalers by scale, color models, each that draws colors, and tiny regions."""
    data = request.data
    upscale = request.recipe is not None or any(card.task == "upscale" for _, card in models)
    files = _files(data, request.stills) if upscale else ()
    benchmark = Benchmark(files, request.stills, request.kinds, request.ageings, request.frames)
    benchmark.check()
    colorize = any(card.task == "colorize" for _, card in models)
    if colorize:
        check_color_data(data)
    labels = titles(models, request.recipe)
    luma = _upscalers(models, labels, request.recipe, engine)
    color = [
        colorizers.model(name, engine, title=label)
        for (name, card), label in zip(models, labels, strict=False)
        if card.task == "colorize"
    ]
    results = [compare_upscalers(benchmark, group, progress) for group in by_scale(luma)]
    if colorize:
        results.append(compare_colorizers(data, request.kinds, color, request.photos, progress))
    results += [
        compare_drawn(card, data, request.kinds, request.photos, engine, progress)
        for _, card in models
        if card.task == "pixcolor"
    ]
    tiny = [
        (label, card)
        for (_, card), label in zip(models, labels, strict=False)
        if card.task == "prsr"
    ]
    if tiny:
        results.append(compare_tiny(tiny, data, request.photos, progress))
    return results


def chosen(
    names: Sequence[str], task: str, scale: int | None, data: Path
) -> list[tuple[str, Card]]:
    """The models to evaluate with their cards: those named, or all that ship for the task.

    With models of scale 4 also the published one, if it is in the data folder. Raises UsageError if no
    model is left.
    """
    if names:
        found = {card.place.resolve(): (n, card) for n, card in ((n, find(n)) for n in names)}
        models = list(found.values())
    else:
        newest = {card.name: card for card in shelf() if card.task == task}
        models = [(card.full_name, card) for card in newest.values()]
    models = [(n, c) for n, c in models if c.task != "upscale" or scale in (None, c.scale)]
    models = [(n, c) for n, c in models if c.task in EVALUATED]
    if not models:
        what, where = "There is no model to evaluate.", f"--scale {scale}"
        todo = "Name other models. benchmarks/deinterlace.py compares those for deinterlacing."
        raise UsageError(what, where, todo, code="no-models")
    known = {card.place.resolve() for _, card in models}
    if any(card.task == "upscale" and card.scale == 4 for _, card in models):
        published = [path for path in sorted(data.glob(PUBLISHED)) if path.resolve() not in known]
        models = [(str(path), find(str(path))) for path in published] + models
    return models


def titles(models: Models, recipe: Path | None = None) -> list[str]:
    """Names in the tables for the models, and for the recipe after them.

    With their path where two have the same name, or one has that of a baseline.
    """
    named = [(card.full_name, card.place) for _, card in models]
    if recipe is not None:
        named.append((recipe.name, recipe))
    names = [*upscalers.BASELINES, *colorizers.BASELINES, *(name for name, _ in named)]
    return [f"{name} ({place})" if names.count(name) > 1 else name for name, place in named]


def _files(data: Path, stills: bool) -> tuple[Path, ...]:
    files = still_files(data) if stills else clip_files(data)
    if not files:
        what = f"There are no {'images in bench/' if stills else 'clips'} for evaluation."
        todo = "Give a folder with clean color films with --data."
        raise UsageError(what, str(data), todo, code="no-evaluation-data")
    return tuple(files)


def _upscalers(
    models: Models, labels: Sequence[str], recipe: Path | None, engine: Engine
) -> list[Upscaler]:
    """The luma models, and the recipe if there is one; `labels` are their `titles`."""
    found = [
        upscalers.model(name, engine, label)
        for (name, card), label in zip(models, labels, strict=False)
        if card.task == "upscale"
    ]
    if recipe is not None:
        found.append(recipe_upscaler(labels[-1], load_recipe(recipe, {})))
    return found


def by_scale(found: Sequence[Upscaler]) -> Iterator[list[Upscaler]]:
    """Upscalers grouped by scale, in each group after the baselines."""
    for scale in sorted({upscaler.scale for upscaler in found}):
        same = [upscaler for upscaler in found if upscaler.scale == scale]
        yield [upscalers.lanczos(scale), upscalers.nlmeans(scale), *same]
