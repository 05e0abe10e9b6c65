"""What enlarges an old film: networks behind one interface, and the baselines that they must beat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import cv2
import torch
from torch import Tensor, nn

from restore.filters.resample import luma_axis, resample
from restore.filters.windows import frame_windows
from restore.models import find
from restore.treatments.network import load_network, number_format
from restore.treatments.treatment import Engine

LANCZOS, UNTOUCHED = "Lanczos", "untouched"
NLMEANS, CLEANED = "nlmeans + Lanczos", "nlmeans"

BASELINES = (LANCZOS, UNTOUCHED, NLMEANS, CLEANED)
"""Names in the tables that no model may bear as well: larger, and at the film's own size."""


@dataclass(frozen=True)
class NetCost:
    """What a network costs, whatever the machine.

    parameters: how many; macs: multiplications with addition for each pixel of the input.
    """

    parameters: int
    macs: float


@dataclass(frozen=True)
class Upscaler:
    """One line of the table.

    restore: (aged luma [T, 1, h, w], frames wanted) -> these, one by one, [1, 1, h * scale, w * scale],
    nominal 0..1. cost is None for what is no network.
    """

    name: str
    scale: int
    restore: Callable[[Tensor, range], Iterator[Tensor]]
    cost: NetCost | None = None


def model(name: str, engine: Engine, title: str = "") -> Upscaler:
    """A luma model by name, folder or file, frame by frame, with the neighbors that it asks for.

    `title` stands in the table instead of the name with its version.
    """
    return network(title or find(name).full_name, load_network(name, engine), engine)


def network(name: str, net: nn.Module, engine: Engine) -> Upscaler:
    """A net from windows of luma [N, frames, h, w] to [N, 1, h * scale, w * scale], ready on its engine."""
    frames, kind = cast(int, net.frames), number_format(net, engine)

    def one(aged: Tensor, frame: int) -> Tensor:
        window = frame_windows(aged, frame, frame + 1, frames // 2).to(engine.device, kind)
        with torch.inference_mode():
            result = cast(Tensor, net(window.contiguous(memory_format=torch.channels_last)))
        return result.float().cpu()

    return Upscaler(name, cast(int, net.scale), _each(one), cost_of(net, frames))


def _each(one: Callable[[Tensor, int], Tensor]) -> Callable[[Tensor, range], Iterator[Tensor]]:
    """What restores frames one at a time."""
    return lambda aged, frames: (one(aged, frame) for frame in frames)


def cost_of(net: nn.Module, frames: int, side: int = 32) -> NetCost:
    """Parameters, and the multiplications of all convolutions and linear layers, found by running it."""
    total = 0

    def count(layer: nn.Module, _: Any, output: Tensor) -> None:
        nonlocal total
        weight = cast(Tensor, layer.weight)
        places = output[:, 0].numel() if output.ndim == 4 else output[..., 0].numel()
        total += weight.numel() * places

    layers = [layer for layer in net.modules() if isinstance(layer, (nn.Conv2d, nn.Linear))]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    try:
        with torch.inference_mode():
            net(torch.zeros(1, frames, side, side).to(next(net.parameters())))
    finally:
        for hook in hooks:
            hook.remove()
    return NetCost(sum(part.numel() for part in net.parameters()), total / side**2)


def lanczos(scale: int) -> Upscaler:
    """Lanczos over three lobes: what every player does, the least to beat. At scale 1: the film as it is."""
    return Upscaler(
        LANCZOS if scale > 1 else UNTOUCHED,
        scale,
        _each(lambda aged, frame: enlarged(aged[frame : frame + 1], scale)),
    )


def nlmeans(scale: int) -> Upscaler:
    """Non-local means (Buades et al. 2005; OpenCV's), then Lanczos.

    Its strength is the noise that is found in the frame itself (`noise_level`), by rule and for every
    film alike, never chosen by the truth.
    """
    return Upscaler(
        NLMEANS if scale > 1 else CLEANED,
        scale,
        _each(lambda aged, frame: enlarged(denoised(aged[frame : frame + 1]), scale)),
    )


def enlarged(luma: Tensor, scale: int) -> Tensor:
    """Lanczos enlargement of [T, 1, h, w]."""
    height, width = luma.shape[-2:]
    source = (luma_axis(width), luma_axis(height))
    return resample(luma, source, (luma_axis(width * scale), luma_axis(height * scale)))


def denoised(luma: Tensor) -> Tensor:
    """One frame [1, 1, h, w] through OpenCV's non-local means at the strength of its own noise."""
    codes = luma[0, 0].mul(255).round().clamp(0, 255).to(torch.uint8).numpy()
    strength = 255 * noise_level(luma)
    clean = cast(Any, cv2.fastNlMeansDenoising(codes, None, strength, 7, 21))
    return torch.from_numpy(clean)[None, None].float() / 255


def noise_level(luma: Tensor) -> float:
    """Standard deviation of the noise in [1, 1, h, w], blind: what a difference of Laplacians leaves.

    The mask is Immerkaer's (1996), which answers neither to flat nor to sloping picture; the median of
    its magnitude instead of the mean keeps edges out (Donoho and Johnstone 1994).
    """
    mask = torch.tensor([[1.0, -2, 1], [-2, 4, -2], [1, -2, 1]])
    left = torch.nn.functional.conv2d(luma, mask.view(1, 1, 3, 3))
    return float(left.abs().median()) / 0.6745 / 6
