"""The list of networks."""

import pytest
import torch
from torch import Tensor

from restore.nets import catalog
from restore.nets.rrdb import RRDBNet
from restore.nets.span import SPAN
from restore.nets.spanf import SPANF
from restore.nets.srvgg import SRVGGNetCompact


def test_every_listed_net_is_built_by_its_class_name() -> None:
    """The name in model.toml is the name of the class, and the list is complete."""
    own = {"FilmNet", "ColorNet", "ColorResNet", "DeinterlaceNet", "PixColor"}
    own |= {"PixelRecursive", "PixelRegression"}
    assert {*own, *dict(catalog.PUBLISHED)} == set(catalog.NETS)
    assert type(catalog.build("FilmNet", {"scale": 2, "depth": 1})).__name__ == "FilmNet"


def test_unknown_names_and_arguments_are_errors() -> None:
    """A name that is not listed is a KeyError, an argument that the net lacks a TypeError."""
    with pytest.raises(KeyError):
        catalog.build("GiantNet", {})
    with pytest.raises(TypeError):
        catalog.build("FilmNet", {"scale": 2, "bins": 9})


def test_the_list_cannot_be_changed() -> None:
    """Nets are added in the file, not at run time."""
    with pytest.raises(TypeError):
        catalog.NETS["other"] = torch.nn.Identity  # type: ignore[index]


def bare(*shapes: tuple[str, tuple[int, ...]]) -> dict[str, Tensor]:
    """A state dict of zeros, from names and shapes."""
    return {name: torch.zeros(shape) for name, shape in shapes}


@pytest.mark.parametrize(
    "state",
    [
        bare(("conv_first.weight", (64, 3, 3, 3)), ("body.0.rdb1.conv1.weight", ())),
        bare(("conv_first.weight", (64, 0, 3, 3)), ("body.0.rdb1.conv1.weight", (32, 64, 3, 3))),
        bare(("body.0.weight", (8, 3, 3, 3)), ("body.2.weight", (0, 8, 3, 3))),
        bare(
            ("conv_1.weight", ()),
            ("conv_cat.weight", (3, 3, 1, 1)),
            ("upsampler.weight", (12, 3, 3, 3)),
        ),
        bare(("conv_2.eval_conv.weight", ()), ("block_1.c1_r.eval_conv.weight", (3,))),
        bare(("x.sk.weight", (3, 3, 1, 1)), ("x.bias", (3,))),
        bare((f"model.{'9' * 5000}.weight", (3,))),
    ],
    ids=["rrdb", "no-input", "no-output", "span", "spanf", "shortcut", "number"],
)
def test_another_network_is_none_of_ours(state: dict[str, Tensor]) -> None:
    """Names that our networks have, with dimensions that they never have: not recognized, no error."""
    assert catalog.recognize(state) is None


@pytest.mark.parametrize(
    "net", [SRVGGNetCompact(2, 4, 2), RRDBNet(1, 1, 4, 1, 2), SPAN(2, 4, 4), SPANF(2, 4)]
)
@pytest.mark.parametrize("shape", [(), (0,), (9,), (2, 2), (0, 2, 3, 3), (7, 5, 3, 3)])
def test_one_odd_weight_is_enough(net: torch.nn.Module, shape: tuple[int, ...]) -> None:
    """If any weight of a network has another shape: not recognized, no error."""
    state = net.state_dict()
    for key in state:
        assert catalog.recognize({**state, key: torch.zeros(shape)}) is None
