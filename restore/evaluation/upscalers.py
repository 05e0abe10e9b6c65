"""What upscales an old film: networks, and baselines for comparison, behind one interface."""

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
NLMEANS, DENOISED = "nlmeans + Lanczos", "nlmeans"

BASELINES = (LANCZOS, UNTOUCHED, NLMEANS, DENOISED)
"""Names of the baselines in the tables: enlarged, and at the film's own size."""


@dataclass(frozen=True)
class NetCost:
    """The cost of a network, independent of the machine.

    parameters: their number; macs: multiply-accumulate operations per input pixel.
    """

    parameters: int
    macs: float


@dataclass(frozen=True)
class Upscaler:
    """One row of the table.

    restore: (aged luma [T, 1, h, w], frames wanted) -> these, one by one, [1, 1, h * scale, w * scale],
    nominal 0..1. cost is None for what is not a network.
    """

    name: str
    scale: int
    restore: Callable[[Tensor, range], Iterator[Tensor]]
    cost: NetCost | None = None


def model(name: str, engine: Engine, title: str = "") -> Upscaler:
    """A luma model by name, folder or file, applied frame by frame with its window of frames.

    `title` is its name in the table (default: name and version).
    """
    return network(title or find(name).full_name, load_network(name, engine), engine)


def network(name: str, net: nn.Module, engine: Engine) -> Upscaler:
    """A network from windows of luma [N, frames, h, w] to [N, 1, h * scale, w * scale], on its device."""
    frames, kind = cast(int, net.frames), number_format(net, engine)

    def one(aged: Tensor, frame: int) -> Tensor:
        window = frame_windows(aged, frame, frame + 1, frames // 2).to(engine.device, kind)
        with torch.inference_mode():
            result = cast(Tensor, net(window.contiguous(memory_format=torch.channels_last)))
        return result.float().cpu()

    return Upscaler(name, cast(int, net.scale), _each(one), cost_of(net, frames))


def _each(one: Callable[[Tensor, int], Tensor]) -> Callable[[Tensor, range], Iterator[Tensor]]:
    """An upscaler's `restore` that applies a function frame by frame."""
    return lambda aged, frames: (one(aged, frame) for frame in frames)


def cost_of(net: nn.Module, frames: int, side: int = 32) -> NetCost:
    """Parameters, and the operations of all convolutions and linear layers, counted by running it."""
    total = 0

    def count(layer: nn.Module, _: Any, output: Tensor) -> None:
        nonlocal total
        weight = cast(Tensor, layer.weight)
        positions = output[:, 0].numel() if output.ndim == 4 else output[..., 0].numel()
        total += weight.numel() * positions

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
    """Lanczos with three lobes, ordinary resampling; at scale 1 the film unchanged."""
    return Upscaler(
        LANCZOS if scale > 1 else UNTOUCHED,
        scale,
        _each(lambda aged, frame: enlarged(aged[frame : frame + 1], scale)),
    )


def nlmeans(scale: int) -> Upscaler:
    """Non-local means (Buades et al. 2005; OpenCV's), then Lanczos.

    Its strength is the noise level measured in the frame itself (`noise_level`), by the same rule for
    every film, without the ground truth.
    """
    return Upscaler(
        NLMEANS if scale > 1 else DENOISED,
        scale,
        _each(lambda aged, frame: enlarged(denoised(aged[frame : frame + 1]), scale)),
    )


def enlarged(luma: Tensor, scale: int) -> Tensor:
    """Lanczos enlargement of [T, 1, h, w]."""
    height, width = luma.shape[-2:]
    source = (luma_axis(width), luma_axis(height))
    return resample(luma, source, (luma_axis(width * scale), luma_axis(height * scale)))


def denoised(luma: Tensor) -> Tensor:
    """One frame [1, 1, h, w] denoised by OpenCV's non-local means with the strength of its own noise."""
    codes = luma[0, 0].mul(255).round().clamp(0, 255).to(torch.uint8).numpy()
    strength = 255 * noise_level(luma)
    clean = cast(Any, cv2.fastNlMeansDenoising(codes, None, strength, 7, 21))
    return torch.from_numpy(clean)[None, None].float() / 255


def noise_level(luma: Tensor) -> float:
    """Standard deviation of the noise in [1, 1, h, w], estimated with a difference of Laplacians.

    The mask is Immerkaer's (1996), whose response to flat and linear areas is zero; the median of its
    magnitude instead of the mean excludes edges (Donoho and Johnstone 1994).
    """
    mask = torch.tensor([[1.0, -2, 1], [-2, 4, -2], [1, -2, 1]])
    response = torch.nn.functional.conv2d(luma, mask.view(1, 1, 3, 3))
    return float(response.abs().median()) / 0.6745 / 6
