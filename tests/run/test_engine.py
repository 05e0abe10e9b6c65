"""Device and precision: what `auto` means, what is refused, and which precision is only emulated."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from restore.errors import UsageError
from restore.recipe import Recipe
from restore.run.engine import precision_notes, resolve_engine


def processor(monkeypatch: pytest.MonkeyPatch, *capabilities: str) -> None:
    """Let torch report a processor with these capabilities, and no GPU."""
    found: dict[str, Any] = dict.fromkeys(capabilities, True) | {"avx2": True}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def gpu(monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int]) -> None:
    """Let torch report one CUDA device of this compute capability."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)


@pytest.mark.parametrize(
    ("capabilities", "precision"),
    [((), "fp32"), (("avx512_bf16",), "bf16"), (("amx_bf16",), "bf16"), (("bf16",), "fp32")],
    ids=["without bf16", "AVX-512", "AMX", "ARM"],
)
def test_auto_on_a_processor(
    monkeypatch: pytest.MonkeyPatch, capabilities: tuple[str, ...], precision: str
) -> None:
    """bf16 where an x86 processor has instructions for it, else fp32."""
    processor(monkeypatch, *capabilities)
    assert resolve_engine(Recipe()) == ("cpu", precision)


def test_auto_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """CUDA goes before the processor, with fp16."""
    gpu(monkeypatch, (7, 5))
    assert resolve_engine(Recipe()) == ("cuda", "fp16")


def test_fp16_on_a_processor_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be slower than fp32 and less exact than bf16."""
    processor(monkeypatch)
    with pytest.raises(UsageError) as caught:
        resolve_engine(Recipe(device="cpu", precision="fp16"))
    assert caught.value.code == "precision-unsupported"


@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_a_missing_device_is_refused(monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    """Before anything is decoded."""
    processor(monkeypatch)
    with pytest.raises(UsageError) as caught:
        resolve_engine(Recipe(device=device))
    assert caught.value.code == "device-missing"


@pytest.mark.parametrize(
    ("capabilities", "slow"),
    [((), True), (("avx512_bf16",), False), (("amx_bf16",), False), (("sve_bf16",), False)],
)
def test_emulated_bf16_on_a_processor_is_a_note(
    monkeypatch: pytest.MonkeyPatch, capabilities: tuple[str, ...], slow: bool
) -> None:
    """Without the instructions bf16 takes 7 to 30 times as long as fp32: one line says so."""
    processor(monkeypatch, *capabilities)
    notes = precision_notes("cpu", "bf16")
    assert len(notes) == slow
    assert all("7 to 30 times slower" in note for note in notes)
    assert precision_notes("cpu", "fp32") == ()


@pytest.mark.parametrize(("capability", "slow"), [((7, 5), True), ((8, 0), False), ((9, 0), False)])
def test_emulated_bf16_on_a_gpu_is_a_note(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], slow: bool
) -> None:
    """CUDA devices compute bf16 from compute capability 8.0 (Ampere) on."""
    gpu(monkeypatch, capability)
    assert len(precision_notes("cuda", "bf16")) == slow
    assert precision_notes("cuda", "fp16") == ()
