"""Checkpoints: everything a run needs to go on exactly where it stopped, written atomically."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from restore.errors import UsageError
from restore.store import write_atomic
from restore.training.settings import TrainSettings

_MAY_CHANGE = {"data", "init", "keep", "steps", "checkpoint_every", "monitor", "sweep", "card"}
"""Settings that do not touch the steps that are done."""


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
    """The checkpoint at `path`, None when there is none yet."""
    if not path.exists():
        return None
    return Checkpoint(**torch.load(path, map_location="cpu", weights_only=True))


def check_settings(checkpoint: Checkpoint, settings: TrainSettings, path: Path) -> None:
    """UsageError if the checkpoint's run had other settings than this one, naming them.

    More or fewer steps are no other run: the rate then follows the new length.
    """
    before = json.loads(checkpoint.settings or "{}")
    now = json.loads(settings.model_dump_json())
    other = sorted(
        key for key in before if key not in _MAY_CHANGE and before[key] != now.get(key, before[key])
    )
    if other:
        todo = "Take the changes back to go on, or start anew with another --work folder."
        names = ", ".join(other)
        raise UsageError(f"The checkpoint's run had other settings: {names}.", str(path), todo)


def update_average(average: dict[str, Tensor], net: nn.Module, decay: float, step: int) -> None:
    """Move the running average towards the net's state, in place; early on it follows faster."""
    follow = 1 - min(decay, (1 + step) / (10 + step))
    for name, value in net.state_dict().items():
        if value.is_floating_point():
            average[name].lerp_(value, follow)
        else:
            average[name].copy_(value)
