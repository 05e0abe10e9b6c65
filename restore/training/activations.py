"""What the layers of a network give in one forward pass: means, variances, constant channels."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class LayerStatistics:
    """One layer's output over batch, channels and place."""

    mean: float
    variance: float
    constant: Tensor
    """[channels] bool: the channel had one value at every place of every picture of the batch"""


Activations = dict[str, LayerStatistics]
"""layer -> what it gave, in the order of the pass"""


@contextmanager
def recorded(net: nn.Module) -> Generator[Activations]:
    """Fill the given dictionary during the block with what every innermost layer of `net` gives.

    Hooks stay for the block only. Where a layer is called more often, its last call counts.
    """
    found: Activations = {}

    def hook(name: str) -> Any:
        def look(layer: nn.Module, given: Any, out: Any) -> None:
            if isinstance(out, Tensor) and out.is_floating_point() and out.ndim > 1:
                found[name] = _seen(out.detach())

        return look

    innermost = [(name, m) for name, m in net.named_modules() if name and not any(m.children())]
    handles = [module.register_forward_hook(hook(name)) for name, module in innermost]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def _seen(out: Tensor) -> LayerStatistics:
    by_channel = out.float().transpose(0, 1).flatten(1)
    least, greatest = torch.aminmax(by_channel, dim=1)
    # the mean alone would hide an infinity among values of both signs; the variance never does
    return LayerStatistics(
        float(by_channel.mean()), float(by_channel.var(correction=0)), least == greatest
    )
