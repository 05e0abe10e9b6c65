"""A model of the shelf as a network that is ready to run on an engine."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, cast

from restore.stages.stage import Engine

if TYPE_CHECKING:
    from torch import dtype, nn


def precision_of(engine: Engine) -> dtype:
    """The number format that an engine computes networks in."""
    import torch

    kinds = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    return kinds[engine.precision]


def number_format(net: nn.Module, engine: Engine) -> dtype:
    """The number format for a net on an engine: fp32 where the engine's bf16 is too coarse for it."""
    import torch

    kind = precision_of(engine)
    too_coarse = kind == torch.bfloat16 and not getattr(net, "bf16", True)
    return torch.float32 if too_coarse else kind


def load_network(model: str, engine: Engine) -> nn.Module:
    """The model of that name, folder or file on the engine's device, in its format, channels last.

    Raises UsageError for weights that are missing or damaged.
    """
    import torch

    from restore import models

    if engine.device == "cpu":
        keep_memory()
    net = models.load(models.find(model)).eval()
    net = net.to(engine.device, number_format(net, engine))
    # torch's own signature leaves this form out
    return cast(Any, net).to(memory_format=torch.channels_last)


def keep_memory() -> bool:
    """Let the process keep freed memory for the next layer; True where the C library can be told so.

    glibc hands blocks above 32 MB back to the system at once, and fetching such a block anew clears
    every page of it. A layer of film-x4 at 640x480 is 39 MB: a frame took 1.7 times as long.
    """
    try:
        tell = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library, another system
        return False
    return bool(tell(_M_MMAP_THRESHOLD, 1 << 30)) and bool(tell(_M_TRIM_THRESHOLD, (1 << 31) - 1))


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Names of malloc's settings, from glibc's malloc.h."""
