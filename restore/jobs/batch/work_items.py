"""What is to be done with each film, and what of it is done: recipes, their digests, stamps of files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from restore.errors import UsageError
from restore.jobs.batch.listing import Film
from restore.jobs.batch.sequences import of_pictures
from restore.jobs.batch.state import Book, Entry, stamp_of
from restore.jobs.record_files import record_path
from restore.recipe import Recipe, load_recipe
from restore.store import digest_bytes

if TYPE_CHECKING:
    from restore.models import Card

STEADY = "damaged"
"""The failure that trying again cannot mend as long as the source is the same."""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A film with all that makes its result: `wish` is a digest of it, `words` the options for its run.

    `networks` says whether any may be at work: they take most of the time there is.
    """

    film: Film
    wish: str
    words: tuple[str, ...]
    networks: bool


def make_tasks(
    films: Sequence[Film],
    recipe: Path | None,
    overrides: Mapping[str, object],
    switches: Mapping[str, object],
) -> list[WorkItem]:
    """One task for each film: its own recipe or the batch's, the command line's options on top.

    Raises UsageError for recipes with mistakes and models that are not there, all of them together.
    """
    kinds: dict[Path | None, _Kind] = {}
    mistakes: list[UsageError] = []
    for file in dict.fromkeys(film.recipe or recipe for film in films):
        try:
            kinds[file] = _kind(file, overrides, switches)
        except UsageError as error:
            mistakes.append(error)
    if mistakes:
        what = " ".join(dict.fromkeys(mistake.what for mistake in mistakes))
        where = "; ".join(dict.fromkeys(mistake.where for mistake in mistakes))
        raise UsageError(what, where, mistakes[0].what_to_do)
    return [_task(film, kinds[film.recipe or recipe]) for film in films]


@dataclass(frozen=True, slots=True)
class _Kind:
    """What films of one recipe have in common; `rateless` are the words for those with their own rate."""

    wish: str
    networks: bool
    words: tuple[str, ...]
    rateless: tuple[str, ...]


def _kind(
    file: Path | None, overrides: Mapping[str, object], switches: Mapping[str, object]
) -> _Kind:
    """The wish and the words of a recipe's file (or none) with the command line's options on top."""
    wanted = load_recipe(file, overrides)
    named = ["--recipe", str(file.absolute())] if file else []
    words = rateless = [*named, *_words(overrides)]
    if wanted.rate is not None:  # no word takes back what a file says: all of it becomes words
        values = wanted.model_dump(mode="json", exclude_defaults=True, exclude={"rate"})
        rateless = _words(values)
    others = _words(switches)
    wish = wish_of(wanted, bool(switches.get("allow_damaged")))
    return _Kind(wish, bool(_networks(wanted)), (*words, *others), (*rateless, *others))


def _task(film: Film, kind: _Kind) -> WorkItem:
    """The film's task; a rate holds for numbered pictures, and film files have their own."""
    words = kind.words if of_pictures(film.path) else kind.rateless
    return WorkItem(film, kind.wish, words, kind.networks)


def _words(values: Mapping[str, object]) -> list[str]:
    """Options as they stand on a command line, once for each of several values; False and None are none."""
    words: list[str] = []
    for key, value in values.items():
        name = f"--{key.replace('_', '-')}"
        each = value if isinstance(value, tuple) else (value,)
        given = [one for one in each if one is not None and one is not False]
        words += [name if one is True else f"{name}={one}" for one in given]
    return words


def wish_of(recipe: Recipe, allow_damaged: bool) -> str:
    """A digest of all that makes a result but the source: recipe, weights, the code of the frames.

    It holds the weights of every model that the recipe may need for one film or another.
    """
    from restore.plan import FRAME_CODE

    weights = [_card(name).sha256 for name in _networks(recipe)]
    parts = [recipe.model_dump(mode="json"), weights, FRAME_CODE, allow_damaged]
    return digest_bytes(json.dumps(parts).encode())[:16]


def _networks(recipe: Recipe) -> list[str]:
    """The names of the models that the recipe may need for one film or another."""
    from restore.plan import models_possible

    return list(models_possible(recipe))


@cache
def _card(name: str) -> Card:
    from restore import models

    return models.find(name)


def set_out(book: Book, tasks: Sequence[WorkItem], out: Path, *, verify: bool) -> dict[str, Entry]:
    """The entry of every task as a run finds it: settled ones as they are, all others waiting.

    A film is done if nothing changed since: wish, source and result have the digest and the stamps in
    the book. With `verify` nothing is believed, and each film's own run compares hashes.
    """
    return {
        task.film.name: _found(book.films.get(task.film.name), task, out, verify=verify)
        for task in tasks
    }


def _found(old: Entry | None, task: WorkItem, out: Path, *, verify: bool) -> Entry:
    film, source = task.film, stamp_of(task.film.path)
    same = old is not None and old.source == source and source is not None
    fresh = Entry(str(film.path), "waiting", target=film.target, wish=task.wish, source=source)
    if old is None or not same:
        return fresh
    if old.state == "running" or (not verify and old.wish == task.wish and _stands(old, out)):
        return old
    return replace(fresh, work=old.work, frames=old.frames)


def _stands(entry: Entry, out: Path) -> bool:
    """Whether a film needs no more: its result is there as the run left it, with its record."""
    if entry.state not in ("done", STEADY) or entry.result is None:
        return False
    result = out / entry.result
    return stamp_of(result) == entry.stamp and record_path(result).exists()
