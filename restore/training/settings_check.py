"""Checks before anything is made: does the network exist, does it do the task, do patches fit?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from restore.errors import UsageError, is_out_of_memory
from restore.nets import catalog
from restore.nets.deinterlace import FIELDS, PLANES
from restore.nets.prsr import PixelRegression
from restore.training.init_weights import load_init_weights, mixed_with_init
from restore.training.perceptual_losses import MIN_SIDE
from restore.training.settings import PairSettings, TrainSettings


def new_net(settings: TrainSettings, arguments: Mapping[str, int], data: Path) -> nn.Module:
    """The network of the settings with its initial weights, tried on one patch.

    Raises UsageError for an unknown network, for arguments that it does not have, for a network that
    does not do this task, and for names, `init` or `init_share` that do not fit it.
    """
    name = settings.architecture
    try:
        net = catalog.build(name, arguments)
    except KeyError as error:
        known = f"This version of restore has {', '.join(sorted(catalog.NETS))}."
        what = f"Unknown network {name!r}."
        raise UsageError(what, "architecture", known, code="network-unknown") from error
    except (TypeError, ValueError, RuntimeError) as error:
        raise _unsuitable(settings, error) from error
    _check_prefixes(net, settings)
    load_init_weights(net, settings.init, data)
    mixed_with_init(net.state_dict(), settings.init, data, settings.init_share)
    _try(net, settings)
    return net


def _check_prefixes(net: nn.Module, settings: TrainSettings) -> None:
    """UsageError for prefixes of layer names with which no name in the network starts."""
    names = [*dict(net.named_parameters()), *dict(net.named_modules())]
    for key, prefixes in (
        ("learning_rate_factors", settings.learning_rate_factors),
        ("monitor.layers", settings.monitor.layers),
    ):
        for prefix in prefixes:
            if not any(name.startswith(prefix) for name in names):
                what = f"No name in the network starts with {prefix!r}."
                todo = f"Some names: {', '.join(list(dict(net.named_parameters()))[:6])} ..."
                raise UsageError(what, key, todo, code="layer-unknown")


def _try(net: nn.Module, settings: TrainSettings) -> None:
    """One forward pass of one patch: UsageError if the output does not have the task's shape."""
    given, expected = _trial_shapes(net, settings)
    net.eval()  # batch statistics stay as they are
    try:
        with torch.no_grad():
            output = net(torch.zeros(given))
    except (RuntimeError, ValueError) as error:
        if is_out_of_memory(error):
            raise
        raise _unsuitable(settings, error) from error
    net.train()
    if output.shape != expected:
        problem = ValueError(f"its output for a patch is {tuple(output.shape[1:])}")
        raise _unsuitable(settings, problem)


def _trial_shapes(
    net: nn.Module, settings: TrainSettings
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The shapes of the network's input and output for one patch."""
    size, quarter = settings.patch_size, settings.patch_size // 4
    if settings.task == "pixcolor":
        return (1, getattr(net, "planes", 1), quarter, quarter), (1, 2)
    if settings.task == "colorize":
        return (1, 1, size, size), (1, net.get_buffer("centres").shape[0], quarter, quarter)
    if settings.task == "prsr":
        return (1, 3, size, size), (1, 1 if isinstance(net, PixelRegression) else 2)
    planes = getattr(net, "frames", 1)
    if settings.fields is not None:
        planes = 1 + (FIELDS if settings.fields.stage == "estimate" else PLANES)
    side = size * getattr(net, "scale", 1)
    return (1, planes, size, size), (1, 1, side, side)


def _unsuitable(settings: TrainSettings, error: Exception) -> UsageError:
    reason = str(error).partition("\n")[0]
    return UsageError(
        f"{settings.architecture} cannot be trained for the task {settings.task}: {reason}.",
        f"architecture, arguments and patch_size = {settings.patch_size}",
        "The train.toml of a model that ships (models/) is an example that works.",
        code="network-unsuitable",
    )


def check_patch(settings: TrainSettings, pairs: PairSettings, scale: int, shrink: int) -> None:
    """UsageError for patches larger than the aged shots, or too small for the loss terms.

    `scale` is the network's, `shrink` how many times smaller the aged shots are than their excerpts.
    """
    size = settings.patch_size
    width, height = pairs.width // shrink, pairs.height // shrink
    if size > min(width, height):
        raise UsageError(
            f"A patch of {size} pixels does not fit into aged shots of {width}x{height}.",
            f"pairs.width and height ({pairs.width}x{pairs.height}), {shrink} times smaller",
            "Choose larger excerpts or a smaller patch.",
            code="patch-too-large",
        )
    terms = [name for name in ("vif", "detail", "ssim") if getattr(settings.loss, name)]
    if terms and size * scale < MIN_SIDE:
        raise UsageError(
            f"A patch of {size} pixels is too small for {', '.join(terms)}.",
            f"it is {size * scale} samples wide at the network's scale of {scale}",
            f"Choose patch_size = {-(-MIN_SIDE // scale)} or more, or weights of 0.",
            code="patch-too-small",
        )
