"""This training process: its device and precision, and its rank among several that share every batch.

Several processes do synchronous SGD: each computes the gradient of its share of the batch, the gradients
are averaged, and all take the same step. So the run equals that of one process with the whole batch,
apart from the order in which numbers are added. torchrun starts one process per device and passes ranks
in environment variables.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from restore.errors import UsageError
from restore.recipe import load_recipe
from restore.run.engine import resolve_engine

TIMEOUT = timedelta(hours=6)
"""How long processes wait for each other: the main one validates and writes alone."""


@dataclass(frozen=True)
class TrainingProcess:
    """A device, the precision of the network on it, and this process's rank among `world_size`."""

    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    precision: str = "fp32"
    rank: int = 0
    world_size: int = 1

    @property
    def is_main(self) -> bool:
        """Whether this process reports, writes and validates."""
        return self.rank == 0

    def share(self, count: int) -> range:
        """The numbers of this process's samples out of `count`; UsageError if they do not divide evenly."""
        if count % self.world_size:
            raise UsageError(
                f"A batch of {count} samples cannot be divided among {self.world_size} processes.",
                "batch_size",
                f"Choose a multiple of {self.world_size}.",
                code="batch-indivisible",
            )
        part = count // self.world_size
        return range(self.rank * part, (self.rank + 1) * part)


CPU = TrainingProcess()
"""A single process on the CPU, in fp32."""


@contextmanager
def training_process(device: str, precision: str) -> Generator[TrainingProcess]:
    """This process for the block: alone, or as one of those that torchrun started.

    `device` is auto, cpu, cuda or cuda:N; `precision` auto, fp32, bf16 or fp16, where auto is the
    fastest that the device computes well. Raises UsageError for a device that does not exist.
    """
    world_size = int(os.environ.get("WORLD_SIZE", "1"))
    name, precision = _resolved(device, precision)
    if world_size == 1:
        yield TrainingProcess(torch.device(name), precision)
        return
    if name == "cuda":
        name = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
        torch.cuda.set_device(name)
    backend = "nccl" if name.startswith("cuda") else "gloo"
    dist.init_process_group(backend, timeout=TIMEOUT)
    try:
        yield TrainingProcess(torch.device(name), precision, dist.get_rank(), world_size)
    finally:
        dist.destroy_process_group()


def _resolved(device: str, precision: str) -> tuple[str, str]:
    recipe = load_recipe(None, {"device": device, "precision": precision})
    name, fastest = resolve_engine(recipe)
    if precision == "auto" and name.startswith("cuda") and torch.cuda.is_bf16_supported():
        return name, "bf16"  # has the range of fp32, so that gradients need no scaling
    return name, fastest


def data_parallel(net: nn.Module, process: TrainingProcess) -> nn.Module:
    """The network with gradients that are averaged over all processes."""
    if process.world_size == 1:
        return net
    device_ids = [process.device.index] if process.device.type == "cuda" else None
    return DistributedDataParallel(net, device_ids=device_ids, broadcast_buffers=False)


def mean_over_processes(value: Tensor, process: TrainingProcess) -> float:
    """The mean of a number over all processes."""
    total = value.detach().clone()
    if process.world_size > 1:
        dist.all_reduce(total)
    return total.item() / process.world_size


def wait_for_all(process: TrainingProcess) -> None:
    """Wait until every process is here."""
    if process.world_size > 1:
        dist.barrier()
