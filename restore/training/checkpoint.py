"""Checkpoints: everything a run needs to go on exactly where it stopped, written atomically."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from restore.errors import UsageError, is_out_of_memory
from restore.store import write_atomic
from restore.training.settings import TrainSettings

MAY_CHANGE = {
    *("data", "init", "keep", "steps", "rate", "warmup", "fall", "clip"),
    *("checkpoint_every", "monitor", "sweep", "card"),
}
"""Settings that do not touch the steps that are done; `init` is one only where none of it is kept."""


@dataclass(frozen=True)
class Checkpoint:
    """The state after `step` steps. Batches depend on seed and step: no generator is kept."""

    step: int
    net: dict[str, Tensor]
    average: dict[str, Tensor]
    optimizer: dict[str, Any]
    seconds: float
    """wall time spent so far"""
    scaler: dict[str, Any] = field(default_factory=dict[str, Any])
    """of the gradients, with fp16"""
    settings: str = ""
    """the run's, as JSON"""


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write to a temporary name, sync, rename: a kill leaves the old checkpoint or the new one."""
    buffer = io.BytesIO()
    torch.save(vars(checkpoint), buffer)
    write_atomic(path, buffer.getvalue())


def load_checkpoint(path: Path) -> Checkpoint | None:
    """The checkpoint at `path`, None when there is none yet; UsageError if it cannot be read."""
    if not path.exists():
        return None
    try:
        return Checkpoint(**torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:  # a damaged file can fail in any way
        if is_out_of_memory(error):
            raise
        todo = "Bring it back from a copy, or delete it to begin anew."
        raise UsageError("The run's checkpoint is damaged.", str(path), todo) from error


def check_settings(checkpoint: Checkpoint, settings: TrainSettings, path: Path) -> None:
    """UsageError if the checkpoint's run had other settings than this one, naming them.

    More or fewer steps and another rate are no other run, as long as these steps are not done already:
    what is to come follows them.
    """
    if checkpoint.step > settings.steps:
        what = f"The run has done {checkpoint.step} steps already, more than {settings.steps}."
        todo = "Ask for more steps, or start anew with another --work folder."
        raise UsageError(what, str(path), todo)
    stored = json.loads(checkpoint.settings or "{}")
    # a run from before a setting was thought of had its default
    defaults = json.loads(TrainSettings.model_construct().model_dump_json())
    before = {**defaults, **stored} if stored else {}
    now = json.loads(settings.model_dump_json())
    free = MAY_CHANGE - {"init"} if settings.keep else MAY_CHANGE
    other = sorted(
        key for key in before if key not in free and before[key] != now.get(key, before[key])
    )
    if other:
        todo = "Take the changes back to go on, or start anew with another --work folder."
        names = ", ".join(other)
        raise UsageError(f"The checkpoint's run had other settings: {names}.", str(path), todo)


def check_net(checkpoint: Checkpoint, net: nn.Module, path: Path) -> None:
    """UsageError if the checkpoint is of another network than this one.

    With the same settings that is so where photographs were exchanged: their colors make the bins.
    """
    before, now = checkpoint.net, net.state_dict()
    shapes = [{name: value.shape for name, value in state.items()} for state in (before, now)]
    bins = [state["centres"].cpu() for state in (before, now) if "centres" in state]
    if shapes[0] != shapes[1] or (bins and not torch.equal(*bins)):
        todo = "Use the data that it began with, or start anew with another --work folder."
        raise UsageError("The checkpoint is of a run with other data.", str(path), todo)


def update_average(average: dict[str, Tensor], net: nn.Module, decay: float, step: int) -> None:
    """Move the running average towards the net's state, in place; early on it follows faster."""
    follow = 1 - min(decay, (1 + step) / (10 + step))
    for name, value in net.state_dict().items():
        if value.is_floating_point():
            average[name].lerp_(value, follow)
        else:
            average[name].copy_(value)
