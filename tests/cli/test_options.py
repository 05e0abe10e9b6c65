"""The options, the recipe and the documentation name the same things."""

from __future__ import annotations

import inspect
from pathlib import Path

from restore.cli import options, run
from restore.recipe import recipe_fields


def test_every_field_of_the_recipe_is_an_option() -> None:
    """What a recipe can say, the command line can say, under the same name."""
    assert set(options.RECIPE_OPTIONS) == set(recipe_fields())
    assert set(options.RECIPE_OPTIONS) <= set(inspect.signature(run.command).parameters)


def test_every_option_is_documented(root: Path) -> None:
    """The run's page names every option of the run."""
    page = (root / "docs" / "run.md").read_text(encoding="utf-8")
    names = set(inspect.signature(run.command).parameters)
    names -= {"context", "films", "as_json", "verbose", "quiet", "version"}
    missing = [name for name in names if f"--{name.replace('_', '-')}" not in page]
    assert missing == []


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
