"""Statistics of the layers' outputs in one forward pass: mean, variance, constant channels."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class LayerStatistics:
    """Statistics of one layer's output over batch, channels and positions."""

    mean: float
    variance: float
    constant: Tensor
    """[channels] bool: the channel had the same value at every position of every picture of the batch"""


Activations = dict[str, LayerStatistics]
"""layer -> statistics of its output, in the order of the forward pass"""


@contextmanager
def recorded(net: nn.Module) -> Generator[Activations]:
    """Fill the dictionary during the block with the outputs' statistics of every innermost layer.

    Hooks exist during the block only. Of a layer that is called more than once, the last call counts.
    """
    found: Activations = {}

    def hook(name: str) -> Any:
        def record(layer: nn.Module, inputs: Any, output: Any) -> None:
            if isinstance(output, Tensor) and output.is_floating_point() and output.ndim > 1:
                found[name] = _statistics(output.detach())

        return record

    innermost = [(name, m) for name, m in net.named_modules() if name and not any(m.children())]
    handles = [module.register_forward_hook(hook(name)) for name, module in innermost]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def _statistics(output: Tensor) -> LayerStatistics:
    by_channel = output.float().transpose(0, 1).flatten(1)
    low, high = torch.aminmax(by_channel, dim=1)
    # a mean can hide infinities of both signs, the variance cannot
    return LayerStatistics(
        float(by_channel.mean()), float(by_channel.var(correction=0)), low == high
    )
