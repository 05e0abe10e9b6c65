"""The list of networks: name in model.toml -> how to build it; a new net is one line here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from torch import Tensor, nn

from restore.nets import srvgg
from restore.nets.color import ColorNet
from restore.nets.film import FilmNet
from restore.nets.luma import LumaOfRgb

NETS: Mapping[str, Callable[..., nn.Module]] = MappingProxyType(
    {
        "FilmNet": FilmNet,
        "ColorNet": ColorNet,
        "SRVGGNetCompact": srvgg.SRVGGNetCompact,
    }
)

PUBLISHED = (("SRVGGNetCompact", srvgg.recognise),)
"""Networks of RGB pictures whose published state dicts we read, and what tells them apart."""


class Recognised(NamedTuple):
    """A published state dict understood: the network, how to build it, its weights in our names."""

    architecture: str
    arguments: dict[str, int]
    state: dict[str, Tensor]


def build(architecture: str, arguments: Mapping[str, int]) -> nn.Module:
    """A network with fresh weights; KeyError: name not listed, TypeError: wrong arguments."""
    return NETS[architecture](**arguments)


def recognise(state: Mapping[str, Tensor]) -> Recognised | None:
    """What a state dict belongs to, by its keys and shapes; None where it is no network of ours."""
    for architecture, understood in PUBLISHED:
        if (found := understood(state)) is not None:
            return Recognised(architecture, *found)
    return None


def for_luma(architecture: str, net: nn.Module) -> nn.Module:
    """The network as one for windows of luma: those made for RGB pictures get their adapter."""
    return LumaOfRgb(net) if architecture in dict(PUBLISHED) else net
