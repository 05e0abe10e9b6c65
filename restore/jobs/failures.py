"""Any exception as a RestoreError; unexpected ones are written to a log."""

from __future__ import annotations

import contextlib
import errno
import tempfile
import time
import traceback
from pathlib import Path

from restore.errors import (
    Interrupted,
    OutOfMemory,
    RestoreError,
    UsageError,
    is_out_of_memory,
    requested_memory,
)

_LOOP = "Symlink loop from"
"""How pathlib's `resolve` begins its message, up to Python 3.12."""

STOPPED = Interrupted(
    "Stopped.",
    "",
    "Finished parts are kept: the same command continues where it stopped.",
    code="interrupted",
)


def as_restore_error(error: BaseException, log: Path | None = None) -> RestoreError:
    """Any exception as a RestoreError; the traceback of an unexpected one goes to a log that it names."""
    if isinstance(error, RestoreError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return STOPPED
    if is_out_of_memory(error):
        return _out_of_memory(error)
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        what = "A name is longer than the system allows."
        todo = "Choose a shorter one."
        return UsageError(what, str(error.filename or ""), todo, code="name-too-long")
    if isinstance(error, RuntimeError) and str(error).startswith(_LOOP):
        what, where = "A link leads back to itself.", str(error).removeprefix(_LOOP).strip()
        return UsageError(what, where, "Name the file that is meant.", code="link-loop")
    place = _logged(error, log)
    what = f"This is a bug in restore: {_first_line(error)}"
    where = f"The details are in {place}." if place else ""
    todo = "Please report it with that file; the same command may continue where it stopped."
    return RestoreError(what, where, todo, code="internal-error")


def _out_of_memory(error: BaseException) -> OutOfMemory:
    """Out of memory outside the networks, where tiles cannot help."""
    return OutOfMemory(
        "There is not enough memory.",
        requested_memory(error),
        "Close other programs, or use --device cpu, a smaller --upscale or a smaller model; "
        "finished parts are kept.",
        code="out-of-memory",
    )


def _first_line(error: BaseException) -> str:
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _logged(error: BaseException, log: Path | None) -> Path | None:
    """Append the traceback to the job's log, or to a new file if there is none."""
    lines = [f"\n{time.strftime('%Y-%m-%d %H:%M:%S')} unexpected failure\n"]
    lines += traceback.format_exception(error)
    with contextlib.suppress(OSError):
        if log is None or not log.parent.is_dir():
            log = Path(tempfile.mkdtemp(prefix="restore-")) / "log.txt"
        with log.open("ab") as file:
            file.write("".join(lines).encode(errors="backslashreplace"))
        return log
    return None
