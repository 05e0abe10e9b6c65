"""The options, the recipe and the documentation name the same things."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from restore.cli import batch, bench, preview, run, variants
from restore.cli.option_tables import PAGES, renewed
from restore.cli.recipe_options import (
    NOTHING,
    Asked,
    Given,
    RecipeOptions,
    with_recipe_options,
)
from restore.recipe import recipe_fields
from restore.treatments.option import PANELS, option_of

Command = Callable[..., int]


@pytest.mark.parametrize(
    "command", [run.command, batch.command, preview.command, bench.command, variants.command]
)
def test_commands_that_restore_have_all_options_of_the_recipe(command: Command) -> None:
    """What a recipe can say, their command lines can say, under the same names."""
    parameters = inspect.signature(with_recipe_options(command)).parameters
    named = {name.removesuffix("_") for name in parameters}  # `for` is a keyword of Python
    assert set(recipe_fields()) <= named


def test_every_field_of_the_recipe_has_its_help() -> None:
    """A sentence, a panel, and something that stands for its value unless it is a switch."""
    for name, field in recipe_fields().items():
        option = option_of(field)
        assert option is not None
        assert option.help.endswith("."), name
        assert option.panel in PANELS, name
        assert bool(option.metavar) != (field.annotation is bool), name


def _called(command: Command, *words: str) -> None:
    """Call a command of the tool with these words."""
    app = typer.Typer()
    app.command()(with_recipe_options(command))
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output


def test_a_command_gets_what_was_given_as_it_was_typed() -> None:
    """Words stay words, switches are true, and what was not given is left out."""
    got: list[Given] = []

    def command(
        film: str, asked: Asked = NOTHING, other: Annotated[int, typer.Option()] = 1
    ) -> int:
        """A command."""
        got.append(asked)
        assert (film, other) == ("film.mp4", 2)
        return 0

    words = ("--upscale", "3", "--colorize", "--color-model", "mine")
    _called(command, "film.mp4", *words, "--other", "2")
    assert got == [{"upscale": "3", "colorize": True, "color_model": "mine"}]


def test_a_command_can_have_some_options_of_the_recipe() -> None:
    """Those that it names."""
    got: list[Given] = []

    def command(asked: Annotated[Given, RecipeOptions(("device",))] = NOTHING) -> int:
        """A command."""
        got.append(asked)
        return 0

    assert list(inspect.signature(with_recipe_options(command)).parameters) == ["device"]
    _called(command, "--device", "cpu")
    assert got == [{"device": "cpu"}]


@pytest.mark.parametrize("page", sorted(set(PAGES.values())))
def test_the_tables_of_options_are_current(page: str, root: Path) -> None:
    """docs/ says what the options say."""
    current = (root / page).read_text(encoding="utf-8") == renewed(page, root)
    assert current, f"run python -m restore.cli.option_tables: the options of {page} have changed"


def test_exit_codes_are_documented(root: Path) -> None:
    """README and the run's page list every exit code that errors.py knows."""
    from restore import errors

    codes = {
        thing.exit_code
        for thing in vars(errors).values()
        if isinstance(thing, type) and issubclass(thing, errors.RestoreError)
    }
    for page in (root / "README.md", root / "docs" / "run.md"):
        text = page.read_text(encoding="utf-8")
        missing = [code for code in codes if f"| {code} |" not in text]
        assert missing == [], page


def test_ci_runs_the_command_of_the_readme(root: Path) -> None:
    """The README's two lines stand at its top, and CI runs the second one as it is written."""
    lines = (root / "README.md").read_text(encoding="utf-8").splitlines()[:16]
    tests = "pip install '.[test]' && pytest"
    assert "    pip install . && restore examples/reel.mp4 --colorize --upscale 4" in lines
    assert f"    {tests}" in lines
    assert tests in (root / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_kinds_of_losses_are_the_same_everywhere(root: Path) -> None:
    """The program, the completion of --allow-loss, its help and docs/audit.md have the same kinds."""
    from restore.cli import options
    from restore.media.container.losses import KINDS

    assert sorted(options.LOSSES) == sorted(KINDS)
    page = (root / "docs" / "audit.md").read_text(encoding="utf-8")
    table = page.partition("| kind | examples |")[2].partition("\n\n")[0]
    listed = [
        kind
        for row in table.splitlines()[2:]
        for kind in row.split(" | ")[0].strip("| ").split(", ")
    ]
    assert sorted(kind.strip("`") for kind in listed) == sorted(KINDS)
    help_text = table_of_run(root)
    assert all(kind in help_text for kind in KINDS)


def table_of_run(root: Path) -> str:
    """The row of --allow-loss in docs/run.md."""
    lines = (root / "docs" / "run.md").read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith("| `--allow-loss"))
