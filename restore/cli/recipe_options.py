"""The recipe's options on command lines: made from the recipe's fields, the same for every command.

A command asks for them with one parameter, `asked: Asked`, and gets what was given as a mapping. Values are
kept as they were typed, so that all mistakes of a command line and its recipe file are found together, in one
place (`restore.recipe.load_recipe`).
"""

from __future__ import annotations

import functools
import inspect
import keyword
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, get_args, get_type_hints

import typer

from restore.cli.options import FLAG, choices
from restore.treatments.option import PANELS, Option, option_of


@dataclass(frozen=True)
class RecipeOptions:
    """Marks a parameter that stands for options of the recipe: those named, or all."""

    names: tuple[str, ...] = ()


Given = Mapping[str, Any]
"""The options of the recipe on the command line, by the names of its fields."""

Asked = Annotated[Given, RecipeOptions()]
"""The same of every field."""

NOTHING: Given = MappingProxyType({})
"""The default of such a parameter, so that it can be in any position."""


def with_recipe_options(command: Callable[..., int]) -> Callable[..., int]:
    """The command for typer: with the recipe's options instead of the marked parameter."""
    hints = get_type_hints(command, include_extras=True)
    own = inspect.signature(command).parameters
    marked = {name: mark for name in own if (mark := _mark(hints[name])) is not None}
    if not marked:
        return command
    made: dict[str, dict[str, inspect.Parameter]] = {n: _made(m) for n, m in marked.items()}
    parameters: list[inspect.Parameter] = []
    for name, parameter in own.items():
        plain = parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        parameters += made[name].values() if name in made else [plain]
    parameters.sort(key=_place)

    @functools.wraps(command)
    def called(**arguments: Any) -> int:
        for name, options in made.items():
            given = {key.removesuffix("_"): arguments.pop(key) for key in options}
            arguments[name] = {key: value for key, value in given.items() if value is not None}
        return command(**arguments)

    called.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportAttributeAccessIssue]
    called.__annotations__ = {each.name: each.annotation for each in parameters}
    return called


def _mark(hint: Any) -> RecipeOptions | None:
    return next((each for each in get_args(hint) if isinstance(each, RecipeOptions)), None)


def _made(mark: RecipeOptions) -> dict[str, inspect.Parameter]:
    """A parameter for each field of the recipe; what is not given is None.

    A parameter cannot have the name of a Python keyword (`for`): a line is added to it.
    """
    from restore.recipe import recipe_fields

    options = {name: option_of(field) for name, field in recipe_fields().items()}
    wanted = {name: options[name] for name in mark.names or options}
    return {
        own: inspect.Parameter(
            own, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_annotation(name, option)
        )
        for name, option in wanted.items()
        if option is not None
        for own in [f"{name}_" if keyword.iskeyword(name) else name]
    }


def _annotation(name: str, option: Option) -> Any:
    """The parameter for a field: a flag, or an option with a value."""
    flag = f"--{name.replace('_', '-')}"
    if not option.metavar:
        switch = typer.Option(flag, help=option.help, metavar=FLAG, rich_help_panel=option.panel)
        return Annotated[bool | None, switch]
    valued = typer.Option(
        flag,
        metavar=option.metavar,
        help=option.help,
        autocompletion=choices(*option.choices) if option.choices else None,
        rich_help_panel=option.panel,
    )
    return Annotated[str | None, valued]


def _place(parameter: inspect.Parameter) -> int:
    """Where a parameter comes on the help page: films first, then by the order of the panels."""
    panels = (getattr(each, "rich_help_panel", None) for each in get_args(parameter.annotation))
    panel = next((each for each in panels if each is not None), None)
    if parameter.default is inspect.Parameter.empty or panel is None:
        return -1
    return PANELS.index(panel) if panel in PANELS else len(PANELS)
