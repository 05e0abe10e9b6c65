"""A colors file: the colors that a person chose for the shots of a film, as `restore variants` writes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import BaseModel

from restore.recipe.shot_override import SELECTORS
from restore.treatments.option import COLOR, Option

COLORS = "colors"
"""The key of a recipe that names a colors file; it is replaced by the file's `[[shot]]` tables."""

REFERENCE = "reference"
"""The option whose values are names of files; they count from the folder of the file that they are in."""

CHOICES = ("variant", REFERENCE, "saturation", "warmth", "colorize", "recolor")
"""The options of a shot that a colors file can set."""

_NONE, _SEED = "none", "seed"
"""Keys of a colors file only: a shot that is not colored, and another name of `variant`."""

Mistake = tuple[tuple[int, str], str]
"""The number of a table, its key, and what is wrong."""


class _Colors(BaseModel):
    colors: Annotated[
        str | None,
        Option(
            "Color as chosen in this file, which `restore variants` writes.",
            COLOR,
            "FILE.toml",
            more="Implies `--colorize` ([choosing colors](variants.md)).",
        ),
    ] = None


COLORS_FIELD = _Colors.model_fields[COLORS]
"""How the key is presented to users."""


@dataclass(frozen=True)
class ColorsFile:
    """The `[[shot]]` tables of a colors file that choose something, as those of a recipe, and its mistakes.

    `numbers` are the numbers of these tables in the file, from 0.
    """

    tables: list[object]
    numbers: list[int]
    mistakes: list[Mistake]


def colors_file(values: Mapping[str, object], folder: Path) -> ColorsFile:
    """The content of a colors file in `folder`; keys that are no choices of colors are mistakes."""
    tables, numbers, mistakes = list[object](), list[int](), list[Mistake]()
    for key in values:
        if key != "shot":
            mistakes.append(((-1, key), "a colors file has only [[shot]] tables"))
    shots = values.get("shot", [])
    if not isinstance(shots, Sequence) or isinstance(shots, str | bytes):
        return ColorsFile([], [], [*mistakes, ((-1, "shot"), "write one [[shot]] table for each")])
    for number, table in enumerate(cast(Sequence[object], shots)):
        if not isinstance(table, Mapping):
            tables.append(table)
            numbers.append(number)
            continue
        own = dict(cast(Mapping[str, Any], table))
        mistakes += [((number, key), text) for key, text in _wrong(own)]
        known = (*SELECTORS, *CHOICES, _NONE, _SEED)
        own = located(_translated({k: v for k, v in own.items() if k in known}), folder)
        if set(own) - set(SELECTORS):  # others keep the default colors
            tables.append(own)
            numbers.append(number)
    return ColorsFile(tables, numbers, mistakes)


def located(values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The values with names of references that count from `folder`."""
    names = values.get(REFERENCE)
    if isinstance(names, str):
        return {**values, REFERENCE: str((folder / names).absolute())}
    if isinstance(names, list | tuple):
        every = [
            str((folder / name).absolute()) if isinstance(name, str) else name
            for name in cast(Sequence[object], names)
        ]
        return {**values, REFERENCE: every}
    return dict(values)


def _wrong(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Mistakes that a recipe's tables cannot have."""
    known = (*SELECTORS, *CHOICES, _NONE, _SEED)
    for key in table:
        if key not in known:
            yield key, f"not a choice of colors: {', '.join((*CHOICES[:4], _NONE))}"
    if _SEED in table and "variant" in table:
        yield _SEED, "another name of variant: give one of the two"
    if REFERENCE in table and (_SEED in table or "variant" in table):
        yield REFERENCE, "cannot be combined with variant: give one of the two"
    if not isinstance(table.get(_NONE, False), bool):
        yield _NONE, f"must be true or false (not {table[_NONE]!r})"
    if table.get(_NONE) is True and (others := [key for key in CHOICES if key in table]):
        yield _NONE, f"cannot be combined with {others[0]}"


def _translated(table: dict[str, Any]) -> dict[str, Any]:
    """The table with the keys of recipes."""
    none = table.pop(_NONE, False)
    if _SEED in table:
        seed = table.pop(_SEED)
        table.setdefault("variant", seed)
    return table | ({"colorize": False} if none is True else {})


def missing_references(values: object) -> list[str]:
    """The names of references that are no files."""
    found = cast(Mapping[str, Any], values).get(REFERENCE) if isinstance(values, Mapping) else None
    names = [found] if isinstance(found, str) else found
    every = cast(Sequence[object], names if isinstance(names, list | tuple) else [])
    return [name for name in every if isinstance(name, str) and not Path(name).is_file()]
