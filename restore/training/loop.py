"""The training loop: read it from top to bottom, the order on the page is the order in time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from restore.training.checkpoint import (
    Checkpoint,
    load_checkpoint,
    save_checkpoint,
    update_average,
)
from restore.training.pairs import seeded
from restore.training.settings import TrainSettings
from restore.training.tasks import Task

Report = Callable[[int, float, float], None]
"""called after every step with the step, the loss and the gradient's norm"""


def train(task: Task, settings: TrainSettings, path: Path, report: Report) -> Checkpoint:
    """Train until `settings.steps`, going on from the checkpoint at `path` where there is one.

    Batch n depends on the seed and n alone, so a run that was killed and started again gives the
    weights of one that was not.
    """
    net: nn.Module = cast(Any, task.net).to(memory_format=torch.channels_last).train()
    optimizer = _optimizer(net, settings)
    average = {name: value.detach().clone() for name, value in net.state_dict().items()}
    step, seconds = 0, 0.0
    if checkpoint := load_checkpoint(path):
        net.load_state_dict(checkpoint.net)
        optimizer.load_state_dict(checkpoint.optimizer)
        average, step, seconds = checkpoint.average, checkpoint.step, checkpoint.seconds

    started = time.monotonic() - seconds
    while step < settings.steps:
        given, truth = task.batch(seeded(settings.seed, step, 1))
        for group in optimizer.param_groups:
            group["lr"] = group["factor"] * rate_at(step, settings)
        with torch.autocast("cpu", torch.bfloat16):
            out = net(given.contiguous(memory_format=torch.channels_last))
        loss = task.loss(out.float(), truth)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(net.parameters(), settings.clip)
        optimizer.step()
        update_average(average, net, settings.average, step)
        step += 1
        report(step, loss.item(), norm.item())
        if step % settings.checkpoint_every == 0 or step == settings.steps:
            state = _state(net, average, optimizer, step, time.monotonic() - started)
            save_checkpoint(path, state)
    return _state(net, average, optimizer, step, time.monotonic() - started)


def rate_at(step: int, settings: TrainSettings) -> float:
    """Linear warm-up, then half a cosine down to zero at the last step."""
    warm = min(1.0, (step + 1) / max(1, settings.warmup))
    return settings.rate * warm * (1 + math.cos(math.pi * min(1.0, step / settings.steps))) / 2


def _optimizer(net: nn.Module, settings: TrainSettings) -> torch.optim.AdamW:
    """AdamW with one group for each factor on the rate."""
    groups: dict[float, list[Tensor]] = {}
    for name, parameter in net.named_parameters():
        factors = [factor for prefix, factor in settings.slow.items() if name.startswith(prefix)]
        groups.setdefault(factors[0] if factors else 1.0, []).append(parameter)
    return torch.optim.AdamW(
        [{"params": parameters, "factor": factor} for factor, parameters in groups.items()],
        lr=settings.rate,
        betas=(0.9, 0.99),
        weight_decay=settings.decay,
    )


def _state(
    net: nn.Module,
    average: dict[str, Tensor],
    optimizer: torch.optim.AdamW,
    step: int,
    seconds: float,
) -> Checkpoint:
    return Checkpoint(step, net.state_dict(), average, optimizer.state_dict(), seconds)
