"""The task "pixcolor": the colors of gray pictures as a distribution.

From top to bottom: the task, its samples, its validation. The network is `nets/pixcolor.py`; its features
come from the color network that `conditioning` names, which is not trained.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from restore import models
from restore.errors import UsageError
from restore.evaluation.benchmark import colored
from restore.nets.color_resnet import ColorResNet
from restore.nets.pixcolor import PixColor, from_levels, to_levels
from restore.store import digest_bytes, make_folder
from restore.training.batches import Sample
from restore.training.feature_crops import Crop, FeatureCrops
from restore.training.gray_samples import gray_samples
from restore.training.settings import TrainSettings
from restore.training.settings_check import new_net
from restore.training.tasks.color_pictures import ColorPictures, GraySamples, color_pictures
from restore.training.tasks.task import ROWS, Task, TaskContext, image_rows
from restore.training.training_events import Validated


def pixcolor_task(settings: TrainSettings, context: TaskContext, reference: TrainSettings) -> Task:
    """The task with these settings; validation with those of `reference`."""
    pictures, held_out = color_pictures(settings, context, reference.stills_per_film)
    color = _color_network(settings)
    net = new_net(settings, settings.arguments, context.data)
    if not isinstance(net, PixColor):
        what = f"{settings.architecture} cannot be trained for the task pixcolor."
        raise UsageError(what, "architecture", "Use PixColor.", code="network-unsuitable")
    validate = None
    if held_out:
        pairs = gray_samples(held_out, reference.ageing, reference.patch_size, reference.seed)
        validate = _Validation([_joined(_with_features(color, *pair)) for pair in _single(pairs)])
    return Task(
        net=net,
        arguments=settings.arguments,
        draw=_FeatureSamples(_crops(settings, context, pictures, color)),
        loss=lambda output, truth: (
            output.mean(0) @ output.new_tensor([1.0, settings.refine_weight])
        ),
        validate=validate,
    )


def _color_network(settings: TrainSettings) -> ColorResNet:
    """The color network whose features are used; UsageError if there is none that fits."""
    name = settings.conditioning
    net = models.load(models.find(name)) if name else None
    if not isinstance(net, ColorResNet):
        what = "The features need a color network of the kind ColorResNet."
        todo = "Set conditioning to its name or folder."
        raise UsageError(what, "conditioning", todo, code="network-unsuitable")
    return net.eval().requires_grad_(False)


# Samples: a film-like gray crop's features, the gray and its true chroma, all at a quarter of its size.


@dataclass(frozen=True)
class _FeatureSamples:
    """Draws what the network gets, and the chroma (the network sees it, too: it scores it)."""

    crop: Callable[[Generator], Crop]

    def __call__(self, generator: Generator) -> Sample:
        crop = {name: plane.float() for name, plane in self.crop(generator).items()}
        return _joined(crop), crop["chroma"]


def _crops(
    settings: TrainSettings, context: TaskContext, pictures: ColorPictures, color: ColorResNet
) -> Callable[[Generator], Crop]:
    """Draws a crop with its features: a new one each time, or one of `prepared_crops`."""
    grays = GraySamples(pictures, settings.film_share, settings.ageing, settings.patch_size)

    def new(generator: Generator) -> Crop:
        return _with_features(color, *grays(generator))

    if not settings.prepared_crops:
        return new
    names = [photo.name for photo in (*pictures.photos, *pictures.stills)]
    values = settings.model_dump_json(include={"ageing", "film_share", "patch_size", "seed"})
    weights = models.find(settings.conditioning).sha256
    key = digest_bytes(repr((names, values, weights)).encode())[:12]
    folder = make_folder(context.work / "crops" / key)
    return FeatureCrops(new, folder, settings.prepared_crops, settings.seed)


def _with_features(color: ColorResNet, gray: Tensor, chroma: Tensor) -> Crop:
    """Gray [N, 1, h, w] and its true chroma [N, 2, h/4, w/4] with the color network's features."""
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        decoded = color.decoded(gray)
    return {
        "eighth": decoded.eighth.float(),
        "quarter": decoded.quarter.float(),
        "gray": functional.avg_pool2d(gray, 4),
        "chroma": chroma,
    }


def _joined(crop: Crop) -> Tensor:
    """The input of PixColor's training [N, planes, h/4, w/4]."""
    eighth = crop["eighth"].repeat_interleave(2, -1).repeat_interleave(2, -2)
    return torch.cat([eighth, crop["quarter"], crop["gray"], crop["chroma"]], 1)


def _single(pairs: Sample) -> list[Sample]:
    """The samples of a batch, one by one: all at once need much memory."""
    return list(zip(pairs[0].split(1), pairs[1].split(1), strict=True))


# Validation: the same crops of the held-out pictures each time.


@dataclass(frozen=True)
class _Validation:
    """Bits per value of the true colors, and the RMSE of the refined chroma in code values."""

    given: Sequence[Tensor]

    def __call__(self, net: nn.Module, step: int) -> Validated:
        pixcolor = cast(PixColor, net)
        device = next(pixcolor.parameters()).device
        with torch.no_grad():
            found = torch.cat([pixcolor(each.to(device)).cpu() for each in self.given])
            rows = [_shown(pixcolor, each.to(device)) for each in self.given[:ROWS]]
        surprise, error = found.mean(0).tolist()
        return Validated(step, error, surprise / math.log(2), "bits per value", image_rows(rows))


def _shown(net: PixColor, given: Tensor) -> list[Tensor]:
    """The gray, the refined low-resolution chroma with it, and the true colors."""
    _, quarter, gray, chroma = given.split([net.eighth, net.quarter, 1, 2], 1)
    coarse = from_levels(to_levels(functional.avg_pool2d(chroma, 2)))
    found = net.refined(coarse, quarter, gray)
    return [gray[0].cpu().expand(3, -1, -1), *(colored(gray, c)[0].cpu() for c in (found, chroma))]
