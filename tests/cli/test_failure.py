"""Failures as the user meets them."""

from __future__ import annotations

import pytest

from restore.cli.failure import show, wants_traceback
from restore.errors import RestoreError, SourceError


def test_at_most_three_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """What, where and what to do take one line each, whatever line breaks they contain."""
    error = SourceError("It is\nbroken.", "a\nfilm\x1b[2J.mp4", "Copy it\nagain.")
    show(error, error, with_traceback=False)
    reported = capsys.readouterr()
    assert reported.err == "restore: It is broken.\n  a film\\x1b[2J.mp4\n  Copy it again.\n"
    assert reported.out == ""


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
