"""The list of networks: name in model.toml -> how to build it; a new net is one line here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import Tensor, nn

from restore.nets import rrdb, span, spanf, srvgg
from restore.nets.color import ColorNet
from restore.nets.film import FilmNet
from restore.nets.luma import LumaOfRgb

NETS: Mapping[str, Callable[..., nn.Module]] = MappingProxyType(
    {
        "FilmNet": FilmNet,
        "ColorNet": ColorNet,
        "SRVGGNetCompact": srvgg.SRVGGNetCompact,
        "RRDBNet": rrdb.RRDBNet,
        "SPAN": span.SPAN,
        "SPANF": spanf.SPANF,
    }
)

PUBLISHED = (
    ("SRVGGNetCompact", srvgg.recognise),
    ("RRDBNet", rrdb.recognise),
    ("SPAN", span.recognise),
    ("SPANF", spanf.recognise),
)
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
    """What a state dict belongs to: keys and shapes fit to the last one. None: no network of ours."""
    if not all(value.ndim in (1, 4) and value.numel() for value in state.values()):
        return None  # all of ours are convolutions: kernels have four dimensions, the rest has one
    for architecture, guess in PUBLISHED:
        if (found := guess(state)) is not None:
            with torch.device("meta"):
                expected = build(architecture, found[0]).state_dict()
            if _shapes(expected) == _shapes(found[1]):
                return Recognised(architecture, *found)
    return None


def _shapes(state: Mapping[str, Tensor]) -> dict[str, torch.Size]:
    return {key: value.shape for key, value in state.items()}


def for_luma(architecture: str, net: nn.Module) -> nn.Module:
    """The network as one for windows of luma: those made for RGB pictures get their adapter."""
    return LumaOfRgb(net) if architecture in dict(PUBLISHED) else net
