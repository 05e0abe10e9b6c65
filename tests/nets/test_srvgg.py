"""SRVGGNetCompact: recognized by its shapes, local within its receptive radius."""

import pytest
import torch

from restore.nets import catalog
from restore.nets.srvgg import SRVGGNetCompact, recognize


@pytest.mark.parametrize(("scale", "channels", "depth"), [(4, 8, 3), (2, 4, 1), (1, 6, 2)])
def test_the_arguments_are_read_from_the_shapes(scale: int, channels: int, depth: int) -> None:
    """Scale, channels and depth follow from a state dict."""
    net = SRVGGNetCompact(scale, channels, depth)
    found = catalog.recognize(net.state_dict())
    assert found is not None
    assert found.arguments == {"scale": scale, "channels": channels, "depth": depth}


def test_other_shapes_are_not_recognized() -> None:
    """A missing or additional tensor, or other channels: not this network."""
    state = SRVGGNetCompact(2, 4, 2).state_dict()
    assert catalog.recognize({**state, "extra": torch.zeros(1)}) is None
    assert catalog.recognize({k: v for k, v in state.items() if k != "body.1.weight"}) is None
    assert catalog.recognize({**state, "body.2.weight": torch.zeros(5, 4, 3, 3)}) is None
    assert catalog.recognize({}) is None


def test_a_net_of_zeros_repeats_the_pixels() -> None:
    """What the convolutions add comes on top of the nearest-neighbor enlargement."""
    net = SRVGGNetCompact(3, 4, 1)
    for value in net.parameters():
        torch.nn.init.zeros_(value)
    picture = torch.rand(1, 3, 5, 7)
    expected = picture.repeat_interleave(3, 2).repeat_interleave(3, 3)
    assert torch.equal(net(picture), expected)


def test_the_receptive_radius_is_exact() -> None:
    """A change so far away shows, one pixel further it does not."""
    net = SRVGGNetCompact(1, 6, 3).double()
    torch.manual_seed(2)
    picture = torch.rand(1, 3, 1, 41, dtype=torch.float64)
    column = 20
    for distance, shows in ((net.receptive_radius, True), (net.receptive_radius + 1, False)):
        other = picture.clone()
        other[..., column + distance] += 1
        difference = (net(other) - net(picture))[..., column].abs().max()
        assert (difference > 0) == shows


@pytest.mark.parametrize("shape", [(), (48,), (48, 6, 3)])
def test_a_last_layer_of_another_shape_is_another_network(shape: tuple[int, ...]) -> None:
    """Any other shape: no error, just not this network."""
    state = dict(SRVGGNetCompact(4, 6, 1).state_dict())
    assert recognize(state) is not None
    state["body.4.weight"] = torch.zeros(shape)
    assert recognize(state) is None
