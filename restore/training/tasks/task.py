"""What a training task gives to the loop: a network, samples, a loss, and a validation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor, nn

from restore.errors import SourceError
from restore.training.aged_pairs import OpenFilm
from restore.training.batches import Sample
from restore.training.distributed import CPU, TrainingProcess
from restore.training.training_events import (
    Listener,
    TrainingNote,
    Validated,
    ignore_events,
)

PHOTOS = "photos"
"""Folder of the photographs in the data folder."""

CLIPS = "clips"
"""Folder of the films in the data folder."""

Loss = Callable[[Tensor, Tensor], Tensor]
"""(output, ground truth) of a batch -> the mean over its samples, so that processes can average theirs"""


@dataclass(frozen=True)
class Task:
    """A network to train, its samples, and what is minimized."""

    net: nn.Module
    arguments: dict[str, int]
    """arguments of the network's constructor"""
    draw: Callable[[Generator], Sample]
    """one random sample (input, ground truth)"""
    loss: Loss
    validate: Callable[[nn.Module, int], Validated] | None = None
    """(network in evaluation mode, step) -> its result on held-out data; None if nothing is held out"""


@dataclass(frozen=True)
class TaskContext:
    """Where a task finds its data and stores prepared shots, and the process that it runs in."""

    data: Path
    work: Path
    open_film: OpenFilm
    process: TrainingProcess = CPU
    listen: Listener = ignore_events

    def note(self, text: str) -> None:
        """Send a remark to the listener."""
        self.listen(TrainingNote(text))

    def note_left_out(self, error: SourceError) -> None:
        """Send a remark about a file that cannot be used."""
        self.note(f"Left out: {error.where}: {error.what}")


def answer(net: nn.Module, inputs: Tensor) -> Tensor:
    """The network's output in fp32, on the CPU, without gradients."""
    device = next(net.parameters()).device
    with torch.no_grad():
        output: Tensor = net(inputs.to(device))
    return output.float().cpu()


ROWS, MAX_SIDE = 4, 256
"""Rows of pictures that a validation shows, and the largest height and width of each picture."""


def image_rows(rows: Sequence[Sequence[Tensor]]) -> Tensor:
    """The middles of pictures [C, H, W], each row side by side, as R'G'B' [3, H, W], 0..1."""
    joined = [torch.cat([_middle(picture) for picture in row], -1) for row in rows[:ROWS]]
    return torch.cat(joined, -2).clamp(0, 1).expand(3, -1, -1)


def _middle(picture: Tensor) -> Tensor:
    """The middle of [C, H, W], at most MAX_SIDE in both directions."""
    height, width = picture.shape[-2:]
    high, wide = min(height, MAX_SIDE), min(width, MAX_SIDE)
    top, left = (height - high) // 2, (width - wide) // 2
    return picture[:, top : top + high, left : left + wide]
