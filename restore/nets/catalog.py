"""The list of networks: name in model.toml -> how to build it; a new net is one line here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from torch import nn

from restore.nets.color import ColorNet
from restore.nets.film import FilmNet

NETS: Mapping[str, Callable[..., nn.Module]] = MappingProxyType(
    {"FilmNet": FilmNet, "ColorNet": ColorNet}
)


def build(architecture: str, arguments: Mapping[str, int]) -> nn.Module:
    """A network with fresh weights; KeyError: name not listed, TypeError: wrong arguments."""
    return NETS[architecture](**arguments)
