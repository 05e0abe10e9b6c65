"""A recipe from a TOML file and a command line; all mistakes of both are reported at once."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from restore.errors import UsageError
from restore.media.codecs import CODECS, Family
from restore.media.ffmpeg.hardware import FAMILIES, HARDWARE
from restore.recipe.recipe_model import Recipe, option_of, recipe_fields
from restore.store import reading_failed
from restore.treatments import catalog

Place = Callable[[str], str]
"""Where a key was given: `--crf`, `line 3, crf`."""


def load_recipe(
    path: Path | None, overrides: Mapping[str, object], *, keywords: bool = False
) -> Recipe:
    """The recipe in a TOML file (or none) with the command line's values on top.

    An option on the command line replaces the file's options that say the same in another way (`--to` the
    file's `upscale`). Raises UsageError naming every mistake at once, each with its place;
    `keywords` if the overrides are keyword arguments of a Python program instead.
    """
    from_file, lines = _read(path) if path else ({}, {})
    given = {key: value for key, value in overrides.items() if value is not None}
    replaced = {other for key in given for other in _excluded(key)}
    merged = {k: v for k, v in from_file.items() if k not in replaced} | given

    def place(key: str) -> str:
        if key in given:
            return key if keywords else "--" + key.replace("_", "-")
        return f"line {lines[key]}, {key}" if key in lines else key

    recipe, mistakes = checked(merged, place)
    if mistakes:
        count = "is a mistake" if len(mistakes) == 1 else f"are {len(mistakes)} mistakes"
        source = f" in {path}" if path else ""
        todo = "restore --help lists every option; the keys of a recipe have the same names."
        if keywords:
            todo = "docs/python.md says where the options are described."
        raise UsageError(
            f"There {count}{source}.", "; ".join(mistakes), todo, code="invalid-recipe"
        )
    return recipe


def checked(values: Mapping[str, object], place: Place) -> tuple[Recipe, list[str]]:
    """The recipe of these values and all their mistakes in words; wrong values are left out of it."""
    good, mistakes = dict(values), list[str]()
    for key in sorted(good.keys() - recipe_fields().keys()):
        near = difflib.get_close_matches(key, recipe_fields(), n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        mistakes.append(f"{place(key)}: unknown key{hint}")
        del good[key]
    while True:
        try:
            recipe = Recipe.model_validate(good)
            break
        except ValidationError as error:  # of the options of one treatment at a time
            for item in error.errors():
                key = next(str(part) for part in item["loc"] if part in good)
                mistakes.append(f"{place(key)}: {_explained(item)}")
                del good[key]
    conflicts = [*_exclusive(values), *_conflicts(recipe)]
    return recipe, mistakes + [f"{place(key)}: {text}" for key, text in conflicts]


def _excluded(key: str) -> tuple[str, ...]:
    """The options that say in another way what this one says."""
    field = recipe_fields().get(key)
    option = option_of(field) if field is not None else None
    return option.excludes if option else ()


def _read(path: Path) -> tuple[dict[str, object], dict[str, int]]:
    """A TOML file's values, and the line of each key."""
    try:
        text = path.read_text(encoding="utf-8")
        values: dict[str, object] = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        where = f"{path}: {reading_failed(error)}"
        raise UsageError("The recipe cannot be read.", where, code="recipe-unreadable") from error
    except tomllib.TOMLDecodeError as error:
        where = f"{path}: {error}"
        raise UsageError("The recipe is not valid TOML.", where, code="invalid-recipe") from error
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if match := re.match(r'\s*\[*\s*"?([A-Za-z_][\w-]*)"?\s*(?:=|\])', line):
            lines.setdefault(match[1], number)
    return values, lines


def _explained(item: ErrorDetails) -> str:
    """One of pydantic's findings in words."""
    text = str(item["msg"]).removeprefix("Value error, ")
    return f"{text[0].lower()}{text[1:]} (not {item['input']!r})"


def _exclusive(values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Options that say the same in different ways, both given."""
    given = [key for key, value in values.items() if value is not None]
    told: set[str] = set()
    for key in sorted(given):
        told.add(key)
        for other in _excluded(key):
            if other in given and other not in told:
                yield key, f"excludes {other}: give one of the two"


def _conflicts(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """What no single value shows: options that have no meaning together."""
    for name, treatment in catalog.TREATMENTS.items():
        yield from treatment.conflicts(recipe.treatments[name])
    yield from _coding_conflicts(recipe)
    if recipe.end is not None and recipe.end <= (recipe.start or 0):
        yield "end", "must come after start"


def _coding_conflicts(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """What does not fit together in codec, depth, encoder, quality and preset."""
    codec, encoder = CODECS[recipe.codec], recipe.encoder
    if recipe.depth is not None and recipe.depth not in codec.depths:
        known = ", ".join(str(own) for own in codec.depths)
        yield "depth", f"{codec.name} is stored with {known} bits, not {recipe.depth}"
    family: Family | None = next((f for f in FAMILIES if str(encoder).endswith(f)), None)
    named = HARDWARE.get(str(encoder), (family, codec.name))[1]
    if family is not None and (family not in codec.hardware or named != codec.name):
        yield "encoder", f"{encoder} makes no {codec.name}"
    if recipe.crf is not None and codec.crf_max is None:
        yield "crf", f"has no meaning for {codec.name}"
    elif recipe.crf is not None and not 0 <= recipe.crf <= (codec.crf_max or 0):
        yield "crf", f"must be between 0 and {codec.crf_max} for {codec.name}"
    coder: str = codec.name if family is None else family
    presets = codec.presets if family is None else FAMILIES[family].presets
    if recipe.preset is not None and recipe.preset not in presets:
        known = ", ".join(presets) or "none"
        yield "preset", f"{recipe.preset} is not a preset of {coder}: {known}"
