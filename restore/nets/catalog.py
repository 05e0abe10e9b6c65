"""The list of networks: name in model.toml -> constructor; a new network is one line here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import Tensor, nn

from restore.nets import rrdb, span, spanf, srvgg
from restore.nets.color import ColorNet
from restore.nets.color_resnet import ColorResNet
from restore.nets.deinterlace import DeinterlaceNet
from restore.nets.film import FilmNet
from restore.nets.luma import LumaOfRgb
from restore.nets.pixcolor import PixColor
from restore.nets.prsr import PixelRecursive, PixelRegression

NETS: Mapping[str, Callable[..., nn.Module]] = MappingProxyType(
    {
        "FilmNet": FilmNet,
        "ColorNet": ColorNet,
        "ColorResNet": ColorResNet,
        "DeinterlaceNet": DeinterlaceNet,
        "PixColor": PixColor,
        "PixelRecursive": PixelRecursive,
        "PixelRegression": PixelRegression,
        "SRVGGNetCompact": srvgg.SRVGGNetCompact,
        "RRDBNet": rrdb.RRDBNet,
        "SPAN": span.SPAN,
        "SPANF": spanf.SPANF,
    }
)

PUBLISHED = (
    ("SRVGGNetCompact", srvgg.recognize),
    ("RRDBNet", rrdb.recognize),
    ("SPAN", span.recognize),
    ("SPANF", spanf.recognize),
)
"""Networks for RGB pictures whose published state dicts we read, and functions that recognize them."""


class RecognizedNet(NamedTuple):
    """A published state dict: its network, the arguments to build it, its weights under our names."""

    architecture: str
    arguments: dict[str, int]
    state: dict[str, Tensor]


def build(architecture: str, arguments: Mapping[str, int]) -> nn.Module:
    """A network with initial weights; KeyError: unknown name, TypeError: wrong arguments."""
    return NETS[architecture](**arguments)


def recognize(state: Mapping[str, Tensor]) -> RecognizedNet | None:
    """The network of a state dict, if all keys and shapes fit. None: not one of our networks."""
    if not all(value.ndim in (1, 4) and value.numel() for value in state.values()):
        return None  # ours consist of convolutions: kernels have four dimensions, other weights one
    for architecture, guess in PUBLISHED:
        if (found := guess(state)) is not None:
            with torch.device("meta"):
                expected = build(architecture, found[0]).state_dict()
            if _shapes(expected) == _shapes(found[1]):
                return RecognizedNet(architecture, *found)
    return None


def _shapes(state: Mapping[str, Tensor]) -> dict[str, torch.Size]:
    return {key: value.shape for key, value in state.items()}


def for_luma(architecture: str, net: nn.Module) -> nn.Module:
    """The network for windows of luma: those for RGB pictures get an adapter."""
    return LumaOfRgb(net) if architecture in dict(PUBLISHED) else net
