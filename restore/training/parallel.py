"""The machine that a run trains on: one device, or one of several that share every batch.

Several devices do synchronous SGD: each computes the gradient of its share of the batch, the shares
are averaged, and all take the same step, so that the run is that of one device with the whole batch
(but for the order in which numbers are added). torchrun starts one process a device and tells each
its place by environment variables.
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

PATIENCE = timedelta(hours=6)
"""How long processes wait for one another: the first one validates and writes alone."""


@dataclass(frozen=True)
class Machine:
    """A device, the precision of networks on it, and this process's place among `world` of them."""

    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    precision: str = "fp32"
    rank: int = 0
    world: int = 1

    @property
    def first(self) -> bool:
        """Whether this process is the one that tells, writes and validates."""
        return self.rank == 0

    def share(self, count: int) -> range:
        """Which of `count` samples are this process's; UsageError if they cannot be shared evenly."""
        if count % self.world:
            todo = f"Choose a batch that {self.world} processes can share evenly."
            raise UsageError(f"A batch of {count} for {self.world} processes.", "batch", todo)
        part = count // self.world
        return range(self.rank * part, (self.rank + 1) * part)


CPU = Machine()
"""One processor, fp32."""


@contextmanager
def joined(device: str, precision: str) -> Generator[Machine]:
    """The machine for the block: this process's own, or its part of what torchrun started.

    `device` is auto, cpu, cuda or cuda:N; `precision` auto, fp32, bf16 or fp16, where auto means
    what the device computes well. Raises UsageError for a device that is not there.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    name, precision = _resolved(device, precision)
    if world == 1:
        yield Machine(torch.device(name), precision)
        return
    if name == "cuda":
        name = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
        torch.cuda.set_device(name)
    backend = "nccl" if name.startswith("cuda") else "gloo"
    dist.init_process_group(backend, timeout=PATIENCE)
    try:
        yield Machine(torch.device(name), precision, dist.get_rank(), world)
    finally:
        dist.destroy_process_group()


def _resolved(device: str, precision: str) -> tuple[str, str]:
    recipe = load_recipe(None, {"device": device, "precision": precision})
    name, quickest = resolve_engine(recipe)
    if precision == "auto" and name.startswith("cuda") and torch.cuda.is_bf16_supported():
        return name, "bf16"  # the range of fp32, so that gradients need no scaling
    return name, quickest


def shared(net: nn.Module, machine: Machine) -> nn.Module:
    """The network as every process calls it: its gradients are averaged over all of them."""
    if machine.world == 1:
        return net
    places = [machine.device.index] if machine.device.type == "cuda" else None
    return DistributedDataParallel(net, device_ids=places, broadcast_buffers=False)


def mean_over(value: Tensor, machine: Machine) -> float:
    """The mean of a number over all processes."""
    total = value.detach().clone()
    if machine.world > 1:
        dist.all_reduce(total)
    return total.item() / machine.world


def together(machine: Machine) -> None:
    """Wait here for the other processes."""
    if machine.world > 1:
        dist.barrier()
