"""The run's batches in order: sample i of batch n depends on the seed, n and i, and nothing else."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Generator, Tensor

from restore.ageing.random_streams import seeded

Sample = tuple[Tensor, Tensor]
"""an input [1, C, h, w] and its truth [1, c, H, W]"""

AHEAD = 2
"""Batches that wait ready while the device computes."""


def batches(
    sample: Callable[[Generator], Sample], seed: int, steps: range, share: range, threads: int
) -> Iterator[Sample]:
    """The batches of these steps, of each the samples `share`; made ahead by `threads`, if any.

    A run that begins in the middle, more threads, or more processes with smaller shares change
    nothing in what a sample is.
    """
    if not threads:
        for step in steps:
            yield _joined([sample(seeded(seed, step, at)) for at in share])
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting = deque(
            [pool.submit(sample, seeded(seed, step, at)) for at in share] for step in steps[:AHEAD]
        )
        for step in steps:
            due = waiting.popleft()
            if step + AHEAD in steps:
                waiting.append(
                    [pool.submit(sample, seeded(seed, step + AHEAD, at)) for at in share]
                )
            yield _joined([made.result() for made in due])


def _joined(samples: list[Sample]) -> Sample:
    given, truth = zip(*samples, strict=True)
    return torch.cat(given), torch.cat(truth)
