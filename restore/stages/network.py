"""A model of the shelf as a network that is ready to run on an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from restore.stages.stage import Engine

if TYPE_CHECKING:
    from torch import dtype, nn


def precision_of(engine: Engine) -> dtype:
    """The number format that an engine computes networks in."""
    import torch

    kinds = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    return kinds[engine.precision]


def load_network(model: str, engine: Engine) -> nn.Module:
    """The model of that name or folder, on the engine's device, in its precision, channels last.

    Raises UsageError for weights that are missing or damaged.
    """
    import torch

    from restore import models

    net = models.load(models.find(model)).eval().to(engine.device, precision_of(engine))
    # torch's own signature leaves this form out
    return cast(Any, net).to(memory_format=torch.channels_last)
