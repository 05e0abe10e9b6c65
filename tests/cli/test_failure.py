"""Failures as the user meets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from restore.cli.failure import as_restore_error, show, wants_traceback
from restore.errors import RestoreError, SourceError


def test_at_most_three_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """What, where and what to do take one line each, whatever line breaks they contain."""
    error = SourceError("It is\nbroken.", "a\nfilm\x1b[2J.mp4", "Copy it\nagain.")
    show(error, error, with_traceback=False)
    told = capsys.readouterr()
    assert told.err == "restore: It is broken.\n  a film\\x1b[2J.mp4\n  Copy it again.\n"
    assert told.out == ""


def test_empty_parts_take_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    """An error without a place and advice is a single line."""
    show(RestoreError("It broke."), RestoreError("It broke."), with_traceback=False)
    assert capsys.readouterr().err == "restore: It broke.\n"


def test_the_code_stands_below_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """-vv shows the traceback, then the error's code, then the message; without it no code is shown."""
    error = SourceError("It is empty.", "a.mp4", code="no-frames")
    show(error, error, with_traceback=True)
    lines = capsys.readouterr().err.splitlines()
    assert lines[-3:] == ["code: no-frames (exit code 3)", "restore: It is empty.", "  a.mp4"]
    show(error, error, with_traceback=False)
    assert "no-frames" not in capsys.readouterr().err


def test_what_nobody_foresaw_is_logged(tmp_path: Path) -> None:
    """A bug becomes exit code 1 and one plain message that names the log with the traceback."""
    log = tmp_path / "log.txt"
    log.write_text("earlier\n", encoding="utf-8")
    error = as_restore_error(ZeroDivisionError("division by zero"), log)
    assert (error.exit_code, error.code) == (1, "internal-error")
    assert str(log) in error.where
    text = log.read_text(encoding="utf-8")
    assert text.startswith("earlier\n")
    assert "ZeroDivisionError" in text


def test_a_bug_without_a_log_gets_one() -> None:
    """Before a job has its folder, the traceback goes to a new file that the message names."""
    error = as_restore_error(KeyError("gone"))
    path = Path(error.where.removeprefix("The details are in ").removesuffix("."))
    assert "KeyError" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("Unable to allocate 7.45 GiB for an array with shape (1000000000,)"),
        RuntimeError(
            "DefaultCPUAllocator: can't allocate memory: you tried to allocate 8000 bytes."
        ),
        RuntimeError("CUDA error: out of memory"),
    ],
)
def test_memory_that_ran_out_is_no_bug(error: Exception) -> None:
    """Python, numpy and torch say it each in their way; the user reads one plain text, exit code 9."""
    told = as_restore_error(error)
    assert (told.exit_code, told.code) == (9, "out-of-memory")
    assert "--device cpu" in told.what_to_do


def test_ctrl_c_says_how_to_go_on() -> None:
    """Stopping a run is exit code 130, and nothing is lost."""
    error = as_restore_error(KeyboardInterrupt())
    assert (error.exit_code, error.code) == (130, "interrupted")
    assert "goes on where it stopped" in str(error)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["x.mp4", "-vv"], True),
        (["-v", "x.mp4", "-v"], True),
        (["--verbose", "--verbose"], True),
        (["x.mp4", "-v"], False),
        (["x.mp4", "--version"], False),
        (["-o", "-vivid.mp4"], False),
    ],
)
def test_a_traceback_must_be_asked_for(words: list[str], wanted: bool) -> None:
    """Two v's ask for tracebacks, wherever they stand; words that only begin like them do not."""
    assert wants_traceback(words) is wanted
