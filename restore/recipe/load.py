"""A recipe from a TOML file and a command line; all mistakes of both are reported at once."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from restore.errors import UsageError
from restore.media.codecs import CODECS, Family
from restore.media.ffmpeg.hardware import FAMILIES, HARDWARE
from restore.recipe.colors_file import (
    COLORS,
    REFERENCE,
    ColorsFile,
    colors_file,
    located,
    missing_references,
)
from restore.recipe.film_kinds import KIND, KINDS, of_kind
from restore.recipe.recipe_model import Recipe, recipe_fields
from restore.recipe.shot_override import (
    SELECTORS,
    ShotOverride,
    checked_options,
    naming_mistake,
    shot_options,
)
from restore.store import reading_failed
from restore.treatments import catalog
from restore.treatments.option import option_of

ModelT = TypeVar("ModelT", bound=BaseModel)

Key = str | tuple[int, str]
"""A key of a recipe; those of a `[[shot]]` table with its number from 0 (an empty key: the whole table)."""

Place = Callable[[Key], str]
"""Where a key is set: `--crf`, `line 3, crf`, `line 7, [[shot]] clean`."""


def load_recipe(
    path: Path | None, overrides: Mapping[str, object], *, keywords: bool = False
) -> Recipe:
    """The recipe in a TOML file (or none) with the command line's values on top.

    An option on the command line replaces the file's options that set the same property (`--to` the
    file's `upscale`). Raises UsageError with all mistakes at once, each with its place;
    `keywords` if the overrides are keyword arguments of a Python program instead.
    """
    from_file, lines = _read(path) if path else ({}, {})
    from_file = _with_places(from_file, path.parent) if path else from_file
    overrides = {key.removesuffix("_") if keywords else key: v for key, v in overrides.items()}
    known = {*recipe_fields(), "shot"}
    overriding = {k: value for k, value in overrides.items() if value is not None or k not in known}
    replaced = {other for key in overriding for other in excluded_options(key)}
    merged = {k: v for k, v in from_file.items() if k not in replaced} | overriding
    merged, own, chosen, wrong = _with_colors(merged)

    def place(key: Key) -> str:
        if chosen is not None and isinstance(key, tuple) and key[0] >= own:
            return chosen.place((chosen.found.numbers[key[0] - own], key[1]))
        name = key if isinstance(key, str) else f"[[shot]] {key[1]}".strip()
        if key in overriding and not keywords:
            return "--" + name.replace("_", "-")
        line = lines.get(key, lines.get("shot") if isinstance(key, tuple) else None)
        return name if key in overriding or line is None else f"line {line}, {name}"

    recipe, mistakes = checked(merged, place)
    mistakes += [f"{place(COLORS)}: {text}" for text in wrong]
    mistakes += chosen.mistakes if chosen is not None else []
    mistakes += [f"{place(key)}: there is no file {name}" for key, name in _missing(merged)]
    if mistakes:
        count = "is a mistake" if len(mistakes) == 1 else f"are {len(mistakes)} mistakes"
        source = f" in {path}" if path else ""
        todo = "restore --help lists every option; the keys of a recipe have the same names."
        if keywords:
            todo = "docs/python.md describes the options."
        raise UsageError(
            f"There {count}{source}.", "; ".join(mistakes), todo, code="invalid-recipe"
        )
    return recipe


@dataclass(frozen=True)
class _Chosen:
    """A colors file that was read: its path, the lines of its keys, its own mistakes with their places."""

    path: Path
    lines: Mapping[Key, int]
    found: ColorsFile

    def place(self, key: tuple[int, str]) -> str:
        """Where a key of one of its tables is set."""
        inside = key[0] >= 0
        line = self.lines.get(key if inside else key[1], self.lines.get("shot") if inside else None)
        name = f"[[shot]] {key[1]}".strip() if key[0] >= 0 else key[1]
        return (
            f"{self.path.name}, {name}" if line is None else f"{self.path.name} line {line}, {name}"
        )

    @property
    def mistakes(self) -> list[str]:
        """The mistakes that only a colors file can have."""
        return [f"{self.place(key)}: {text}" for key, text in self.found.mistakes]


def _with_colors(
    values: Mapping[str, object],
) -> tuple[dict[str, object], int, _Chosen | None, list[str]]:
    """The values with the tables of a colors file instead of its name.

    Also the number of their own tables, the file, and why it cannot be read.
    """
    merged = dict(values)
    name = merged.pop(COLORS, None)
    if name is None:
        return merged, 0, None, []
    if not isinstance(name, str):
        return merged, 0, None, [f"the name of a file is needed (not {name!r})"]
    path = Path(name)
    try:
        read, lines = _read(path)
    except UsageError as error:
        return merged, 0, None, [error.where]
    found = colors_file(read, path.parent)
    tables = merged.get("shot")
    own = list(cast(Sequence[object], tables)) if isinstance(tables, list | tuple) else []
    merged["shot"] = [*own, *found.tables]
    if "colorize" not in merged and not merged.get("recolor"):
        merged["colorize"] = True
    return merged, len(own), _Chosen(path, lines, found), []


def _missing(values: Mapping[str, object]) -> Iterator[tuple[Key, str]]:
    """The references of a recipe and of its tables that are no files."""
    tables = values.get("shot")
    every = cast(Sequence[object], tables if isinstance(tables, list | tuple) else [])
    for name in missing_references(values):
        yield REFERENCE, name
    for number, table in enumerate(every):
        for name in missing_references(table):
            yield (number, REFERENCE), name


def _with_places(values: dict[str, object], folder: Path) -> dict[str, object]:
    """The values of a recipe file; the names of files in it count from its folder."""
    found = located(values, folder)
    for key in (COLORS, "color_bible"):
        if isinstance(name := found.get(key), str):
            found[key] = str(folder / name)
    if isinstance(shots := found.get("shot"), list):
        found["shot"] = [
            located(cast(Mapping[str, Any], each), folder) if isinstance(each, Mapping) else each
            for each in cast(list[object], shots)
        ]
    return found


def checked(values: Mapping[str, object], place: Place) -> tuple[Recipe, list[str]]:
    """The recipe of these values and all their mistakes; wrong values are left out of it."""
    options = {key: value for key, value in values.items() if key not in ("shot", KIND)}
    kind = values.get(KIND)
    usual = {} if kind is None else of_kind(kind)
    options = {**_without_excluded(usual or {}, options), **options}
    shots, mistakes = _checked_shots(values.get("shot", []), place)
    if usual is None:
        mistakes.append(f"{place(KIND)}: a kind is {', '.join(KINDS)} (not {kind!r})")
    good, unknown = _known(options, recipe_fields())
    mistakes += [f"{place(key)}: {text}" for key, text in unknown]
    recipe, wrong = _validated(Recipe, good | {"shot": shots})
    mistakes += [f"{place(key)}: {text}" for key, text in wrong]
    conflicts = [*_exclusive(options), *_conflicts(recipe)]
    return recipe, mistakes + [f"{place(key)}: {text}" for key, text in conflicts]


def _without_excluded(
    usual: Mapping[str, object], options: Mapping[str, object]
) -> dict[str, object]:
    """A kind's options without those that the given ones replace."""
    replaced = {other for key in options for other in excluded_options(key)}
    return {key: value for key, value in usual.items() if key not in replaced}


def _known(
    values: Mapping[str, object], fields: Collection[str]
) -> tuple[dict[str, object], list[tuple[str, str]]]:
    """The values of known keys, and the mistakes of the others."""
    unknown: list[tuple[str, str]] = []
    for key in sorted(values.keys() - set(fields)):
        near = difflib.get_close_matches(key, fields, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        unknown.append((key, f"unknown key{hint}"))
    return {key: value for key, value in values.items() if key in fields}, unknown


def _validated(
    kind: type[ModelT], values: Mapping[str, object]
) -> tuple[ModelT, list[tuple[str, str]]]:
    """A value of these fields without the wrong ones, and what is wrong with them."""
    good, wrong = dict(values), list[tuple[str, str]]()
    while True:
        try:
            return kind.model_validate(good), wrong
        except ValidationError as error:  # of the options of one treatment at a time
            for item in error.errors():
                key = next(str(part) for part in item["loc"] if part in good)
                wrong.append((key, _explained(item)))
                del good[key]


def _checked_shots(tables: object, place: Place) -> tuple[list[ShotOverride], list[str]]:
    """The `[[shot]]` tables without mistakes, and the mistakes of the others."""
    if not isinstance(tables, Sequence) or isinstance(tables, str | bytes):
        return [], [f"{place('shot')}: write one [[shot]] table for each"]
    good: list[ShotOverride] = []
    mistakes: list[str] = []
    for number, table in enumerate(cast(Sequence[object], tables)):
        found, wrong = _checked_shot(table)
        mistakes += [f"{place((number, key))}: {text}" for key, text in wrong]
        good += [found] if found is not None else []
    return good, mistakes


def _checked_shot(table: object) -> tuple[ShotOverride | None, list[tuple[str, str]]]:
    """One table as a value, or its mistakes by key (an empty key: the table as a whole)."""
    if not isinstance(table, Mapping):
        return None, [("", f"not a table ({table!r})")]
    values = cast(Mapping[str, object], table)
    known, wrong = _known(values, [*SELECTORS, *shot_options()])
    whole = "cannot differ between shots of a film"
    wrong = [(key, whole if key in recipe_fields() else text) for key, text in wrong]
    good: dict[str, Any] = {}
    for key, value in known.items():
        try:
            if key in SELECTORS:
                good[key] = SELECTORS[key].validate_python(value)
            else:
                good |= checked_options({key: value})
        except ValidationError as error:
            wrong.append((key, _explained(error.errors()[0])))
    if not SELECTORS.keys() & {key for key, _ in wrong}:
        text = naming_mistake(*(good.get(key) for key in SELECTORS))
        wrong += [("", text)] if text else []
    if wrong:
        return None, wrong
    try:
        return ShotOverride.model_validate(known), []
    except ValidationError as error:
        return None, [("", str(error.errors()[0]["msg"]).removeprefix("Value error, "))]


def excluded_options(key: str) -> tuple[str, ...]:
    """The options that set the same as this one in another way."""
    field = recipe_fields().get(key)
    option = option_of(field) if field is not None else None
    return option.excludes if option else ()


def _read(path: Path) -> tuple[dict[str, object], dict[Key, int]]:
    """A TOML file's values, and the line of each key."""
    try:
        text = path.read_text(encoding="utf-8")
        values: dict[str, object] = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        where = f"{path}: {reading_failed(error)}"
        raise UsageError("The recipe cannot be read.", where, code="recipe-unreadable") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        where = f"{path}: {error}"
        raise UsageError("The recipe is not valid TOML.", where, code="invalid-recipe") from error
    return values, _lines(text)


def _lines(text: str) -> dict[Key, int]:
    """The line of each key of a TOML document: of the document itself, and of its `[[shot]]` tables."""
    lines: dict[Key, int] = {}
    shot = -1
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r'\s*(\[\[?)\s*"?([\w-]+)"?\s*\]', line):
            inside = header[1] == "[[" and header[2] == "shot"
            shot += inside
            lines.setdefault((shot, "") if inside else header[2], number)
            lines.setdefault(header[2], number)
        elif key := re.match(r'\s*"?([A-Za-z_][\w-]*)"?\s*=', line):
            lines.setdefault((shot, key[1]) if inside else key[1], number)
    return lines


def _explained(item: ErrorDetails) -> str:
    """One of pydantic's errors as a sentence."""
    text = str(item["msg"]).removeprefix("Value error, ")
    return f"{text[0].lower()}{text[1:]} (not {item['input']!r})"


def _exclusive(values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Options that set the same property and are both given."""
    present = [key for key, value in values.items() if value is not None]
    seen: set[str] = set()
    for key in sorted(present):
        seen.add(key)
        for other in excluded_options(key):
            if other in present and other not in seen:
                yield key, f"cannot be combined with {other}: give one of the two"


def _conflicts(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Mistakes in combinations of options."""
    for name, treatment in catalog.TREATMENTS.items():
        yield from treatment.conflicts([options[name] for options in recipe.variants])
    yield from _coding_conflicts(recipe)
    if recipe.end is not None and recipe.end <= (recipe.start or 0):
        yield "end", "must come after start"


def _coding_conflicts(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Mistakes in the combination of codec, depth, encoder, quality and preset."""
    codec, encoder = CODECS[recipe.codec], recipe.encoder
    if recipe.depth is not None and recipe.depth not in codec.depths:
        known = ", ".join(str(own) for own in codec.depths)
        yield "depth", f"{codec.name} supports {known} bits, not {recipe.depth}"
    family: Family | None = next((f for f in FAMILIES if str(encoder).endswith(f)), None)
    named = HARDWARE.get(str(encoder), (family, codec.name))[1]
    if family is not None and (family not in codec.hardware or named != codec.name):
        yield "encoder", f"{encoder} does not support {codec.name}"
    if recipe.crf is not None and codec.crf_max is None:
        yield "crf", f"has no meaning for {codec.name}"
    elif recipe.crf is not None and not 0 <= recipe.crf <= (codec.crf_max or 0):
        yield "crf", f"must be between 0 and {codec.crf_max} for {codec.name}"
    coder: str = codec.name if family is None else family
    presets = codec.presets if family is None else FAMILIES[family].presets
    if recipe.preset is not None and recipe.preset not in presets:
        known = ", ".join(presets) or "none"
        yield "preset", f"{recipe.preset} is not a preset of {coder}: {known}"
