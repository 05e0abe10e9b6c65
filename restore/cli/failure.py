"""Failures as the user meets them: at most three lines on stderr, and an exit code."""

from __future__ import annotations

import contextlib
import errno
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

import typer

from restore.cli import formatting as formatting
from restore.errors import (
    Interrupted,
    OutOfMemory,
    RestoreError,
    UsageError,
    is_out_of_memory,
    requested_memory,
)

STOPPED = Interrupted(
    "Stopped.",
    "",
    "Finished parts are kept: the same command goes on where it stopped.",
    code="interrupted",
)


def as_restore_error(error: BaseException, log: Path | None = None) -> RestoreError:
    """Any exception as one of ours; what we did not foresee is written to a log that it names."""
    if isinstance(error, RestoreError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return STOPPED
    if isinstance(error, typer.TyperException):
        return mistyped(error)
    if is_out_of_memory(error):
        return _no_memory(error)
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        what = "A name is longer than the system allows."
        return UsageError(
            what, str(error.filename or ""), "Choose a shorter one.", code="name-too-long"
        )
    place = _logged(error, log)
    what = f"This should not have happened: {_first_line(error)}"
    where = f"The details are in {place}." if place else ""
    todo = "Please report it with that file; the same command again may go on where it stopped."
    return RestoreError(what, where, todo, code="internal-error")


def _no_memory(error: BaseException) -> OutOfMemory:
    """Memory that ran out where no smaller pieces could help."""
    return OutOfMemory(
        "There is not enough memory.",
        requested_memory(error),
        "Close what else needs memory, or use --device cpu, a smaller --upscale or a smaller model; "
        "finished parts are kept.",
        code="out-of-memory",
    )


def mistyped(error: typer.TyperException) -> UsageError:
    """What the option parser found wrong, in our three lines."""
    text = " ".join(error.format_message().split())
    if not text:  # the help page was shown
        text = "Which of these commands is it to be?"
    if text.startswith("Missing argument"):
        text = f"Nothing to work on: {text[0].lower()}{text[1:]}"
    command = getattr(getattr(error, "ctx", None), "command_path", "restore")
    todo = f"{command} --help lists every option."
    option = getattr(error, "option_name", "")
    film = next((word for word in sys.argv[1:] if option and word.startswith(option)), "")
    if Path(film).is_file():
        todo = f"A film of that name is written ./{film}."
    return UsageError(text, "", todo, code="invalid-command-line")


def show(error: RestoreError, cause: BaseException, *, with_traceback: bool) -> None:
    """Print a failure on stderr, with -vv below its traceback and its code."""
    if with_traceback:
        traceback.print_exception(cause, file=sys.stderr)
        print(f"code: {error.code} (exit code {error.exit_code})", file=sys.stderr)
    lines = [
        formatting.line(" ".join(part.split()))
        for part in (error.what, error.where, error.what_to_do)
        if part
    ]
    with contextlib.suppress(OSError):
        print(f"restore: {lines[0]}", *lines[1:], sep="\n  ", file=sys.stderr, flush=True)


def wants_traceback(words: Sequence[str]) -> bool:
    """Whether `-vv` (or `-v` twice) stands in the command line; read without parsing it."""
    shorts = [word for word in words if word.startswith("-v") and not word.strip("v").strip("-")]
    return sum(word.count("v") for word in shorts) + words.count("--verbose") >= 2


def _first_line(error: BaseException) -> str:
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _logged(error: BaseException, log: Path | None) -> Path | None:
    """Append the traceback to the run's log, or to a new file where there is none."""
    lines = [f"\n{time.strftime('%Y-%m-%d %H:%M:%S')} unforeseen failure\n"]
    lines += traceback.format_exception(error)
    with contextlib.suppress(OSError):
        if log is None or not log.parent.is_dir():
            log = Path(tempfile.mkdtemp(prefix="restore-")) / "log.txt"
        with log.open("ab") as file:
            file.write("".join(lines).encode(errors="backslashreplace"))
        return log
    return None
