"""Any exception as one of our errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from restore.jobs.failures import as_restore_error


def test_what_is_not_expected_is_logged(tmp_path: Path) -> None:
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
def test_out_of_memory_is_not_a_bug(error: Exception) -> None:
    """Python, numpy and torch word it differently; the user reads one text, exit code 9."""
    found = as_restore_error(error)
    assert (found.exit_code, found.code) == (9, "out-of-memory")
    assert "--device cpu" in found.what_to_do


def test_ctrl_c_says_how_to_go_on() -> None:
    """Stopping a run is exit code 130, and nothing is lost."""
    error = as_restore_error(KeyboardInterrupt())
    assert (error.exit_code, error.code) == (130, "interrupted")
    assert "continues where it stopped" in str(error)


def test_a_link_that_leads_to_itself_is_no_bug(tmp_path: Path) -> None:
    """Python up to 3.12 raises a RuntimeError of its own for it."""
    loop = tmp_path / "loop"
    found = as_restore_error(RuntimeError(f"Symlink loop from '{loop}'"))
    assert (found.exit_code, found.code) == (2, "link-loop")
    assert str(loop) in found.where
