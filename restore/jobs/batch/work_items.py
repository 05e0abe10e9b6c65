"""The work on each film of a batch, and which films are done: recipes, digests, sizes and times of files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from restore.errors import UsageError
from restore.jobs.asked_colors import asked_colors
from restore.jobs.batch.listing import Film
from restore.jobs.batch.sequences import is_image_sequence
from restore.jobs.batch.state import BatchState, Entry, file_stat
from restore.jobs.record_files import record_path
from restore.recipe import Recipe, load_recipe
from restore.store import digest_bytes

if TYPE_CHECKING:
    from restore.models import Card

PERMANENT = "damaged"
"""The failure for which no further attempt is made as long as the source is the same."""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A film, a digest of everything that determines its result, and the command-line options of its run.

    `networks`: a network may run, which takes most of the time.
    """

    film: Film
    job_digest: str
    arguments: tuple[str, ...]
    networks: bool


def make_tasks(
    films: Sequence[Film],
    recipe: Path | None,
    overrides: Mapping[str, object],
    switches: Mapping[str, object],
) -> list[WorkItem]:
    """One item for each film: its own recipe or the batch's, with the command line's options on top.

    Raises one UsageError for all mistakes in recipes and all models that do not exist.
    """
    groups: dict[Path | None, _Group] = {}
    mistakes: list[UsageError] = []
    for file in dict.fromkeys(film.recipe or recipe for film in films):
        try:
            groups[file] = _group(file, overrides, switches)
        except UsageError as error:
            mistakes.append(error)
    if mistakes:
        what = " ".join(dict.fromkeys(mistake.what for mistake in mistakes))
        where = "; ".join(dict.fromkeys(mistake.where for mistake in mistakes))
        first = mistakes[0]
        raise UsageError(what, where, first.what_to_do, code=first.code)
    return [_task(film, groups[film.recipe or recipe]) for film in films]


@dataclass(frozen=True, slots=True)
class _Group:
    """Data that films with one recipe share; `rateless` are the options for those with their own rate."""

    job_digest: str
    networks: bool
    arguments: tuple[str, ...]
    rateless: tuple[str, ...]


def _group(
    file: Path | None, overrides: Mapping[str, object], switches: Mapping[str, object]
) -> _Group:
    """The digest and the options of a recipe's file (or none) with the command line's options on top."""
    whole = load_recipe(file, overrides)
    named = ["--recipe", str(file.absolute())] if file else []
    arguments = rateless = [*named, *_arguments(overrides)]
    if whole.rate is not None:
        rateless = [*named, *_arguments({**overrides, "rate": "auto"})]
    others = _arguments(switches)
    job_digest = job_digest_of(whole, bool(switches.get("allow_damaged")))
    return _Group(job_digest, bool(_networks(whole)), (*arguments, *others), (*rateless, *others))


def _task(film: Film, group: _Group) -> WorkItem:
    """The film's item; a rate is for image sequences, film files have their own."""
    arguments = group.arguments if is_image_sequence(film.path) else group.rateless
    return WorkItem(film, group.job_digest, arguments, group.networks)


def _arguments(values: Mapping[str, object]) -> list[str]:
    """Options as on a command line, once for each of several values; False and None are left out."""
    arguments: list[str] = []
    for key, value in values.items():
        name = f"--{key.replace('_', '-')}"
        each = value if isinstance(value, tuple) else (value,)
        present = [one for one in each if one is not None and one is not False]
        arguments += [name if one is True else f"{name}={one}" for one in present]
    return arguments


def job_digest_of(recipe: Recipe, allow_damaged: bool) -> str:
    """A digest of what determines a result except its source: recipe, weights, version of the frame code.

    It includes the weights of every model that the recipe may need for any film, and the images that colors
    are taken from. Raises UsageError for those that are missing.
    """
    from restore.plan import FRAME_CODE

    weights = [_card(name).sha256 for name in _networks(recipe)]
    weights += _chosen_colors(recipe)
    parts = [recipe.model_dump(mode="json"), weights, FRAME_CODE, allow_damaged]
    return digest_bytes(json.dumps(parts).encode())[:16]


def _chosen_colors(recipe: Recipe) -> list[str]:
    """The hashes of models and images that determine chosen colors, if there are any."""
    if not any(one.choice or one.color_bible for one in asked_colors(recipe)):
        return []
    from restore.jobs.color_choices import check_colors, reference_digests

    images = (sha256 for _, sha256 in reference_digests(recipe))
    return [*(card.sha256 for card in check_colors(recipe)), *images]


def _networks(recipe: Recipe) -> list[str]:
    """The names of the models that the recipe may need for any film."""
    from restore.plan import models_possible

    return list(models_possible(recipe))


@cache
def _card(name: str) -> Card:
    from restore import models

    return models.find(name)


def entries_of(
    current: BatchState, tasks: Sequence[WorkItem], out: Path, *, verify: bool
) -> dict[str, Entry]:
    """The entry of every film at the start of a run: finished ones unchanged, all others waiting.

    A film is done if nothing has changed: its job has the digest in the state file, its source and its result
    have the sizes and times there. With `verify` each film's own run compares hashes instead.
    """
    return {
        task.film.name: _found(current.films.get(task.film.name), task, out, verify=verify)
        for task in tasks
    }


def _found(old: Entry | None, task: WorkItem, out: Path, *, verify: bool) -> Entry:
    film, source = task.film, file_stat(task.film.path)
    same = old is not None and old.source == source and source is not None
    fresh = Entry(
        str(film.path), "waiting", target=film.target, job_digest=task.job_digest, source=source
    )
    if old is None or not same:
        return fresh
    if old.state == "running" or (
        not verify and old.job_digest == task.job_digest and _is_done(old, out)
    ):
        return old
    return replace(fresh, work=old.work, frames=old.frames)


def _is_done(entry: Entry, out: Path) -> bool:
    """Whether the film is finished: the unchanged result exists, with its record."""
    if entry.state not in ("done", PERMANENT) or entry.result is None:
        return False
    result = out / entry.result
    return file_stat(result) == entry.result_stat and record_path(result).exists()
