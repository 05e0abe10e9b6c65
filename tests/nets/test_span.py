"""SPAN and SPANF: recognized by their shapes, fused once, local within their radius."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from restore.nets import catalog
from restore.nets.span import SPAN
from restore.nets.spanf import SPANF


def published(net: nn.Module) -> dict[str, torch.Tensor]:
    """A net's weights under the names of its authors, without training-time branches."""
    state: dict[str, torch.Tensor] = {}
    for key, value in net.state_dict().items():
        parts = key.replace("upsampler.", "upsampler.0.").split(".")
        if parts[0] == "blocks":
            parts[:2] = [f"block_{int(parts[1]) + 1}"]
        if parts[0] not in ("conv_cat", "upsampler", "conv_near"):
            parts.insert(-1, "eval_conv")
        state[".".join(parts)] = value
    return state


@pytest.mark.parametrize(
    ("net", "arguments"),
    [
        (SPAN(4, 6, 5), {"scale": 4, "channels": 6, "joined": 5, "centred": 1}),
        (SPAN(2, 4, 4), {"scale": 2, "channels": 4, "joined": 4, "centred": 1}),
        (SPANF(4, 8), {"scale": 4, "channels": 8}),
        (SPANF(2, 5), {"scale": 2, "channels": 5}),
    ],
    ids=["span4", "span2", "spanf4", "spanf2"],
)
def test_the_arguments_are_read_from_the_shapes(net: nn.Module, arguments: dict[str, int]) -> None:
    """Network and arguments follow from a published state dict; the picture is the same."""
    found = catalog.recognize(published(net))
    assert found is not None
    assert (found.architecture, found.arguments) == (type(net).__name__, arguments)
    again = catalog.build(*found[:2])
    again.load_state_dict(found.state)
    picture = torch.rand(1, 3, 9, 11)
    assert torch.equal(again(picture), net(picture))


def test_weights_without_subtracted_mean_are_recognized() -> None:
    """The buffer `no_norm` means that the picture is taken as it is."""
    found = catalog.recognize({**published(SPAN(2, 4, 4)), "no_norm": torch.zeros(1)})
    assert found is not None
    assert found.arguments["centred"] == 0


def test_branches_are_fused_exactly() -> None:
    """1x1, 3x3, 1x1 and the parallel shortcut equal the one convolution, also at the borders."""
    torch.manual_seed(7)
    branches = {
        "conv_1.conv.0": nn.Conv2d(3, 6, 1),
        "conv_1.conv.1": nn.Conv2d(6, 8, 3),
        "conv_1.conv.2": nn.Conv2d(8, 4, 1),
        "conv_1.sk": nn.Conv2d(3, 4, 1),
    }
    state = published(SPAN(2, 4, 4))
    for name, conv in branches.items():
        state |= {f"{name}.{kind}": value.detach() for kind, value in conv.named_parameters()}
    found = catalog.recognize(state)
    assert found is not None
    picture = torch.rand(1, 3, 6, 7)
    deep = functional.pad(picture, (1, 1, 1, 1))
    for name in list(branches)[:3]:
        deep = branches[name](deep)
    weight, bias = found.state["conv_1.weight"], found.state["conv_1.bias"]
    fused = functional.conv2d(picture, weight, bias, padding=1)
    assert (fused - deep - branches["conv_1.sk"](picture)).abs().max() < 1e-5


@pytest.mark.parametrize(
    "change",
    [
        {"conv_1.conv.0.weight": None},
        {"conv_1.conv.2.bias": None},
        {"conv_1.sk.bias": None},
        {"conv_1.conv.1.weight": torch.zeros(8, 6, 1, 1)},
        {"conv_1.conv.1.weight": torch.zeros(8)},
        {"conv_1.conv.2.weight": torch.zeros(4, 7, 1, 1)},
        {"conv_1.sk.weight": torch.zeros(5, 3, 1, 1)},
        {"conv_1.conv.0.bias": torch.zeros(5)},
    ],
)
def test_other_layers_are_not_fused(change: dict[str, torch.Tensor | None]) -> None:
    """A layer that is called like a shortcut, but lacks a branch or has other shapes, is not ours."""
    branches = {
        "conv_1.conv.0": nn.Conv2d(3, 6, 1),
        "conv_1.conv.1": nn.Conv2d(6, 8, 3),
        "conv_1.conv.2": nn.Conv2d(8, 4, 1),
        "conv_1.sk": nn.Conv2d(3, 4, 1),
    }
    own: dict[str, torch.Tensor | None] = {
        f"{name}.{kind}": value.detach()
        for name, conv in branches.items()
        for kind, value in conv.named_parameters()
    }
    changed = {key: value for key, value in (own | change).items() if value is not None}
    assert catalog.recognize(published(SPAN(2, 4, 4)) | changed) is None


@pytest.mark.parametrize("net", [SPAN(1, 4, 4, centred=0), SPANF(1, 4)], ids=["span", "spanf"])
def test_the_receptive_radius_is_enough(net: nn.Module) -> None:
    """A change one pixel further away than the radius does not show; a near one does."""
    torch.manual_seed(3)
    for value in net.parameters():
        nn.init.normal_(value, std=0.4)
    net = net.double()
    picture = torch.rand(1, 3, 1, 61, dtype=torch.float64)
    column = 30
    radius = net.receptive_radius
    assert isinstance(radius, int)
    for distance, shows in ((radius, True), (radius + 1, False)):
        other = picture.clone()
        other[..., column + distance] += 1
        difference = (net(other) - net(picture))[..., column].abs().max()
        assert (difference > 0) == shows
