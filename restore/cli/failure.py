"""Errors for the user: at most three lines on stderr, and an exit code."""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import typer

from restore.errors import RestoreError, UsageError
from restore.jobs.failures import as_restore_error
from restore.report import quantities


def failure_of(error: BaseException) -> RestoreError:
    """Any exception of a command as a RestoreError; see `as_restore_error`."""
    return mistyped(error) if isinstance(error, typer.TyperException) else as_restore_error(error)


def mistyped(error: typer.TyperException) -> UsageError:
    """An error of the option parser as an error of restore."""
    text = " ".join(error.format_message().split())
    if not text:  # the help page was shown
        text = "A command is missing: choose one of these."
    if text.startswith("Missing argument"):
        text = f"The command needs more arguments: {text[0].lower()}{text[1:]}"
    command = getattr(getattr(error, "ctx", None), "command_path", "restore")
    todo = f"{command} --help lists every option."
    option = getattr(error, "option_name", "")
    film = next((word for word in sys.argv[1:] if option and word.startswith(option)), "")
    if Path(film).is_file():
        todo = f"A film of that name is given as ./{film}."
    return UsageError(text, "", todo, code="invalid-command-line")


def show(error: RestoreError, cause: BaseException, *, with_traceback: bool) -> None:
    """Print a failure on stderr, with -vv below its traceback and its code."""
    if with_traceback:
        traceback.print_exception(cause, file=sys.stderr)
        print(f"code: {error.code} (exit code {error.exit_code})", file=sys.stderr)
    lines = [
        quantities.line(" ".join(part.split()))
        for part in (error.what, error.where, error.what_to_do)
        if part
    ]
    with contextlib.suppress(OSError):
        print(f"restore: {lines[0]}", *lines[1:], sep="\n  ", file=sys.stderr, flush=True)


def wants_traceback(words: Sequence[str]) -> bool:
    """Whether the command line has `-vv` (or `-v` twice); read without parsing it."""
    shorts = [word for word in words if word.startswith("-v") and not word.strip("v").strip("-")]
    return sum(word.count("v") for word in shorts) + words.count("--verbose") >= 2
