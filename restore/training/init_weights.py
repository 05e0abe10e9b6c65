"""Initial weights: a new network takes over weights of an equal or of a smaller one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from restore.errors import UsageError
from restore.models import HISTORY, shelf
from restore.models.published import read_safetensors
from restore.nets.film import FilmNet


def load_init_weights(net: nn.Module, init: str, data: Path) -> nn.Module:
    """Take over the weights of a file that fit by name and shape; the others stay as initialized.

    `init` is a file in the data folder, a file relative to the current directory, or the name of a model
    that ships. A FilmNet may also start from one with fewer channels and layers and a shorter window
    (see `grown`), and a network's `trunk` from a file of this trunk alone.
    """
    if init:
        given = _read(init, data)
        if isinstance(net, FilmNet):
            given = grown(net, given)
        given |= {f"trunk.{name}": value for name, value in given.items()}
        own = net.state_dict()
        fitting = {k: v for k, v in given.items() if k in own and own[k].shape == v.shape}
        if not fitting:
            what = "No weight in the file fits the network by name and shape."
            raise UsageError(what, init, code="init-mismatch")
        net.load_state_dict(fitting, strict=False)
    return net


def init_bins(init: str, data: Path) -> Tensor | None:
    """The chroma bins [bins, 2] of the color network in the file; None for a trunk alone, or no file.

    The scores that it has learned refer to these, so a network that starts from it keeps them.
    """
    return _read(init, data).get("centres") if init else None


def mixed_with_init(
    trained: Mapping[str, Tensor], init: str, data: Path, share: float
) -> dict[str, Tensor]:
    """Share * initial weights + (1 - share) * trained weights; UsageError unless their shapes are equal.

    The interpolated network often has most of what the run improved and little of what it made worse
    (weight-space ensembles, Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").
    """
    if not share:
        return dict(trained)
    given = _read(init, data) if init else {}
    if {k: v.shape for k, v in given.items()} != {k: v.shape for k, v in trained.items()}:
        what = "The initial weights cannot be mixed with the trained ones: their shapes differ."
        todo = "Start from a network of the same size, or set init_share = 0."
        raise UsageError(what, init, todo, code="init-mismatch")
    return {name: value.lerp(given[name], share) for name, value in trained.items()}


def _read(init: str, data: Path) -> dict[str, Tensor]:
    """The weights of a file or of a model that ships, in fp32."""
    path = _path(init, data)
    try:
        given = read_safetensors(path)
    except OSError as error:
        what = f"Cannot read the initial weights: {error.strerror}."
        todo = f"Name a .safetensors file or a model that ships. For earlier versions: {HISTORY}"
        raise UsageError(what, init, todo, code="init-unreadable") from error
    return {name: value.float() for name, value in given.items()}


def _path(init: str, data: Path) -> Path:
    """The file that `init` means: in the data folder, in the current one, or of a model that ships."""
    for path in (data / init, Path(init)):
        if path.is_file():
            return path
    named = [card for card in shelf() if init in (card.name, card.full_name)]
    return named[-1].weights if named else Path(init)


def grown(net: FilmNet, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of a smaller FilmNet as weights of `net`, which then computes the same picture.

    Old channels do not see new ones, the outer frames of a longer window have no influence, and added
    layers pass the old channels on (function-preserving growth, Chen et al. 2016, "Net2Net"). New
    channels keep their initialization. Weights of another shape (the tail of another scale) are left
    out.
    """
    weights = dict[str, Tensor]()
    deep = _deepened(given, len(net.body))
    for name, fresh in net.state_dict().items():
        old = deep.get(name)
        if old is not None and _fits_inside(old, fresh):
            first = (fresh.shape[1] - old.shape[1]) // 2 if name == "head.weight" else 0
            weights[name] = _embedded(old, fresh, first)
    return weights


def _deepened(given: Mapping[str, Tensor], depth: int) -> dict[str, Tensor]:
    """The weights of a network with `depth` layers: added ones follow the old ones at equal distances.

    An added layer and the one before it get the same root of the old activation's slope. With a slope
    of one, which would not change the picture either, a layer adds nothing and seldom learns to.
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
    """Whether the shapes are equal except for sides that may have grown: all but the kernel's."""
    same = old.shape[2:] == fresh.shape[2:] and old.ndim == fresh.ndim
    return same and all(a <= b for a, b in zip(old.shape[:2], fresh.shape[:2], strict=True))


def _embedded(old: Tensor, fresh: Tensor, first: int) -> Tensor:
    """Fresh weights whose first outputs use the same inputs as the old ones, from input `first` on."""
    value = fresh.clone()
    value[: old.shape[0]] = 0
    sides = [slice(side) for side in old.shape]
    if old.ndim > 1:
        sides[1] = slice(first, first + old.shape[1])
    value[tuple(sides)] = old
    return value
