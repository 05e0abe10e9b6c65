"""One training run from its train.toml to the model's folder: data, loop, log, delivery."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from restore.errors import UsageError
from restore.evaluation.clean_films import open_film
from restore.store import held, make_folder
from restore.training.board import drawn
from restore.training.checkpoint import Checkpoint
from restore.training.delivery import deliver
from restore.training.loop import train
from restore.training.losslog import LOG, logged
from restore.training.parallel import Machine, joined
from restore.training.run_events import Listen, heard_by, nobody
from restore.training.settings import SweepSettings, TrainSettings, read_settings
from restore.training.sweep import BestTrial, sweep
from restore.training.tasks import Place, open_task
from restore.training.warmstart import kept

CHECKPOINT, BOARD = "checkpoint.pt", "board"


@dataclass(frozen=True)
class TrainingRequest:
    """What to train and where.

    settings   a train.toml; its folder, called NAME-vN, becomes the model
    data       folder with clips/ or photos/ (None: as the settings say)
    work       folder for prepared shots, checkpoints, logs
    steps      instead of the settings' own
    device     auto, cpu, cuda or cuda:N
    threads    of the processor (0: as torch chooses)
    """

    settings: Path
    work: Path
    data: Path | None = None
    steps: int | None = None
    device: str = "auto"
    threads: int = 0

    @property
    def name(self) -> str:
        """The model's, with its version."""
        return self.settings.resolve().parent.name

    def read(self) -> TrainSettings:
        """The settings with what the order changes; UsageError for mistakes in file or name."""
        settings = read_settings(self.settings)
        if not re.fullmatch(r".+-v[1-9]\d*", self.name):
            todo = "A model's folder is called NAME-v1, NAME-v2 ...: put the file into such a one."
            raise UsageError("The settings lie in no model's folder.", str(self.settings), todo)
        return settings.model_copy(update={"steps": self.steps}) if self.steps else settings

    def data_of(self, settings: TrainSettings) -> Path:
        """The folder with the data; UsageError if it is not there."""
        data = self.data or Path(settings.data)
        if not data.is_dir():
            todo = "Name your own with --data: films in its clips/, photographs in its photos/."
            raise UsageError("There is no such folder with data.", str(data), todo)
        return data


def run(order: TrainingRequest, listen: Listen) -> Path | None:
    """Train to the end, or go on where a run was stopped; write the model and return its folder.

    With `order.steps` the run is a try: its model lies in the work folder, not beside the settings, and
    neither does it go on from the run's checkpoints nor the run from its.
    None in the processes of a torchrun that are not the first.
    """
    settings = order.read()
    data = order.data_of(settings)
    folder = make_folder(order.work / order.name)
    # a try has checkpoints of its own: its rate has fallen, and the run would go on from there
    place = make_folder(folder / f"try-{order.steps}") if order.steps else folder
    with machine_of(order, settings) as machine, owned(folder, machine):
        listen = listen if machine.first else nobody
        task = open_task(settings, Place(data, folder, open_film, machine, listen))
        with written(place, machine, listen) as everybody:
            final = train(task, settings, place / CHECKPOINT, everybody, machine)
        if not machine.first:
            return None
        return delivered(order, final, settings, task.arguments, data)


def search(order: TrainingRequest, space: SweepSettings, listen: Listen) -> BestTrial:
    """Look for better settings, or go on where a search was stopped; nothing is delivered."""
    settings = order.read()
    data = order.data_of(settings)
    folder = make_folder(order.work / order.name)
    with machine_of(order, settings) as machine, owned(folder, machine):
        if machine.world > 1:
            todo = "Start it without torchrun; several searches on one machine share their GPU."
            raise UsageError("A sweep trains one net at a time.", "torchrun", todo)

        def attempt(trial: TrainSettings, place: Path, hear: Listen) -> None:
            there = Place(data, folder, open_film, machine, listen)
            task = open_task(trial, there, judge=settings)
            with written(place, machine, heard_by(listen, hear)) as everybody:
                train(task, trial, place / CHECKPOINT, everybody, machine)

        return sweep(settings, space, folder / "sweep", attempt, listen)


def delivered(
    order: TrainingRequest,
    final: Checkpoint,
    settings: TrainSettings,
    arguments: dict[str, int],
    data: Path,
) -> Path:
    """Write the model where the order says; returns its folder."""
    weights = kept(final.average, settings.init, data, settings.keep)
    beside = order.settings.resolve().parent
    target = make_folder(order.work / order.name / order.name) if order.steps else beside
    deliver(target, weights, settings, arguments)
    return target


@contextmanager
def machine_of(order: TrainingRequest, settings: TrainSettings) -> Generator[Machine]:
    """The machine that the order asks for, with its threads set."""
    if order.threads:
        torch.set_num_threads(order.threads)
    with joined(order.device, settings.precision) as machine:
        yield machine


@contextmanager
def owned(folder: Path, machine: Machine) -> Generator[None]:
    """Nobody else trains in the folder during the block."""
    with ExitStack() as stack:
        if machine.first:
            stack.enter_context(held(folder / "lock", "Another run trains in this folder."))
        yield


@contextmanager
def written(folder: Path, machine: Machine, listen: Listen) -> Generator[Listen]:
    """A listener for the block: `listen`, the log and the board, in the first process."""
    with ExitStack() as stack:
        listeners = [listen]
        if machine.first:
            listeners.append(stack.enter_context(logged(folder / LOG)))
            listeners.append(stack.enter_context(drawn(folder / BOARD, listen)))
        yield heard_by(*listeners)
