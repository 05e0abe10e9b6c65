"""The task "upscale": a window of aged luma in, its sharp, clean middle frame out.

From top to bottom: the task, its data, its loss, its validation. The network is `nets/film.py`, the ageing
`restore/ageing`, the loss terms `training_losses.py` and `perceptual_losses.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil
from pathlib import Path
from typing import cast

from torch import Generator, Tensor, nn
from torch.nn import functional

from restore.errors import UsageError
from restore.evaluation.clean_films import CleanFilm
from restore.evaluation.metrics import psnr
from restore.evaluation.photographs import Photo, read_photos
from restore.training.aged_pairs import Patches, ShotList, whole_frames
from restore.training.batches import Sample
from restore.training.collage import photo_film
from restore.training.perceptual_losses import detail_loss, ssim_loss, vif_loss
from restore.training.settings import LossSettings, PairSettings, TrainSettings
from restore.training.settings_check import check_patch, new_net
from restore.training.tasks.prepared_shots import VALIDATION, prepared_shots, split_shots
from restore.training.tasks.task import (
    PHOTOS,
    Loss,
    Task,
    TaskContext,
    answer,
    image_rows,
)
from restore.training.training_events import Validated
from restore.training.training_losses import l1_loss, log_mse_loss


def upscale_task(settings: TrainSettings, context: TaskContext, reference: TrainSettings) -> Task:
    """The task with these settings; validation with those of `reference`."""
    if settings.pairs is None:
        what = 'The task "upscale" needs a table [pairs].'
        raise UsageError(what, "train.toml", code="settings-invalid")
    net = new_net(settings, settings.arguments, context.data)
    scale, frames = cast(int, net.scale), cast(int, net.frames)
    shrink = settings.pairs.scale or scale
    if shrink % scale:
        what = f"pairs.scale = {shrink} is not a multiple of the network's scale {scale}."
        raise UsageError(what, "train.toml", code="settings-invalid")
    check_patch(settings, settings.pairs, scale, shrink)
    training, held_out = _shots(settings, settings.pairs, reference, shrink, context)
    patches = Patches(training, settings.patch_size, shrink, frames, settings.pairs.repeat_chance)
    return Task(
        net=net,
        arguments={**settings.arguments, "scale": scale, "frames": frames},
        draw=_PatchSamples(patches, shrink // scale),
        loss=_luma_loss(settings.loss),
        validate=_LumaValidation(held_out, frames, shrink // scale, _luma_loss(reference.loss))
        if held_out
        else None,
    )


# Data: shots aged once and stored, of which each sample is a patch.


@dataclass(frozen=True)
class _PatchSamples:
    """Draws a window [1, frames, h, w] and its ground truth at the network's output size."""

    patches: Patches
    reduction: int
    """how many times larger the stored ground truth is than the network's output"""

    def __call__(self, generator: Generator) -> Sample:
        return _reduced(self.patches.draw(generator), self.reduction)


def _reduced(sample: Sample, reduction: int) -> Sample:
    """The sample with its ground truth scaled down to the network's output size."""
    window, truth = sample
    return window, functional.avg_pool2d(truth, reduction)


def _shots(
    settings: TrainSettings,
    pairs: PairSettings,
    reference: TrainSettings,
    shrink: int,
    context: TaskContext,
) -> tuple[list[Path], list[Path]]:
    """The files of the aged shots to train on, and of those held out for validation."""

    def to_train(films: list[Path]) -> list[Path]:
        sources = _sources(films, pairs, context)
        shots = ShotList(sources, pairs, settings.ageing, shrink, (settings.seed,))
        return _prepared(shots, settings.patch_size, context)

    def to_validate(films: list[Path]) -> list[Path]:
        few = (reference.pairs or pairs).model_copy(update={"shots": settings.validation.count})
        seeds = (reference.seed, VALIDATION)
        shots = ShotList(tuple(films), few, reference.ageing, shrink, seeds)
        return _prepared(shots, settings.patch_size, context)

    return split_shots(settings, context, to_train, to_validate)


def _sources(films: list[Path], pairs: PairSettings, context: TaskContext) -> tuple[Path, ...]:
    """What shots are made from, in turn: the films, and the folder of photographs by its share.

    If there are more films than shots for them, the films used are evenly spaced in their order.
    """
    count = max(1, pairs.shots - round(pairs.shots * pairs.photo_share))
    if len(films) > count:
        context.note(f"Only {count} of {len(films)} films are used: pairs.shots is too small.")
        films = [films[at * len(films) // count] for at in range(count)]
    photos = ceil(len(films) * pairs.photo_share / (1 - pairs.photo_share))
    return (*films, *[context.data / PHOTOS] * photos)


def _prepared(shots: ShotList, patch_size: int, context: TaskContext) -> list[Path]:
    """The shots' files; those whose shots are smaller than a patch are left out with a note."""
    photographs = cache(lambda: photo_film(_photographs(context)))

    def open_source(path: Path) -> CleanFilm:
        return photographs() if path == context.data / PHOTOS else context.open_film(path)

    return prepared_shots(shots, patch_size, "aged", open_source, context)


def _photographs(context: TaskContext) -> list[Photo]:
    """The photographs for training; UsageError if there are none."""
    folder = context.data / PHOTOS
    photos = read_photos(folder, validation=False, leave_out=context.note_left_out)
    if not photos:
        todo = "Put photographs (jpg, png, webp ... or tar files of them) into it."
        what = "There are no photographs to train on."
        raise UsageError(what, str(folder), todo, code="no-training-data")
    return photos


# Loss: L1 and the terms that have a weight.


def _luma_loss(weights: LossSettings) -> Loss:
    """The weighted sum of the loss terms."""
    terms = {
        log_mse_loss: weights.log_mse,
        vif_loss: weights.vif,
        detail_loss: weights.detail,
        ssim_loss: weights.ssim,
    }

    def loss(output: Tensor, truth: Tensor) -> Tensor:
        total = l1_loss(output, truth, weights.fourier, weights.gradient)
        return total + sum(weight * term(output, truth) for term, weight in terms.items() if weight)

    return loss


# Validation: whole frames of films that do not train.


@dataclass(frozen=True)
class _LumaValidation:
    """The loss and PSNR of a network on the middle frames of held-out shots."""

    shots: Sequence[Path]
    frames: int
    reduction: int
    loss: Loss

    def __call__(self, net: nn.Module, step: int) -> Validated:
        losses: list[float] = []
        scores: list[float] = []
        rows: list[list[Tensor]] = []
        for path in self.shots:
            window, truth = _reduced(whole_frames(path, self.frames), self.reduction)
            output = answer(net, window)
            losses.append(float(self.loss(output, truth)))
            scores.append(psnr(output, truth))
            middle = functional.interpolate(window[:, self.frames // 2, None], truth.shape[-2:])
            rows.append([middle[0], output[0], truth[0]])
        loss, score = (sum(values) / len(values) for values in (losses, scores))
        return Validated(step, loss, score, "PSNR dB", image_rows(rows))
