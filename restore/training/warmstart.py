"""Warm starts: a fresh network takes over weights, from its like or from a smaller one of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from restore.errors import UsageError
from restore.models.published import read_safetensors
from restore.nets.film import FilmNet


def started(net: nn.Module, init: str, data: Path) -> nn.Module:
    """Take over the weights of a file that fit the net by name and shape; the rest stays fresh.

    `init` lies in the data folder or, where it is not there, is seen from the current directory. A
    FilmNet may also start from one with fewer channels and layers and a shorter window (see `grown`).
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


def given_bins(init: str, data: Path) -> Tensor | None:
    """The chroma bins [bins, 2] of the color net that a run goes on from; None for a trunk alone, or nothing.

    Its scores mean these, so a net that goes on from it has the same, whatever colors the new data have.
    """
    return _read(init, data).get("centres") if init else None


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
    place = data / init if (data / init).is_file() else Path(init)
    try:
        given = read_safetensors(place)
    except OSError as error:
        todo = "A .safetensors file is wanted, such as a model's weights."
        what = f"Cannot read the weights to start from: {error.strerror}."
        raise UsageError(what, init, todo) from error
    return {name: value.float() for name, value in given.items()}


def grown(net: FilmNet, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of a smaller FilmNet as weights of `net`, which then computes the same picture.

    Old channels do not see the new ones, a longer window's outer frames are not looked at, and layers
    that were added hand the old channels on (function-preserving growth, Chen et al. 2016, "Net2Net").
    New channels keep their fresh weights. What the smaller net has in another shape (the tail of
    another scale) is left out.
    """
    weights = dict[str, Tensor]()
    deep = _deepened(given, len(net.body))
    for name, fresh in net.state_dict().items():
        old = deep.get(name)
        if old is not None and _fits_inside(old, fresh):
            first = (fresh.shape[1] - old.shape[1]) // 2 if name == "head.weight" else 0
            weights[name] = _placed(old, fresh, first)
    return weights


def _deepened(given: Mapping[str, Tensor], depth: int) -> dict[str, Tensor]:
    """The weights of a net with `depth` layers: those added stand, spread evenly, behind the old ones.

    They and the one before them have the same root of its bend's slope: behind a slope of one, which
    would change nothing either, a layer adds nothing, and seldom learns to.
    """
    old_depth = sum(name.startswith("body.") and name.endswith(".bias") for name in given)
    if not old_depth or old_depth >= depth:
        return dict(given)
    deep = {name: value for name, value in given.items() if not name.startswith("body.")}
    origin = [at * old_depth // depth for at in range(depth)]
    for at, old in enumerate(origin):
        weight, bias = (given[f"body.{old}.{kind}"] for kind in ("weight", "bias"))
        if at and origin[at - 1] == old:
            weight, bias = torch.zeros_like(weight), torch.zeros_like(bias)
            nn.init.dirac_(weight)
        deep |= {f"body.{at}.weight": weight, f"body.{at}.bias": bias}
        slope = given[f"bends.{old + 1}.weight"].clamp(0, 1)
        deep[f"bends.{at + 1}.weight"] = slope ** (1 / origin.count(old))
    return deep


def _fits_inside(old: Tensor, fresh: Tensor) -> bool:
    """Whether all sides but the kernel's may have grown."""
    same = old.shape[2:] == fresh.shape[2:] and old.ndim == fresh.ndim
    return same and all(a <= b for a, b in zip(old.shape[:2], fresh.shape[:2], strict=True))


def _placed(old: Tensor, fresh: Tensor, first: int) -> Tensor:
    """Fresh weights whose first outputs see what the old ones saw, from input `first` on, and no more."""
    value = fresh.clone()
    value[: old.shape[0]] = 0
    sides = [slice(side) for side in old.shape]
    if old.ndim > 1:
        sides[1] = slice(first, first + old.shape[1])
    value[tuple(sides)] = old
    return value
