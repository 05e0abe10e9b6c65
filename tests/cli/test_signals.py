"""The process that restores: it keeps its memory, and its idle threads sleep."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import pytest

from restore.cli.signals import LIFELINE, keep_memory, wait_asleep


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """If malloc has no such settings, nothing happens and nothing fails."""
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert keep_memory() is False


def test_glibc_is_reported() -> None:
    """On glibc all settings are accepted."""
    if not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"):
        pytest.skip("not glibc")
    assert keep_memory() is True


def test_what_the_user_chose_for_waiting_threads_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """They sleep unless OMP_WAIT_POLICY says otherwise."""
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    wait_asleep()
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"
    monkeypatch.delenv("OMP_WAIT_POLICY")
    wait_asleep()
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"


def test_a_process_ends_with_the_one_that_started_it() -> None:
    """Its lifeline cut, it stops in order, as with Ctrl-C; without one nothing ends it."""
    program = (
        "import sys, time; from restore.cli.signals import configure_process; configure_process()\n"
        "try:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    sys.exit(130)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        env={**os.environ, LIFELINE: "1"},
    ) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(20) == 130
