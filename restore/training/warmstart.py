"""Warm starts: a fresh network takes over weights, from its like or from a smaller one of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from restore.errors import UsageError
from restore.nets.film import FilmNet


def started(net: nn.Module, init: str, data: Path) -> nn.Module:
    """Take over the weights of a file that fit the net by name and shape; the rest stays fresh.

    `init` lies in the data folder or, where it is not there, is seen from the current directory. A
    FilmNet may also start from one with fewer channels and layers (see `grown`).
    """
    if init:
        given = _read(init, data)
        if isinstance(net, FilmNet):
            given = grown(net, given)
        own = net.state_dict()
        fitting = {k: v for k, v in given.items() if k in own and own[k].shape == v.shape}
        if not fitting:
            raise UsageError("No weight in the file fits the network.", init)
        net.load_state_dict(fitting, strict=False)
    return net


def kept(trained: Mapping[str, Tensor], init: str, data: Path, share: float) -> dict[str, Tensor]:
    """Trained weights, and `share` (0..1) of those of `init`, from which they were trained.

    A net between the two is often the better one: it has most of what the new run taught, and most of
    what it took away (weight-space ensembles, Wortsman et al. 2022, "Robust fine-tuning of zero-shot
    models"). UsageError unless both have the same weights by name and shape.
    """
    if not share:
        return dict(trained)
    given = _read(init, data) if init else {}
    if {k: v.shape for k, v in given.items()} != {k: v.shape for k, v in trained.items()}:
        todo = "Keep a share of a net of the very same size, or set keep = 0."
        raise UsageError("These weights cannot be mixed with the trained ones.", init, todo)
    return {name: value.lerp(given[name], share) for name, value in trained.items()}


def _read(init: str, data: Path) -> dict[str, Tensor]:
    """The weights of a file in the data folder, or one seen from the current directory, in fp32."""
    given = load_file(data / init if (data / init).is_file() else init)
    return {name: value.float() for name, value in given.items()}


def grown(net: FilmNet, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of a smaller FilmNet as weights of `net`, which then computes the same picture.

    Old channels do not see the new ones, and layers behind the old ones hand the old channels on
    (function-preserving growth, Chen et al. 2016, "Net2Net"); new channels keep their fresh weights.
    What the smaller net has in another shape (the tail of another scale) is left out.
    """
    weights = dict[str, Tensor]()
    channels = given["head.weight"].shape[0] if "head.weight" in given else 0
    for name, fresh in net.state_dict().items():
        old = given.get(name)
        if old is not None and _fits_inside(old, fresh):
            value = fresh.clone()
            value[: old.shape[0]] = 0
            value[tuple(slice(side) for side in old.shape)] = old
            weights[name] = value
        elif old is None and channels and name.startswith("body."):
            weights[name] = _handing_on(fresh, channels)
        elif old is None and channels and name.startswith("bends."):
            weights[name] = torch.ones_like(fresh)
    return weights


def _fits_inside(old: Tensor, fresh: Tensor) -> bool:
    """Whether all sides but the kernel's may have grown."""
    same = old.shape[2:] == fresh.shape[2:] and old.ndim == fresh.ndim
    return same and all(a <= b for a, b in zip(old.shape[:2], fresh.shape[:2], strict=True))


def _handing_on(fresh: Tensor, channels: int) -> Tensor:
    """A layer's fresh weights or bias, except that its first `channels` come out as they go in."""
    value = fresh.clone()
    value[:channels] = 0
    if value.ndim == 4:
        value[range(channels), range(channels), 1, 1] = 1
    return value
