"""Checkpoints: everything that a run needs to resume exactly, written atomically."""

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
    *("data", "init", "init_share", "steps", "learning_rate", "warmup_steps", "decay_steps"),
    *("max_gradient_norm", "checkpoint_every", "monitor", "sweep", "card"),
}
"""Settings that do not change the steps that are done; `init` only while `init_share` is 0."""


@dataclass(frozen=True)
class Checkpoint:
    """The state after `step` steps. Batches depend on seed and step: no generator is stored."""

    step: int
    net: dict[str, Tensor]
    average: dict[str, Tensor]
    """the averaged weights, as a state dict of the network"""
    optimizer: dict[str, Any]
    seconds: float
    """wall time so far"""
    scaler: dict[str, Any] = field(default_factory=dict[str, Any])
    """state of the gradient scaler (fp16)"""
    settings: str = ""
    """the run's settings as JSON"""


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write to a temporary name, sync, rename: a kill leaves the old checkpoint or the new one."""
    buffer = io.BytesIO()
    torch.save(vars(checkpoint), buffer)
    write_atomic(path, buffer.getvalue())


def load_checkpoint(path: Path) -> Checkpoint | None:
    """The checkpoint at `path`, None if there is none yet; UsageError if it cannot be read."""
    if not path.exists():
        return None
    try:
        return Checkpoint(**torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:  # a damaged file can fail in any way
        if is_out_of_memory(error):
            raise
        todo = "Restore it from a copy, or delete it to start again."
        what = "The run's checkpoint is damaged."
        raise UsageError(what, str(path), todo, code="checkpoint-damaged") from error


def check_settings(checkpoint: Checkpoint, settings: TrainSettings, path: Path) -> None:
    """UsageError if the checkpoint's run had other settings than this one, naming them.

    Settings in MAY_CHANGE may differ: they apply to the steps that follow.
    """
    if checkpoint.step > settings.steps:
        raise UsageError(
            f"The run has already done {checkpoint.step} steps, more than {settings.steps}.",
            str(path),
            "Set more steps, or start a new run with another --work folder.",
            code="checkpoint-beyond",
        )
    now = json.loads(settings.model_dump_json())
    # a setting that did not exist yet had its default
    defaults = json.loads(TrainSettings.model_construct().model_dump_json())
    before = defaults | json.loads(checkpoint.settings)
    free = MAY_CHANGE - {"init"} if settings.init_share else MAY_CHANGE
    changed = sorted(key for key in before if key not in free and before[key] != now.get(key))
    if changed:
        raise UsageError(
            f"The checkpoint's run had other settings: {', '.join(changed)}.",
            str(path),
            "Undo the changes to resume, or start a new run with another --work folder.",
            code="checkpoint-settings",
        )


def check_net(checkpoint: Checkpoint, net: nn.Module, path: Path) -> None:
    """UsageError if the checkpoint is of another network than this one.

    With equal settings this happens when the photographs changed: their colors determine the bins.
    """
    states = (checkpoint.net, net.state_dict())
    shapes = [{name: value.shape for name, value in state.items()} for state in states]
    bins = [state["centres"].cpu() for state in states if "centres" in state]
    if shapes[0] != shapes[1] or (bins and not torch.equal(*bins)):
        raise UsageError(
            "The checkpoint belongs to a run with other data.",
            str(path),
            "Use the data that it started with, or start a new run with another --work folder.",
            code="checkpoint-data",
        )
