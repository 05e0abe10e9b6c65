"""What cannot work is found before anything is made: networks that are none, patches that do not fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from restore.errors import UsageError, is_out_of_memory
from restore.nets import catalog
from restore.training.fidelity import LEAST_SIDE
from restore.training.settings import PairSettings, TrainSettings
from restore.training.warmstart import kept, started


def new_net(settings: TrainSettings, arguments: Mapping[str, int], data: Path) -> nn.Module:
    """A network as the settings say, with the weights of `init`, tried on one patch.

    Raises UsageError for a network that there is not, for arguments that it does not have, for one
    that does not do this task, and for names, `init` or `keep` that do not fit it.
    """
    name = settings.architecture
    try:
        net = catalog.build(name, arguments)
    except KeyError as error:
        known = f"This version of restore knows {', '.join(sorted(catalog.NETS))}."
        raise UsageError(f"Unknown network {name!r}.", "architecture", known) from error
    except (TypeError, ValueError, RuntimeError) as error:
        raise _unfit(settings, error) from error
    _check_prefixes(net, settings)
    started(net, settings.init, data)
    kept(net.state_dict(), settings.init, data, settings.keep)
    _try(net, settings)
    return net


def _check_prefixes(net: nn.Module, settings: TrainSettings) -> None:
    """UsageError for beginnings of names with which no name in the network begins."""
    names = [*dict(net.named_parameters()), *dict(net.named_modules())]
    for place, prefixes in (("slow", settings.slow), ("monitor.layers", settings.monitor.layers)):
        for prefix in prefixes:
            if not any(name.startswith(prefix) for name in names):
                todo = f"Some names: {', '.join(list(dict(net.named_parameters()))[:6])} ..."
                raise UsageError(f"No name in the network begins with {prefix!r}.", place, todo)


def _try(net: nn.Module, settings: TrainSettings) -> None:
    """One pass of one patch: UsageError where the network does not give what the task wants."""
    upscale, size = settings.task == "upscale", settings.patch
    given = torch.zeros(1, getattr(net, "frames", 1), size, size)
    side = size * getattr(net, "scale", 1) if upscale else size // 4
    net.eval()  # statistics of batches stay as they are
    try:
        with torch.no_grad():
            found = net(given)
    except (RuntimeError, ValueError) as error:
        if is_out_of_memory(error):
            raise
        raise _unfit(settings, error) from error
    net.train()
    planes = 1 if upscale else net.get_buffer("centres").shape[0]
    if found.shape != (1, planes, side, side):
        raise _unfit(settings, ValueError(f"it gives {tuple(found.shape[1:])} for a patch"))


def _unfit(settings: TrainSettings, error: Exception) -> UsageError:
    reason = str(error).partition("\n")[0]
    what = f"{settings.architecture} cannot be trained to {settings.task} like this: {reason}."
    todo = "The train.toml of a model that ships (models/) shows what fits together."
    return UsageError(what, f"architecture, arguments and patch = {settings.patch}", todo)


def check_patch(settings: TrainSettings, pairs: PairSettings, scale: int, shrink: int) -> None:
    """UsageError for patches larger than the aged shots, or too small for the losses asked for."""
    across, down = pairs.width // shrink, pairs.height // shrink
    if settings.patch > min(across, down):
        what = f"A patch of {settings.patch} does not fit into aged shots of {across}x{down}."
        where = f"pairs.width and height ({pairs.width}x{pairs.height}), {shrink} times smaller"
        raise UsageError(what, where, "Choose larger excerpts or a smaller patch.")
    asked = {name: getattr(settings, name) for name in ("fidelity", "detail", "structure")}
    terms = [name for name, weight in asked.items() if weight]
    if terms and settings.patch * scale < LEAST_SIDE:
        what = f"A patch of {settings.patch} is too small for {', '.join(terms)}."
        where = f"it is {settings.patch * scale} samples wide at the net's scale of {scale}"
        todo = f"Choose patch = {-(-LEAST_SIDE // scale)} or more, or weights of 0."
        raise UsageError(what, where, todo)
