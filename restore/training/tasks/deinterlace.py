"""The task "deinterlace": fields in, the missing rows of the middle one out.

From top to bottom: the task, its data, its validation. The network is `nets/deinterlace.py`, whose two stages
train one after the other; the pairs are made by `training/field_pairs.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from restore.errors import UsageError
from restore.evaluation.metrics import psnr
from restore.nets.deinterlace import DeinterlaceNet
from restore.training.field_pairs import FieldPatches, FieldShots, whole_fields
from restore.training.settings import FieldSettings, PairSettings, TrainSettings
from restore.training.settings_check import new_net
from restore.training.tasks.prepared_shots import VALIDATION, prepared_shots, split_shots
from restore.training.tasks.task import Task, TaskContext, answer, image_rows
from restore.training.training_events import Validated
from restore.training.training_losses import log_mse_loss


def deinterlace_task(
    settings: TrainSettings, context: TaskContext, reference: TrainSettings
) -> Task:
    """The task with these settings; validation with those of `reference`."""
    pairs, fields = _tables(settings)
    net = new_net(settings, settings.arguments, context.data)
    if not isinstance(net, DeinterlaceNet):
        what = f"{settings.architecture} cannot be trained for the task deinterlace."
        todo = "Use DeinterlaceNet."
        raise UsageError(what, "architecture", todo, code="network-unsuitable")
    if settings.patch_size > min(pairs.height // 2, pairs.width):
        what = f"A patch of {settings.patch_size} rows of a field does not fit into the excerpts."
        todo = "Choose larger excerpts or a smaller patch."
        raise UsageError(what, "pairs.width and height", todo, code="patch-too-large")
    idle = net.refine if fields.stage == "estimate" else net.estimate
    idle.requires_grad_(False)
    training, held_out = _shots(settings, net, reference, context)
    return Task(
        net=net,
        arguments={**settings.arguments, "frames": net.frames},
        draw=FieldPatches(training, settings.patch_size, fields.stage),
        loss=log_mse_loss,
        validate=_FieldValidation(held_out, fields.stage) if held_out else None,
    )


def _tables(settings: TrainSettings) -> tuple[PairSettings, FieldSettings]:
    """The tables that this task needs; UsageError where one is missing."""
    if settings.pairs is None or settings.fields is None:
        what = 'The task "deinterlace" needs the tables [pairs] and [fields].'
        raise UsageError(what, "train.toml", code="settings-invalid")
    return settings.pairs, settings.fields


# Data: shots made into fields once and stored, of which each sample is a patch.


def _shots(
    settings: TrainSettings, net: DeinterlaceNet, reference: TrainSettings, context: TaskContext
) -> tuple[list[Path], list[Path]]:
    """The files of the shots to train on, and of those held out for validation."""

    def prepared(shots: FieldShots) -> list[Path]:
        entry = "fields" if shots.how.stage == "estimate" else "planes"
        return prepared_shots(shots, settings.patch_size, entry, context.open_film, context)

    def to_train(films: list[Path]) -> list[Path]:
        pairs, fields = _tables(settings)
        return prepared(FieldShots(tuple(films), pairs, fields, net, (settings.seed,)))

    def to_validate(films: list[Path]) -> list[Path]:
        pairs, fields = _tables(reference)
        few = pairs.model_copy(update={"shots": settings.validation.count})
        seeds = (reference.seed, VALIDATION)
        return prepared(FieldShots(tuple(films), few, fields, net, seeds))

    return split_shots(settings, context, to_train, to_validate)


# Validation: the middle fields of films that do not train.


@dataclass(frozen=True)
class _FieldValidation:
    """The loss and PSNR of the missing rows of whole fields."""

    shots: Sequence[Path]
    stage: str

    def __call__(self, net: nn.Module, step: int) -> Validated:
        losses: list[float] = []
        scores: list[float] = []
        rows: list[list[Tensor]] = []
        for path in self.shots:
            inputs, truth = whole_fields(path, self.stage)
            output = answer(net, inputs)
            losses.append(float(log_mse_loss(output, truth)))
            scores.append(psnr(output, truth))
            own = inputs[0, 2:3] if self.stage == "estimate" else inputs[0, :1]
            rows.append([own, output[0], truth[0]])
        loss, score = (sum(values) / len(values) for values in (losses, scores))
        widest = max(row[0].shape[-1] for row in rows)  # those of chroma are smaller
        shown = [row for row in rows if row[0].shape[-1] == widest]
        return Validated(step, loss, score, "PSNR dB", image_rows(shown))
