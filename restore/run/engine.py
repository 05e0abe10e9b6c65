"""Which machine computes, and how precisely: `auto` resolved by what there is."""

from __future__ import annotations

from pathlib import Path

from restore.errors import UsageError
from restore.recipe import Recipe


def resolve_engine(recipe: Recipe) -> tuple[str, str]:
    """Device and precision for a recipe: CUDA if there is one, the quickest precision it computes well.

    Raises UsageError for a CUDA device that is not there, or fp16 on a CPU.
    """
    import torch

    device = recipe.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device.startswith("cuda"):
        _check_cuda(device)
        return device, "fp16" if recipe.precision == "auto" else recipe.precision
    if recipe.precision == "fp16":
        raise UsageError(
            "--precision fp16 needs a GPU.",
            "Processors compute fp16 slower than fp32, and less exactly than bf16.",
            "Use --precision auto, fp32 or bf16.",
            code="precision-unsupported",
        )
    if recipe.precision == "auto":
        return device, "bf16" if _has_bf16(Path("/proc/cpuinfo")) else "fp32"
    return device, recipe.precision


def _check_cuda(device: str) -> None:
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    number = int(device.partition(":")[2] or 0)
    if number >= count:
        found = f"{count} CUDA devices were found" if count else "no CUDA device was found"
        raise UsageError(
            f"The device {device} is not there.",
            f"PyTorch reports that {found}.",
            "Use --device auto or --device cpu.",
            code="device-missing",
        )


def _has_bf16(cpuinfo: Path) -> bool:
    """Whether the processor multiplies bf16 itself (AVX512_BF16 or AMX); elsewhere fp32 is quicker."""
    try:
        flags = cpuinfo.read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
