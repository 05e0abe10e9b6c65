"""Models and baselines compared on one benchmark, from their names to the verdicts."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from restore import models
from restore.errors import UsageError
from restore.evaluation import colorists, judging, upscalers
from restore.evaluation.aged_shots import clip_files, still_files
from restore.evaluation.judging import Kind, Tell, Verdict
from restore.evaluation.recipes import recipe_upscaler
from restore.evaluation.result_files import FIGURES
from restore.evaluation.upscalers import Upscaler
from restore.jobs.prepare import check_writable
from restore.models import Card
from restore.recipe import load_recipe
from restore.run.engine import precision_notes, resolve_engine
from restore.store import make_folder
from restore.treatments.treatment import Engine

PUBLISHED = "weights/realesr-general-x4v3*.pth"
"""Where in the data folder the published upscaler is that ours are compared with."""


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """What is judged, and on what.

    `names` are models (none: the newest that ship for `task`); `recipe` is judged as a whole run as well.
    `data` holds the clips and pictures; with `stills` the pictures in data/bench are upscaled instead of
    clips. `kinds` of ageing, `ageings` of each, `frames` of a clip and `photos` (None: all) photographs are
    judged. `readouts` shows other readouts of a color model instead. `output` is the folder for the files.
    """

    data: Path
    names: Sequence[str] = ()
    task: str = "upscale"
    scale: int | None = None
    kinds: tuple[Kind, ...] = ("own", "ffmpeg")
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
    """The verdicts, and the facts of the evaluation as plain values."""

    verdicts: tuple[Verdict, ...]
    facts: dict[str, Any]


def evaluate(request: EvaluationRequest, tell: Tell) -> Evaluation:
    """Judge models, a recipe and the baselines; `tell` hears what is being judged.

    Every mistake is found before anything is judged: UsageError for models and options, SourceError for
    clips and pictures that cannot be judged, OutputError for a folder that cannot be written to.
    """
    began = time.monotonic()
    given = {"device": request.device, "precision": request.precision}
    engine = Engine(*resolve_engine(load_recipe(None, given)))
    for line in precision_notes(engine.device, engine.precision):
        tell(line)
    names, data = request.names, request.data
    only_recipe = request.recipe is not None and not names
    cards = [] if only_recipe else chosen(names, request.task, request.scale, data)
    if request.readouts and (others := [n for n, card in cards if card.task != "colorize"]):
        todo = "Name a color model, for instance: restore evaluate color --readouts"
        raise UsageError(
            "Only color models have readouts.", ", ".join(others), todo, code="model-task"
        )
    if request.output is not None:
        # a folder that cannot be written to is named before hours of judging, not after them
        check_writable(make_folder(request.output) / FIGURES)
    if request.readouts:
        verdicts = [
            judging.judge_readouts(name, data, request.photos, engine, tell) for name, _ in cards
        ]
    else:
        verdicts = _judged(request, cards, engine, tell)
    facts = {
        "data": str(data),
        "ageing": request.kinds,
        "ageings": request.ageings,
        "frames": request.frames,
        "device": engine.device,
        "precision": engine.precision,
        "seconds": round(time.monotonic() - began, 1),
    }
    return Evaluation(tuple(verdicts), facts)


def _judged(
    request: EvaluationRequest, cards: Sequence[tuple[str, Card]], engine: Engine, tell: Tell
) -> list[Verdict]:
    """The verdicts on upscalers (a verdict for each scale), then on color models."""
    sizes = request.recipe is not None or any(card.task == "upscale" for _, card in cards)
    files = _files(request.data, request.stills) if sizes else ()
    bench = judging.Benchmark(files, request.stills, request.kinds, request.ageings, request.frames)
    bench.check()
    colors = any(card.task == "colorize" for _, card in cards)
    if colors:
        judging.check_colors(request.data)
    called = titles(cards, request.recipe)
    luma = _upscalers(cards, called, request.recipe, engine)
    color = [
        colorists.model(name, engine, title=title)
        for (name, card), title in zip(cards, called, strict=False)
        if card.task == "colorize"
    ]
    verdicts = [judging.judge_upscalers(bench, group, tell) for group in by_scale(luma)]
    if colors:
        found = judging.judge_colorists(request.data, request.kinds, color, request.photos, tell)
        verdicts.append(found)
    return verdicts


def chosen(
    names: Sequence[str], task: str, scale: int | None, data: Path
) -> list[tuple[str, Card]]:
    """The models to judge with their cards: those named or all that ship, with the published one.

    Raises UsageError where nothing is left to judge.
    """
    if names:
        found = {card.place.resolve(): (name, card) for name, card in map(_found, names)}
        cards = list(found.values())
    else:
        newest = {card.name: card for card in models.shelf() if card.task == task}
        cards = [(card.full_name, card) for card in newest.values()]
    cards = [(n, c) for n, c in cards if c.task != "upscale" or scale in (None, c.scale)]
    if not cards:
        where = f"--scale {scale}"
        raise UsageError(
            "No model is left to judge.", where, "Name other models.", code="nothing-to-judge"
        )
    known = {card.place.resolve() for _, card in cards}
    if any(card.task == "upscale" and card.scale == 4 for _, card in cards):
        published = [path for path in sorted(data.glob(PUBLISHED)) if path.resolve() not in known]
        cards = [(str(path), models.find(str(path))) for path in published] + cards
    return cards


def _found(name: str) -> tuple[str, Card]:
    return name, models.find(name)


def titles(cards: Sequence[tuple[str, Card]], recipe: Path | None = None) -> list[str]:
    """What the models, and the recipe after them, are called in the tables.

    With their folder where two have the same name, or one has that of a baseline.
    """
    named = [(card.full_name, card.place) for _, card in cards]
    if recipe is not None:
        named.append((recipe.name, recipe))
    names = [*upscalers.BASELINES, *colorists.BASELINES, *(name for name, _ in named)]
    return [f"{name} ({place})" if names.count(name) > 1 else name for name, place in named]


def _files(data: Path, stills: bool) -> tuple[Path, ...]:
    files = still_files(data) if stills else clip_files(data)
    if not files:
        kind = "pictures in bench/" if stills else "clips"
        todo = "Name a folder with clean color films with --data."
        raise UsageError(f"There are no {kind} to judge by.", str(data), todo, code="no-benchmark")
    return tuple(files)


def _upscalers(
    cards: Sequence[tuple[str, Card]], called: Sequence[str], recipe: Path | None, engine: Engine
) -> list[Upscaler]:
    """The luma models, and the recipe if there is one; `called` are their `titles`."""
    found = [
        upscalers.model(name, engine, title)
        for (name, card), title in zip(cards, called, strict=False)
        if card.task == "upscale"
    ]
    if recipe is not None:
        found.append(recipe_upscaler(called[-1], load_recipe(recipe, {})))
    return found


def by_scale(found: Sequence[Upscaler]) -> Generator[list[Upscaler]]:
    """Those of one scale together, the baselines before them."""
    for scale in sorted({upscaler.scale for upscaler in found}):
        same = [upscaler for upscaler in found if upscaler.scale == scale]
        yield [upscalers.lanczos(scale), upscalers.nlmeans(scale), *same]
