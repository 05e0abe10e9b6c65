"""The batches of a run: sample i of batch n depends on the seed, n and i, and on nothing else."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

import torch
from torch import Generator, Tensor
from torch.utils.data import DataLoader, Dataset

from restore.ageing.random_streams import seeded

Sample = tuple[Tensor, Tensor]
"""an input [1, C, h, w] and its ground truth [1, c, H, W]; joined, a batch"""

Position = tuple[int, int]
"""number of the batch, number of the sample in it"""


@dataclass(frozen=True)
class Samples:
    """All samples of a run, as what torch calls a map-style dataset: each by its position."""

    draw: Callable[[Generator], Sample]
    seed: int

    def __getitem__(self, position: Position) -> Sample:
        """The sample at that position."""
        return self.draw(seeded(self.seed, *position))


@dataclass(frozen=True)
class BatchPositions:
    """The positions of the samples of each batch of these steps; of each batch, the numbers `share`."""

    steps: range
    share: range

    def __iter__(self) -> Iterator[list[Position]]:
        """One list for each batch."""
        for step in self.steps:
            yield [(step, number) for number in self.share]

    def __len__(self) -> int:
        return len(self.steps)


def batches(
    draw: Callable[[Generator], Sample],
    seed: int,
    steps: range,
    share: range,
    workers: int = 0,
    pin_memory: bool = False,
) -> DataLoader[Sample]:
    """The batches of these steps in order; of each batch, the samples with the numbers `share`.

    Resuming in the middle, more worker processes, or more training processes with smaller shares do
    not change the samples.
    """
    forked = workers > 0 and "fork" in multiprocessing.get_all_start_methods()
    return DataLoader(
        cast(Dataset[Sample], Samples(draw, seed)),
        batch_sampler=BatchPositions(steps, share),
        num_workers=workers,
        collate_fn=joined,
        pin_memory=pin_memory,
        # forked workers share the pictures in memory; others would get a copy each
        multiprocessing_context="fork" if forked else None,
        # the loader draws a seed for its workers: it must not come from torch's global generator
        generator=Generator(),
    )


def joined(samples: list[Sample]) -> Sample:
    """The samples as one batch."""
    inputs, truths = zip(*samples, strict=True)
    return torch.cat(inputs), torch.cat(truths)
