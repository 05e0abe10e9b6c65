"""The task "prsr": tiny pictures and what they may have shown.

From top to bottom: the task, its samples, its validation. The networks are in `nets/prsr.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from restore.ageing.random_streams import seeded
from restore.errors import UsageError
from restore.evaluation.photographs import Photo
from restore.nets.prsr import LARGE, PixelRecursive, PixelRegression, reduced
from restore.training.batches import Sample
from restore.training.settings import TrainSettings
from restore.training.settings_check import new_net
from restore.training.tasks.color_pictures import color_pictures
from restore.training.tasks.task import ROWS, Task, TaskContext, image_rows
from restore.training.training_events import Validated


def prsr_task(settings: TrainSettings, context: TaskContext, reference: TrainSettings) -> Task:
    """The task with these settings; validation with those of `reference`."""
    pictures, held_out = color_pictures(settings, context, reference.stills_per_film)
    net = new_net(settings, settings.arguments, context.data)
    if not isinstance(net, PixelRecursive | PixelRegression):
        what = f"{settings.architecture} cannot be trained for the task prsr."
        todo = "Use PixelRecursive or PixelRegression."
        raise UsageError(what, "architecture", todo, code="network-unsuitable")
    truths = [
        tiny_crop(photo.rgb, seeded(reference.seed, at, 0), reference.smallest_crop)
        for at, photo in enumerate(held_out)
    ]
    return Task(
        net=net,
        arguments=settings.arguments,
        draw=_TinyPictures([*pictures.photos, *pictures.stills], settings.smallest_crop),
        loss=lambda output, truth: output.mean(0).sum(),
        validate=_TinyValidation(torch.cat(truths)) if truths else None,
    )


# Samples: square crops of photographs, scaled down to 32x32. The network reduces them further itself.


@dataclass(frozen=True)
class _TinyPictures:
    """Draws R'G'B' [1, 3, 32, 32], 0..1, which is both the input and the ground truth."""

    photos: Sequence[Photo]
    smallest: float

    def __call__(self, generator: Generator) -> Sample:
        at = int(torch.randint(0, len(self.photos), (), generator=generator))
        picture = tiny_crop(self.photos[at].rgb, generator, self.smallest)
        return picture, picture


def tiny_crop(rgb: Tensor, generator: Generator, smallest: float) -> Tensor:
    """A random square crop of uint8 [3, H, W] as [1, 3, 32, 32], 0..1; half of them are mirrored.

    Its side is `smallest` to 1 times the shorter side, and 32 pixels or more.
    """
    height, width = rgb.shape[-2:]
    shortest = min(height, width)
    share = smallest + (1 - smallest) * float(torch.rand((), generator=generator))
    side = min(shortest, max(LARGE, round(share * shortest)))
    top = int(torch.randint(0, height - side + 1, (), generator=generator))
    left = int(torch.randint(0, width - side + 1, (), generator=generator))
    crop = rgb[None, :, top : top + side, left : left + side].float() / 255
    small = functional.interpolate(crop, size=(LARGE, LARGE), mode="area")
    return small.flip(-1) if int(torch.randint(0, 2, (), generator=generator)) else small


# Validation: one crop of each held-out photograph, always the same one.


@dataclass(frozen=True)
class _TinyValidation:
    """Bits per value of the true pictures; of a regression, its PSNR."""

    truths: Tensor

    def __call__(self, net: nn.Module, step: int) -> Validated:
        truths = self.truths.to(next(net.parameters()).device)
        with torch.no_grad():
            found = torch.cat([net(part).cpu() for part in truths.split(16)]).double().mean(0)
        rows = [[tiny, true] for tiny, true in zip(_shown(truths), truths.cpu(), strict=False)]
        pictures = image_rows(rows[:ROWS])
        if isinstance(net, PixelRegression):
            score = -10 * math.log10(float(found[0]))
            return Validated(step, float(found[0]), score, "PSNR dB", pictures)
        bits = float(found[0]) / math.log(2)
        return Validated(step, float(found.sum()), bits, "bits per value", pictures)


def _shown(truths: Tensor) -> Tensor:
    """The inputs of the first pictures, at the size of the output."""
    return functional.interpolate(reduced(truths[:ROWS]), size=LARGE, mode="nearest").cpu()
