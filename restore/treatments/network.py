"""Loads a model as a network that is ready to run on an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from restore.treatments.treatment import Engine

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

    net = models.load(models.find(model)).eval()
    net = net.to(engine.device, number_format(net, engine))
    # torch's own signature leaves this form out
    return cast(Any, net).to(memory_format=torch.channels_last)
