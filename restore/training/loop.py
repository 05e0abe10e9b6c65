"""The training loop: read it from top to bottom, the order on the page is the order in time."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from restore.training.checkpoint import (
    Checkpoint,
    check_net,
    check_settings,
    load_checkpoint,
    save_checkpoint,
    update_average,
)
from restore.training.feed import Sample, batches
from restore.training.monitor import Monitor
from restore.training.parallel import CPU, Machine, mean_over, shared
from restore.training.run_events import Began, Listen, Stepped, Told, nobody
from restore.training.settings import TrainSettings
from restore.training.tasks import Task


def train(
    task: Task,
    settings: TrainSettings,
    path: Path,
    listen: Listen = nobody,
    machine: Machine = CPU,
) -> Checkpoint:
    """Train until `settings.steps`, going on from the checkpoint at `path` where there is one.

    Batch n depends on the seed and n alone, so a run that was killed and started again gives the
    losses and the weights of one that was not (bit for bit on one processor with as many threads).
    Raises UsageError if the checkpoint belongs to other settings, TrainingError if the monitor
    finds a fault and is to stop the run.
    """
    net: nn.Module = cast(Any, task.net).to(machine.device, memory_format=torch.channels_last)
    net.train()
    optimizer = _optimizer(net, settings)
    scaler = torch.amp.GradScaler(machine.device.type, enabled=machine.precision == "fp16")
    average = {name: value.detach().clone() for name, value in net.state_dict().items()}
    step, seconds = 0, 0.0
    if checkpoint := load_checkpoint(path):
        check_settings(checkpoint, settings, path)
        check_net(checkpoint, net, path)
        net.load_state_dict(checkpoint.net)
        optimizer.load_state_dict(checkpoint.optimizer)
        scaler.load_state_dict(checkpoint.scaler)
        average = {name: value.to(machine.device) for name, value in checkpoint.average.items()}
        step, seconds = checkpoint.step, checkpoint.seconds

    def state() -> Checkpoint:
        return Checkpoint(
            step=step,
            net=net.state_dict(),
            average=average,
            optimizer=optimizer.state_dict(),
            seconds=time.monotonic() - started,
            scaler=scaler.state_dict(),
            settings=settings.model_dump_json(),
        )

    model = shared(net, machine)
    monitor = Monitor(net, settings.monitor, listen if machine.first else nobody)
    feed = _feed(task, settings, step, machine)
    started = time.monotonic() - seconds
    listen(Began(step, settings.steps))
    if step == settings.steps:
        listen(
            Told("All steps were done before: nothing is trained, whatever lies in the data now.")
        )
    for given, truth in feed:
        rate = rate_at(step, settings)
        for group in optimizer.param_groups:
            group["lr"] = group["factor"] * rate
        given = given.to(machine.device).contiguous(memory_format=torch.channels_last)
        truth = truth.to(machine.device)

        with monitor.looking(step), _autocast(machine):
            out = model(given)
        loss = task.loss(out.float(), truth)
        optimizer.zero_grad(set_to_none=True)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        norm = nn.utils.get_total_norm([p.grad for p in net.parameters() if p.grad is not None])
        whole = mean_over(loss, machine)

        overflow = scaler.is_enabled() and math.isfinite(whole)  # fp16 may: the scaler then skips
        if math.isfinite(whole) and bool(norm.isfinite()):
            monitor.before_update(step, whole, _rates(optimizer))
            nn.utils.clip_grads_with_norm_(net.parameters(), settings.clip, norm)
            scaler.step(optimizer)
            monitor.after_update(step)
        elif not overflow:
            with _autocast(machine):
                monitor.not_finite(step, given, truth, lambda: net(given))  # noqa: B023 - called at once
        scaler.update()
        update_average(average, net, settings.average, step)
        step += 1
        listen(Stepped(step, whole, norm.item(), rate))

        last = step == settings.steps
        if task.validate and machine.first and _due(step, settings.validation.every, last):
            listen(task.validate(average, step))
        if machine.first and _due(step, settings.checkpoint_every, last):
            save_checkpoint(path, state())
    return state()


def rate_at(step: int, settings: TrainSettings) -> float:
    """Linear warm-up, then (in the last `fall` steps) half a cosine down to zero at the last step."""
    warm = min(1.0, (step + 1) / max(1, settings.warmup))
    fall = min(settings.fall or settings.steps, settings.steps)
    fallen = min(1.0, max(0.0, 1 - (settings.steps - step) / fall))
    return settings.rate * warm * (1 + math.cos(math.pi * fallen)) / 2


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


def _rates(optimizer: torch.optim.AdamW) -> dict[Tensor, float]:
    """The rate of every parameter."""
    return {p: group["lr"] for group in optimizer.param_groups for p in group["params"]}


def _feed(task: Task, settings: TrainSettings, done: int, machine: Machine) -> Iterator[Sample]:
    """The batches behind `done` steps; a GPU gets them made ahead by the processor's threads."""
    threads = (os.cpu_count() or 1) // machine.world if machine.device.type == "cuda" else 0
    share = machine.share(settings.batch)
    return batches(task.sample, settings.seed, range(done, settings.steps), share, threads)


def _autocast(machine: Machine) -> torch.autocast:
    """Networks in half precision where the machine computes them so."""
    kind = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(machine.precision, torch.bfloat16)
    return torch.autocast(machine.device.type, kind, enabled=machine.precision != "fp32")


def _due(step: int, every: int, last: bool) -> bool:
    return every > 0 and (last or step % every == 0)
