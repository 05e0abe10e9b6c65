"""Networks made ready: the process keeps the memory that they use again and again."""

from __future__ import annotations

import ctypes

import pytest

from restore.stages.network import keep_memory


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where malloc cannot be told, nothing happens and nothing fails."""
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert keep_memory() is False


def test_glibc_is_told() -> None:
    """On glibc both settings are accepted."""
    if not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"):
        pytest.skip("not glibc")
    assert keep_memory() is True
