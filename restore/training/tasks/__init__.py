"""The training tasks: one file each, named after the treatment that uses the model."""

from __future__ import annotations

import torch

from restore.training.settings import TrainSettings
from restore.training.tasks.colorize import colorize_task
from restore.training.tasks.deinterlace import deinterlace_task
from restore.training.tasks.pixcolor import pixcolor_task
from restore.training.tasks.prsr import prsr_task
from restore.training.tasks.task import Task, TaskContext
from restore.training.tasks.upscale import upscale_task

_TASKS = {
    "upscale": upscale_task,
    "colorize": colorize_task,
    "deinterlace": deinterlace_task,
    "pixcolor": pixcolor_task,
    "prsr": prsr_task,
}


def open_task(
    settings: TrainSettings, context: TaskContext, reference: TrainSettings | None = None
) -> Task:
    """Prepare missing data, and start the network of the settings.

    Validation uses films aged, and the loss weighted, as `reference` says: the settings themselves,
    except for the trials of a sweep, which must all be measured in the same way.
    """
    torch.manual_seed(settings.seed)
    return _TASKS[settings.task](settings, context, reference or settings)
