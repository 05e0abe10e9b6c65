"""Runs so small that a test can wait for them: settings, tasks without files, films to train on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor, nn

from restore.ageing.random_streams import seeded
from restore.evaluation.clean_films import Box, CleanFilm
from restore.nets.film import FilmNet, enlarge
from restore.training.settings import TrainSettings
from restore.training.tasks.task import Task
from restore.training.training_events import TrainingEvent, TrainingNote, TrainingWarning
from restore.training.training_losses import l1_loss
from tests.media.films import make

TINY = """\
task = "upscale"
architecture = "FilmNet"
arguments = { scale = 2, frames = 3, channels = 4, depth = 1 }
data = "unused"
steps = 12
batch_size = 2
patch_size = 8
learning_rate = 1e-3
warmup_steps = 2
precision = "fp32"
checkpoint_every = 4

[pairs]
shots = 3
frames = 4
height = 32
width = 32

[validation]
every = 6
count = 2
"""
"""A train.toml of a run that takes a second."""


def run_settings(steps: int, **changes: object) -> TrainSettings:
    """Settings of a run without files."""
    values = {
        "task": "upscale",
        "architecture": "FilmNet",
        "arguments": {"scale": 2, "frames": 1, "channels": 8, "depth": 1},
        "data": "nowhere",
        "steps": steps,
        "batch_size": 2,
        "patch_size": 8,
        "learning_rate": 3e-3,
        "warmup_steps": 2,
        "checkpoint_every": 4,
    }
    return TrainSettings.model_validate({**values, **changes})


def contrast_sample(run: TrainSettings, generator: Generator) -> tuple[Tensor, Tensor]:
    """A random patch, and the same with twice the contrast: quick to learn, nothing to load."""
    window = torch.rand(1, 1, run.patch_size, run.patch_size, generator=generator)
    return window, 2 * enlarge(window, 2)


def contrast_task(run: TrainSettings, net: nn.Module | None = None) -> Task:
    """Learn to give twice the contrast, with a small FilmNet or the given network."""
    torch.manual_seed(run.seed)
    return Task(
        net or FilmNet(**run.arguments),
        run.arguments,
        lambda generator: contrast_sample(run, generator),
        lambda output, truth: l1_loss(output, truth, 0.05, 0.1),
    )


class CollectedEvents:
    """A listener that collects events."""

    def __init__(self) -> None:
        self.events: list[TrainingEvent] = []

    def __call__(self, event: TrainingEvent) -> None:
        """Take one event."""
        self.events.append(event)

    def all(self, kind: type[Any]) -> list[Any]:
        """The events of a kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def notes(self) -> list[str]:
        """The texts of all notes."""
        return [note.text for note in self.all(TrainingNote)]

    @property
    def warnings(self) -> list[str]:
        """The texts of all warnings."""
        return [warning.text for warning in self.all(TrainingWarning)]


def film_of(frames: Tensor, name: str = "film") -> CleanFilm:
    """Frames [T, 3, H, W] as a film."""

    def read(box: Box) -> Tensor:
        last = box.first + (box.frames - 1) * box.step
        run = frames[box.first : last + 1 : box.step]
        return run[:, :, box.top : box.top + box.height, box.left : box.left + box.width]

    length, _, height, width = frames.shape
    return CleanFilm(name, length, height, width, read)


def still_noise(path: Path) -> CleanFilm:
    """A static film of colored noise that depends on the name."""
    generator = seeded(*path.name.encode())
    picture = torch.randint(0, 256, (1, 3, 40, 64), generator=generator).byte()
    return film_of(picture.expand(12, -1, -1, -1).contiguous(), path.name)


def films_in(folder: Path, count: int = 3) -> Path:
    """A data folder with that many films of 25 frames in its clips/."""
    for number in range(count):
        drawn = f"testsrc2=s=64x48:r=25:d=1,hue=h={40 * number}"
        make(folder / "clips" / f"film-{number}.mp4", drawn=drawn)
    return folder
