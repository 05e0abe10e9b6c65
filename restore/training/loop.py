"""The training loop: read it from top to bottom, the order on the page is the order in time."""

from __future__ import annotations

import math
import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from restore.training.batches import Sample, batches
from restore.training.checkpoint import (
    Checkpoint,
    check_net,
    check_settings,
    load_checkpoint,
    save_checkpoint,
)
from restore.training.distributed import CPU, TrainingProcess, data_parallel, mean_over_processes
from restore.training.monitor import Monitor
from restore.training.settings import TrainSettings
from restore.training.tasks.task import Task
from restore.training.training_events import (
    Listener,
    StepDone,
    TrainingNote,
    TrainingStarted,
    ignore_events,
)


def train(
    task: Task,
    settings: TrainSettings,
    path: Path,
    listen: Listener = ignore_events,
    process: TrainingProcess = CPU,
) -> Checkpoint:
    """Train until `settings.steps`, resuming from the checkpoint at `path` if there is one.

    Batch n depends only on the seed and n, so a run that was killed and started again gives the losses
    and weights of an undisturbed one (bit for bit on one CPU with the same number of threads).
    Raises UsageError if the checkpoint belongs to other settings, TrainingError if the monitor finds a
    fault and `monitor.on_fault` is "stop".
    """
    net: nn.Module = cast(Any, task.net).to(process.device, memory_format=torch.channels_last)
    net.train()
    average = AveragedModel(net, multi_avg_fn=_ema(settings.ema_decay)).eval()
    optimizer = _optimizer(net, settings)
    scaler = torch.amp.GradScaler(process.device.type, enabled=process.precision == "fp16")
    step, seconds = 0, 0.0
    if checkpoint := load_checkpoint(path):
        check_settings(checkpoint, settings, path)
        check_net(checkpoint, net, path)
        step, seconds = checkpoint.step, checkpoint.seconds
        net.load_state_dict(checkpoint.net)
        average.module.load_state_dict(checkpoint.average)
        average.n_averaged.fill_(step)
        optimizer.load_state_dict(checkpoint.optimizer)
        scaler.load_state_dict(checkpoint.scaler)
    schedule = _schedule(optimizer, settings, step)

    def state() -> Checkpoint:
        return Checkpoint(
            step=step,
            net=net.state_dict(),
            average=average.module.state_dict(),
            optimizer=optimizer.state_dict(),
            seconds=time.monotonic() - started,
            scaler=scaler.state_dict(),
            settings=settings.model_dump_json(),
        )

    model = data_parallel(net, process)
    monitor = Monitor(net, settings.monitor, listen if process.is_main else ignore_events)
    started = time.monotonic() - seconds
    listen(TrainingStarted(step, settings.steps))
    if step == settings.steps:
        listen(TrainingNote("All steps were done before: nothing is trained."))
    for inputs, truth in _batches(task, settings, step, process):
        inputs = inputs.to(process.device, memory_format=torch.channels_last, non_blocking=True)
        truth = truth.to(process.device, non_blocking=True)

        with monitor.recording(step), _autocast(process):
            output = model(inputs)
        loss = task.loss(output.float(), truth)
        optimizer.zero_grad(set_to_none=True)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        norm = nn.utils.get_total_norm([p.grad for p in net.parameters() if p.grad is not None])
        whole_loss = mean_over_processes(loss, process)
        learning_rate = settings.learning_rate * learning_rate_factor(step, settings)

        overflow = scaler.is_enabled() and math.isfinite(whole_loss)  # the scaler skips the step
        if math.isfinite(whole_loss) and bool(norm.isfinite()):
            monitor.before_update(step, whole_loss, _learning_rates(optimizer))
            nn.utils.clip_grads_with_norm_(net.parameters(), settings.max_gradient_norm, norm)
            scaler.step(optimizer)
            monitor.after_update(step)
        elif not overflow:
            with _autocast(process):
                monitor.not_finite(step, inputs, truth, lambda: net(inputs))  # noqa: B023 - called at once
        scaler.update()
        average.update_parameters(net)
        step += 1
        schedule.step()
        listen(StepDone(step, whole_loss, norm.item(), learning_rate))

        last = step == settings.steps
        if task.validate and process.is_main and _due(step, settings.validation.every, last):
            listen(task.validate(average.module, step))
        if process.is_main and _due(step, settings.checkpoint_every, last):
            save_checkpoint(path, state())
    return state()


def learning_rate_factor(step: int, settings: TrainSettings) -> float:
    """Linear warm-up, then, in the last `decay_steps`, half a cosine down to zero after the last step."""
    warmup = min(1.0, (step + 1) / max(1, settings.warmup_steps))
    decay_steps = min(settings.decay_steps or settings.steps, settings.steps)
    decayed = min(1.0, max(0.0, 1 - (settings.steps - step) / decay_steps))
    return warmup * (1 + math.cos(math.pi * decayed)) / 2


def _schedule(optimizer: torch.optim.Optimizer, settings: TrainSettings, done: int) -> LambdaLR:
    """The learning rate's schedule after `done` steps, by the present settings, which may have changed."""
    for group in optimizer.param_groups:
        group["initial_lr"] = group["lr"] = settings.learning_rate * group["factor"]
    # torch warns if the first batch is skipped, because the schedule advances without the optimizer
    warnings.filterwarnings("ignore", r"Detected call of `lr_scheduler\.step")
    return LambdaLR(optimizer, lambda step: learning_rate_factor(step, settings), done - 1)


def _ema(decay: float) -> Callable[[Any, Any, Tensor | int], None]:
    """The update of an exponential moving average whose decay rises to `decay` in the first steps."""

    def update(averages: Any, currents: Any, count: Tensor | int) -> None:
        steps = int(count)
        rising = min(decay, (1 + steps) / (10 + steps))
        get_ema_multi_avg_fn(rising)(averages, currents, steps)

    return update


def _optimizer(net: nn.Module, settings: TrainSettings) -> torch.optim.AdamW:
    """AdamW with one parameter group for each factor of the learning rate."""
    groups: dict[float, list[Tensor]] = {}
    factors = settings.learning_rate_factors
    for name, parameter in net.named_parameters():
        factor = next((factors[prefix] for prefix in factors if name.startswith(prefix)), 1.0)
        groups.setdefault(factor, []).append(parameter)
    return torch.optim.AdamW(
        [{"params": parameters, "factor": factor} for factor, parameters in groups.items()],
        lr=settings.learning_rate,
        betas=(0.9, 0.99),
        weight_decay=settings.weight_decay,
    )


def _learning_rates(optimizer: torch.optim.AdamW) -> dict[Tensor, float]:
    """The learning rate of every parameter."""
    return {p: group["lr"] for group in optimizer.param_groups for p in group["params"]}


def _batches(
    task: Task, settings: TrainSettings, done: int, process: TrainingProcess
) -> DataLoader[Sample]:
    """The batches after `done` steps; for a GPU, worker processes prepare them."""
    on_gpu = process.device.type == "cuda"
    workers = (os.cpu_count() or 1) // process.world_size if on_gpu else 0
    share = process.share(settings.batch_size)
    steps = range(done, settings.steps)
    return batches(task.draw, settings.seed, steps, share, workers, pin_memory=on_gpu)


def _autocast(process: TrainingProcess) -> torch.autocast:
    """Half precision in the network's forward pass, where the process uses it."""
    kind = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(process.precision, torch.bfloat16)
    return torch.autocast(process.device.type, kind, enabled=process.precision != "fp32")


def _due(step: int, every: int, last: bool) -> bool:
    return every > 0 and (last or step % every == 0)
