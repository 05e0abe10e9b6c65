"""Device and precision: the values for `auto` on this machine, and unsupported ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from restore.errors import UsageError
from restore.recipe import Recipe


def resolve_engine(recipe: Recipe) -> tuple[str, str]:
    """Device and precision for a recipe: CUDA if available, and the fastest precision it supports.

    Raises UsageError for a CUDA device that does not exist, and for fp16 on a CPU.
    """
    import torch

    device = recipe.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device.startswith("cuda"):
        check_device(device)
        return device, "fp16" if recipe.precision == "auto" else recipe.precision
    if recipe.precision == "fp16":
        raise UsageError(
            "--precision fp16 needs a GPU.",
            "On processors fp16 is slower than fp32 and bf16.",
            "Use --precision auto, fp32 or bf16.",
            code="precision-unsupported",
        )
    if recipe.precision == "auto":
        return device, "bf16" if _has_bf16(torch.cpu.get_capabilities()) else "fp32"
    return device, recipe.precision


def check_device(device: str) -> None:
    """Raise UsageError for a CUDA device (torch's name) that does not exist."""
    import torch

    if not device.startswith("cuda"):
        return
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    number = int(device.partition(":")[2] or 0)
    if number >= count:
        found = f"{count} CUDA devices were found" if count else "no CUDA device was found"
        raise UsageError(
            f"There is no device {device}.",
            f"PyTorch reports that {found}.",
            "Use --device auto or --device cpu.",
            code="device-missing",
        )


def precision_notes(device: str, precision: str) -> tuple[str, ...]:
    """A line for the user if the device has no instructions for the precision and only emulates it."""
    import torch

    if precision != "bf16":
        return ()
    if device.startswith("cuda"):
        if torch.version.hip or torch.cuda.get_device_capability(device) >= _FIRST_CUDA_WITH_BF16:
            return ()
        return (
            "bf16 is slow on this GPU, which only emulates it: --precision fp16 or fp32 is faster",
        )
    capabilities = torch.cpu.get_capabilities()
    if _has_bf16(capabilities) or any(capabilities.get(name) for name in _ARM_BF16):
        return ()
    line = (
        "bf16 is 7 to 30 times slower than fp32 on this processor, which has no instructions for it"
    )
    return (f"{line}: --precision auto or fp32 is faster",)


_FIRST_CUDA_WITH_BF16 = (8, 0)
"""CUDA compute capability (Ampere)."""

_X86_BF16 = ("avx512_bf16", "amx_bf16")
_ARM_BF16 = ("bf16", "sve_bf16")
"""Names of processor capabilities, as `torch.cpu.get_capabilities` gives them."""


def _has_bf16(capabilities: Mapping[str, Any]) -> bool:
    """Whether an x86 processor has instructions for bf16; on others fp32 is faster, or was not measured."""
    return any(capabilities.get(name) for name in _X86_BF16)
