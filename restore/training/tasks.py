"""What differs between the tasks: where batches come from, and what is minimized."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Generator, Tensor, nn
from torch.nn import functional

from restore.errors import UsageError
from restore.nets import catalog
from restore.training.bins import corner_table, occupied
from restore.training.degrade.amounts import Spread
from restore.training.losses import chroma_loss, sharpness_loss
from restore.training.pairs import Patches, ReadClip, prepare
from restore.training.photos import Photo, chroma_of, grey_batch, read_photos
from restore.training.settings import TrainSettings
from restore.training.split import TRAINING_CLIPS


@dataclass(frozen=True)
class Task:
    """A network to train, a source of batches (input, truth), and the loss of (output, truth)."""

    net: nn.Module
    arguments: dict[str, int]
    """what the network was built with"""
    batch: Callable[[Generator], tuple[Tensor, Tensor]]
    loss: Callable[[Tensor, Tensor], Tensor]


def open_task(settings: TrainSettings, data: Path, work: Path, read_clip: ReadClip) -> Task:
    """Prepare the data that are missing in `work` and start a network as the settings say."""
    torch.manual_seed(settings.seed)
    if settings.task == "upscale":
        return _upscale(settings, data, work, read_clip)
    return _colorize(settings, data)


def _upscale(settings: TrainSettings, data: Path, work: Path, read_clip: ReadClip) -> Task:
    pairs = settings.pairs
    if pairs is None:
        raise UsageError("Task upscale needs a [pairs] table.", "train.toml")
    clips = [data / "clips" / f"{name}.mp4" for name in TRAINING_CLIPS]
    scale, frames = settings.arguments["scale"], settings.arguments["frames"]
    paths = prepare(clips, read_clip, pairs, settings.ageing, scale, settings.seed, work / "pairs")
    patches = Patches(paths, scale, frames, pairs.repeat_chance)
    net = started(catalog.build(settings.architecture, settings.arguments), settings.init, data)
    return Task(
        net=net,
        arguments=settings.arguments,
        batch=lambda generator: patches.batch(settings.batch, settings.patch, generator),
        loss=lambda out, truth: sharpness_loss(out, truth, settings.spectrum, settings.gradient),
    )


def _colorize(settings: TrainSettings, data: Path) -> Task:
    photos = read_photos(data / "photos", validation=False)
    spacing = settings.bins.spacing
    centres = occupied(_chroma_samples(photos), spacing, settings.bins.least_share)
    arguments = {**settings.arguments, "bins": len(centres)}
    net = started(catalog.build(settings.architecture, arguments), settings.init, data)
    net.get_buffer("centres").copy_(centres)
    table = corner_table(centres, spacing)
    spread: Spread = settings.ageing
    return Task(
        net=net,
        arguments=arguments,
        batch=lambda generator: grey_batch(
            photos, spread, settings.batch, settings.patch, generator
        ),
        loss=lambda scores, chroma: chroma_loss(scores, chroma, table, spacing),
    )


def started(net: nn.Module, init: str, data: Path) -> nn.Module:
    """Take over the weights of a file that fit the net by name and shape; the rest stays fresh.

    `init` lies in the data folder or, where it is not there, is seen from the current directory.
    """
    if init:
        own = net.state_dict()
        given = load_file(data / init if (data / init).is_file() else init)
        fitting = {k: v.float() for k, v in given.items() if k in own and own[k].shape == v.shape}
        if not fitting:
            raise UsageError("No weight in the file fits the network.", init)
        net.load_state_dict(fitting, strict=False)
    return net


def _chroma_samples(photos: list[Photo]) -> Tensor:
    """Chroma of all photographs at a quarter of their size, [n, 2]."""
    small = (functional.avg_pool2d(chroma_of(photo.rgb.float()[None] / 255), 4) for photo in photos)
    return torch.cat([chroma.permute(0, 2, 3, 1).reshape(-1, 2) for chroma in small])
