"""The tables of options in docs/: `python -m restore.cli.option_tables` makes them from the options."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

from typer.models import OptionInfo

from restore.cli import app, options
from restore.cli.recipe_options import RecipeOptions
from restore.recipe import option_of, recipe_fields
from restore.store import write_atomic
from restore.treatments.option import Option

RECIPE = "recipe"
"""The table of the recipe's options, which all commands share; the others are called as their commands."""

PAGES: dict[str, str] = {
    RECIPE: "docs/run.md",
    "run": "docs/run.md",
    "batch": "docs/batch.md",
    "preview": "docs/preview.md",
    "bench": "docs/bench.md",
}
"""The page that each table is in."""

_BLOCK = r"(<!-- options: {name} -->\n).*?(<!-- end -->)"
"""Where a table is in its page."""


def table(name: str) -> str:
    """A table in Markdown."""
    if name == RECIPE:
        fields = ((key, option_of(field)) for key, field in recipe_fields().items())
        rows = [_recipe_row(key, option) for key, option in fields if option is not None]
    else:
        command = app.COMMANDS[name]
        assert inspect.isfunction(command)
        rows = [_row(key, *found) for key, found in _own_options(command)]
    return "\n".join(["| option | meaning |", "|---|---|", *rows])


def renewed(page: str, root: Path) -> str:
    """The text of a page with its tables as they must be; ValueError where one has no place there."""
    text = (root / page).read_text(encoding="utf-8")
    for name in (each for each, place in PAGES.items() if place == page):
        pattern = re.compile(_BLOCK.format(name=name), re.DOTALL)
        if not pattern.search(text):
            raise ValueError(f"{page} has no place for the options of {name}")
        new = table(name)
        text = pattern.sub(lambda found, new=new: f"{found[1]}{new}\n{found[2]}", text)
    return text


def _recipe_row(key: str, option: Option) -> str:
    name = f"--{key.replace('_', '-')}"
    return _cells(f"{name} {option.metavar}".strip(), f"{option.help} {option.more}")


def _own_options(
    command: Callable[..., int],
) -> Iterator[tuple[str, tuple[OptionInfo, inspect.Parameter, str]]]:
    """The options of a command that are not the recipe's, with what docs say beyond their help."""
    hints = get_type_hints(command, include_extras=True)
    for key, parameter in inspect.signature(command).parameters.items():
        extras = get_args(hints[key])
        info = next((each for each in extras if isinstance(each, OptionInfo)), None)
        if info is None or any(isinstance(each, RecipeOptions) for each in extras):
            continue
        more = next((each.text for each in extras if isinstance(each, options.More)), "")
        yield key, (info, parameter, more)


def _row(key: str, info: OptionInfo, parameter: inspect.Parameter, more: str) -> str:
    first = [info.default] if isinstance(info.default, str) else []
    names = [*first, *(info.param_decls or ())] or [f"--{key.replace('_', '-')}"]
    spelled = sorted((part for name in names for part in name.split("/")), key=len)
    metavar = info.metavar or ""
    words = [f"{name} {metavar}".strip() for name in spelled]
    known = isinstance(parameter.default, int | str) and not isinstance(parameter.default, bool)
    default = f"Default: {parameter.default}." if known and parameter.default else ""
    return _cells(words, f"{info.help} {default} {more}")


def _cells(names: str | list[str], text: str) -> str:
    """One row; a bar inside a cell is written with a backslash."""
    each = [names] if isinstance(names, str) else names
    option = ", ".join(f"`{name}`" for name in each)
    cells: list[Any] = [option, " ".join(text.split())]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main(root: Path) -> None:
    """Renew the tables of all pages."""
    for page in dict.fromkeys(PAGES.values()):
        write_atomic(root / page, renewed(page, root).encode())


if __name__ == "__main__":
    main(Path())
