"""Statistics of layers: every innermost layer, once, and no hook left behind."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from restore.training.activations import recorded


class Twice(nn.Module):
    """One layer that is called two times, one that is never called, and one that gives a tuple."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Conv2d(1, 2, 1, bias=False)
        self.unused = nn.ReLU()
        self.inner = nn.Sequential(nn.Identity(), nn.Flatten(0))
        nn.init.constant_(self.scale.weight, 3)

    def forward(self, picture: Tensor) -> Tensor:
        """Use the first layer twice."""
        self.scale(picture + 1)
        return self.inner(self.scale(picture))


def test_layers_are_recorded_in_the_order_of_the_pass() -> None:
    """Innermost layers that were called and give maps; containers and flat outputs are not layers."""
    net = Twice()
    with recorded(net) as found:
        net(torch.zeros(1, 1, 4, 4))
    assert list(found) == ["scale", "inner.0"]


def test_the_last_call_of_a_layer_counts() -> None:
    """A layer that is shared has the statistics of its last output."""
    net = Twice()
    with recorded(net) as found:
        net(torch.full((1, 1, 4, 4), 2.0))
    assert found["scale"].mean == 6
    assert found["scale"].variance == 0


def test_statistics_are_over_batch_channels_and_positions() -> None:
    """Mean and variance of all numbers; a channel is constant only if every picture has the same value."""
    batch = torch.rand(3, 4, 5, 6, generator=torch.Generator().manual_seed(1))
    batch[:, 1] = 0.5
    batch[:, 2] = torch.tensor([0.1, 0.2, 0.3]).view(3, 1, 1)
    net = nn.Sequential(nn.Identity())
    with recorded(net) as found:
        net(batch)
    statistics = found["0"]
    assert statistics.mean == pytest.approx(float(batch.mean()))
    assert statistics.variance == pytest.approx(float(batch.var(correction=0)), rel=1e-5)
    assert statistics.constant.tolist() == [False, True, False, False]


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_numbers_that_are_not_finite_show_in_the_variance(value: float) -> None:
    """Infinities of both signs have a mean that hides nothing in the variance."""
    batch = torch.zeros(1, 1, 2, 2)
    batch[..., 0, 0], batch[..., 1, 1] = value, -value
    net = nn.Sequential(nn.Identity())
    with recorded(net) as found:
        net(batch)
    assert not math.isfinite(found["0"].variance)


def test_no_hook_is_left_behind() -> None:
    """Not after the block, and not after an error in it; integers are no activations."""
    net = nn.Sequential(nn.Conv2d(1, 1, 3))

    def fail() -> None:
        with recorded(net):
            net(torch.zeros(1, 2, 8, 8))

    with pytest.raises(RuntimeError):
        fail()
    with recorded(net) as found:
        pass
    net(torch.zeros(1, 1, 8, 8))
    assert found == {}
    whole = nn.Sequential(nn.Identity())
    with recorded(whole) as found:
        whole(torch.zeros(1, 1, 2, 2, dtype=torch.long))
    assert found == {}
