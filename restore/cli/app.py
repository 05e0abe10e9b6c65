"""The list of commands, and how a command line finds its command.

`restore film.mp4 --colorize` needs no command: if the first argument is not a command, the command is
`run`. A new command is one file in this folder, one line in COMMANDS and a page in docs/.
"""

from __future__ import annotations

import difflib
import functools
import io
import os
import shlex
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import typer

from restore.cli import (
    age,
    audit,
    batch,
    bench,
    enhance,
    evaluate,
    inspect,
    models,
    preview,
    rerun,
    run,
    signals,
    status,
    train,
    variants,
)
from restore.cli.failure import failure_of, show, wants_traceback
from restore.cli.recipe_options import with_recipe_options
from restore.cli.stdio import StandardStream
from restore.errors import Interrupted, UsageError

COMMANDS: Mapping[str, Callable[..., int] | typer.Typer] = MappingProxyType(
    {
        "run": run.command,
        "batch": batch.command,
        "status": status.command,
        "inspect": inspect.command,
        "audit": audit.command,
        "preview": preview.command,
        "variants": variants.command,
        "enhance": enhance.command,
        "models": models.commands,
        "bench": bench.command,
        "evaluate": evaluate.command,
        "train": train.command,
        "age": age.command,
        "rerun": rerun.command,
    }
)
"""Name -> the function behind it (or a group of functions), in the order of the help page."""

HELP = ("--help", "-h")

_SETTINGS = {"help_option_names": list(HELP)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code (see restore/errors.py)."""
    if arguments is None:
        signals.configure_process()
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # file names may contain bytes that are not text
                stream.reconfigure(errors="backslashreplace")
        if sys.stdout is not None:
            sys.stdout = StandardStream(sys.stdout, "standard output")
        if sys.stderr is not None:
            sys.stderr = StandardStream(sys.stderr, "standard error")
    argv = list(sys.argv[1:] if arguments is None else arguments)
    traceback = wants_traceback(argv)
    if not sys.warnoptions and not traceback:
        warnings.simplefilter("ignore")  # warnings of libraries are for programmers
    try:
        code = _called(argv)
        print(end="", flush=True)
        return code
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last boundary before the user
        failure = failure_of(error)
        show(failure, error, with_traceback=traceback)
        return failure.exit_code


def _called(argv: list[str]) -> int:
    """Call the command that the arguments name."""
    if "" in argv:
        raise UsageError(
            "An argument is empty.",
            "restore " + shlex.join(argv),
            "Perhaps a variable of a script is not set.",
            code="invalid-command-line",
        )
    if not argv and not _completing():
        _run_alone()(["--help"], prog_name="restore", standalone_mode=False)
        return 2
    known = names_command(_completing() or argv)
    if argv and not known:
        _refuse_mistyped(argv[0])
    app = _all_commands() if known else _run_alone()
    code = app(argv, prog_name="restore", standalone_mode=False)
    return code if isinstance(code, int) else 0


def names_command(argv: Sequence[str]) -> bool:
    """Whether the first argument is a command (a film of that name is written ./name)."""
    return bool(argv) and argv[0] in COMMANDS


def _refuse_mistyped(first: str) -> None:
    """Raise UsageError if the first argument is not a file but similar to a command: no film is started."""
    if not first.isalpha() or os.path.lexists(first):
        return  # an option, a film's name with a suffix or a folder, or a film that exists
    if near := difflib.get_close_matches(first, COMMANDS, n=1):
        todo = f"Did you mean the command `restore {near[0]}`?"
        what = "There is no such file, and no such command."
        raise UsageError(what, first, todo, code="invalid-command-line")


def _completing() -> list[str]:
    """The arguments that a shell asks to complete, if it does.

    An unfinished first argument may become a command or a film: the commands are offered, and the shell
    adds its files.
    """
    if "_RESTORE_COMPLETE" not in os.environ:
        return []
    line = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS", "")
    argv = line.split()[1:]
    first_is_open = len(argv) <= 1 and not line.endswith(" ")
    if first_is_open and not "".join(argv).startswith("-"):
        return list(COMMANDS)
    return argv or ["run"]


def _run_alone() -> typer.Typer:
    """The command line without a command's name: films and options of `run`."""
    app = typer.Typer(rich_markup_mode="markdown", context_settings=_SETTINGS)
    others = "  ".join(name for name in COMMANDS if name != "run")
    epilog = f"Other commands: {others}   (each has its own --help)"
    app.command("restore", epilog=epilog)(with_recipe_options(run.command))
    return app


def _all_commands() -> typer.Typer:
    """The command line with its commands."""
    app = typer.Typer(rich_markup_mode="markdown", context_settings=_SETTINGS)
    for name, what in COMMANDS.items():
        if isinstance(what, typer.Typer):
            app.add_typer(what, name=name)
        else:
            app.command(name)(_stoppable(with_recipe_options(what)))
    return app


def _stoppable(command: Callable[..., int]) -> Callable[..., int]:
    """A command that reports when it is stopped: typer alone would exit without a message."""

    @functools.wraps(command)
    def stoppable(*arguments: object, **options: object) -> int:
        try:
            return command(*arguments, **options)
        except KeyboardInterrupt as error:
            todo = "The same command continues where it stopped, or starts again."
            raise Interrupted("Stopped.", "", todo, code="interrupted") from error

    return stoppable
