"""The task "colorize": a gray picture in, scores over chroma bins at a quarter of its size out.

From top to bottom: the task, its data, its chroma bins, its loss, its validation. The network is
`nets/color.py`, the ageing to film-like gray `gray_samples.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from restore.errors import UsageError
from restore.evaluation.benchmark import chroma_of, colored
from restore.evaluation.metrics import CODES, rms
from restore.evaluation.photographs import Photo
from restore.filters.chroma import read_out
from restore.models import Readout
from restore.training.chroma_bins import corner_table, on_grid, used_bins
from restore.training.gray_samples import gray_samples
from restore.training.init_weights import init_bins
from restore.training.settings import BinSettings, TrainSettings
from restore.training.settings_check import new_net
from restore.training.tasks.color_pictures import GraySamples, color_pictures
from restore.training.tasks.task import (
    Loss,
    Task,
    TaskContext,
    answer,
    image_rows,
)
from restore.training.training_events import Validated
from restore.training.training_losses import chroma_loss, mean_color_error


def colorize_task(settings: TrainSettings, context: TaskContext, reference: TrainSettings) -> Task:
    """The task with these settings; validation with those of `reference`."""
    pictures, held_out = color_pictures(settings, context, reference.stills_per_film)
    bins = _bins(settings, [*pictures.photos, *pictures.stills], context)
    arguments = {**settings.arguments, "bins": len(bins)}
    net = new_net(settings, arguments, context.data)
    net.get_buffer("centres").copy_(bins)
    spacing, weight = settings.bins.spacing, settings.bins.mean_weight
    loss = _ChromaLoss(bins, corner_table(bins, spacing), spacing, weight)
    return Task(
        net=net,
        arguments=arguments,
        draw=GraySamples(pictures, settings.film_share, settings.ageing, settings.patch_size),
        loss=loss,
        validate=_color_validation(reference, held_out, bins, loss) if held_out else None,
    )


# Bins: the cells of a grid over (Cb, Cr) that the pictures use.


def _bins(settings: TrainSettings, photos: Sequence[Photo], context: TaskContext) -> Tensor:
    """The chroma bins [bins, 2]: those of the initial network, or those that the pictures use."""
    given = init_bins(settings.init, context.data)
    if given is not None:
        return _checked_bins(given, settings)
    grid: BinSettings = settings.bins
    bins = used_bins(_chroma_samples(photos), grid.spacing, grid.min_share)
    if not len(bins):
        what = f"No chroma bin has a share of {grid.min_share:g} of the pixels."
        raise UsageError(what, "bins.min_share", "Choose a smaller value.", code="no-chroma-bins")
    return bins


def _checked_bins(given: Tensor, settings: TrainSettings) -> Tensor:
    """The bins of the initial network; UsageError unless they are on the settings' grid."""
    spacing = settings.bins.spacing
    bins = on_grid(given, spacing)
    if not torch.allclose(bins, given, rtol=0, atol=spacing / 100):
        what = f"The chroma bins of {settings.init} are not on a grid with spacing {spacing:g}."
        todo = "Use the spacing of that network's train.toml, or remove init."
        raise UsageError(what, "bins.spacing", todo, code="init-mismatch")
    return bins


def _chroma_samples(photos: Sequence[Photo]) -> Tensor:
    """The chroma of all photographs at a quarter of their size, [n, 2]."""
    small = (functional.avg_pool2d(chroma_of(photo.rgb.float()[None] / 255), 4) for photo in photos)
    return torch.cat([chroma.permute(0, 2, 3, 1).reshape(-1, 2) for chroma in small])


# Loss: cross-entropy with the four bins around the true chroma.


@dataclass(frozen=True)
class _ChromaLoss:
    """The cross-entropy of scores [N, bins, h, w] with chroma [N, 2, h, w], and the mean color's error."""

    bins: Tensor
    nearest_bins: Tensor
    spacing: float
    mean_weight: float

    def __call__(self, scores: Tensor, chroma: Tensor) -> Tensor:
        loss = chroma_loss(scores, chroma, self.nearest_bins.to(scores.device), self.spacing)
        if not self.mean_weight:
            return loss
        bins = self.bins.to(scores.device)
        return loss + self.mean_weight * mean_color_error(scores, chroma, bins, self.spacing)


# Validation: one crop of each held-out picture, always the same ones.


@dataclass(frozen=True)
class _ColorValidation:
    """The loss and chroma error of a network, with the readout of the model's card."""

    grays: Tensor
    chromas: Tensor
    bins: Tensor
    readout: Readout
    loss: Loss

    def __call__(self, net: nn.Module, step: int) -> Validated:
        scores = answer(net, self.grays)
        point = (self.readout.temperature, self.readout.saturation, self.readout.doubt)
        found = read_out(scores, self.bins, *point)
        error = CODES * rms(found - self.chromas)
        outputs, truths = (
            colored(self.grays, functional.interpolate(chroma, self.grays.shape[-2:]))
            for chroma in (found, self.chromas)
        )
        columns = (self.grays.expand(-1, 3, -1, -1), outputs, truths)
        rows = [list(row) for row in zip(*columns, strict=True)]
        loss = float(self.loss(scores, self.chromas))
        return Validated(step, loss, error, "chroma RMSE", image_rows(rows))


def _color_validation(
    reference: TrainSettings, held_out: Sequence[Photo], bins: Tensor, loss: Loss
) -> _ColorValidation:
    """Crops of the held-out pictures, aged as the reference's settings say."""
    size = reference.patch_size
    grays, chromas = gray_samples(held_out, reference.ageing, size, reference.seed)
    readout = reference.card.readout or Readout(temperature=1, saturation=1, size=size)
    return _ColorValidation(grays, chromas, bins, readout, loss)
