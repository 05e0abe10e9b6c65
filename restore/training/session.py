"""One training run from its train.toml to the model's folder: data, loop, log, export."""

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
from restore.training.checkpoint import Checkpoint
from restore.training.distributed import TrainingProcess, training_process
from restore.training.init_weights import mixed_with_init
from restore.training.loop import train
from restore.training.model_export import export_model
from restore.training.settings import TrainSettings, read_settings, read_sweep
from restore.training.sweep import BestTrial, sweep
from restore.training.tasks import open_task
from restore.training.tasks.task import TaskContext
from restore.training.tensorboard_log import tensorboard_log
from restore.training.training_events import (
    Listener,
    TrainingWarning,
    ignore_events,
    to_all,
)
from restore.training.training_log import LOG, training_log

CHECKPOINT, TENSORBOARD = "checkpoint.pt", "tensorboard"


@dataclass(frozen=True)
class TrainingRequest:
    """What to train and where.

    settings   a train.toml; its folder, called NAME-vN, becomes the model
    work       folder for prepared shots, checkpoints, logs
    data       folder with clips/ or photos/ (None: that of the settings)
    steps      a trial run of that many steps
    device     auto, cpu, cuda or cuda:N
    threads    CPU threads (0: PyTorch's default)
    """

    settings: Path
    work: Path
    data: Path | None = None
    steps: int | None = None
    device: str = "auto"
    threads: int = 0

    @property
    def name(self) -> str:
        """The model's name with its version."""
        return self.settings.resolve().parent.name

    def read(self, listen: Listener) -> TrainSettings:
        """The settings with the request's changes; UsageError for mistakes in the file or its folder."""

        def warn(text: str) -> None:
            listen(TrainingWarning(f"{self.settings}: {text}"))

        settings = read_settings(self.settings, warn)
        if not re.fullmatch(r".+-v[1-9]\d*", self.name):
            what = "The settings are not in a model's folder."
            todo = (
                "A model's folder is called NAME-v1, NAME-v2 ...: put the file into such a folder."
            )
            raise UsageError(what, str(self.settings), todo, code="model-folder-name")
        return settings.model_copy(update={"steps": self.steps}) if self.steps else settings

    def data_of(self, settings: TrainSettings) -> Path:
        """The data folder; UsageError if it does not exist."""
        data = self.data or Path(settings.data)
        if not data.is_dir():
            what = "The data folder does not exist."
            todo = "Name yours with --data: films in its clips/, photographs in its photos/."
            raise UsageError(what, str(data), todo, code="no-training-data")
        return data


def run(request: TrainingRequest, listen: Listener) -> Path | None:
    """Train to the end, or resume a run that was stopped; write the model and return its folder.

    With `request.steps` the run is a trial: its model is written into the work folder, not next to the
    settings, and it has checkpoints of its own. None in processes of torchrun other than the main one.
    """
    settings = request.read(listen)
    data = request.data_of(settings)
    folder = make_folder(request.work / request.name)
    # the learning rate of a trial falls to zero earlier: the run must not resume from its checkpoint
    place = make_folder(folder / f"trial-{request.steps}") if request.steps else folder
    with process_of(request, settings) as process, locked(folder, process):
        listen = listen if process.is_main else ignore_events
        task = open_task(settings, TaskContext(data, folder, open_film, process, listen))
        with logged(place, process, listen) as listener:
            final = train(task, settings, place / CHECKPOINT, listener, process)
        if not process.is_main:
            return None
        return exported(request, final, settings, task.arguments, data)


def search(request: TrainingRequest, sweep_file: Path, listen: Listener) -> BestTrial:
    """Search for better settings, or resume a search that was stopped; no model is written."""
    settings = request.read(listen)
    space = read_sweep(sweep_file, lambda text: listen(TrainingWarning(f"{sweep_file}: {text}")))
    data = request.data_of(settings)
    folder = make_folder(request.work / request.name)
    with process_of(request, settings) as process, locked(folder, process):
        if process.world_size > 1:
            todo = "Start it without torchrun; several searches can share a GPU."
            what = "A sweep trains one network at a time."
            raise UsageError(what, "torchrun", todo, code="sweep-distributed")

        def attempt(trial: TrainSettings, place: Path, listen_too: Listener) -> None:
            context = TaskContext(data, folder, open_film, process, listen)
            task = open_task(trial, context, reference=settings)
            with logged(place, process, to_all(listen, listen_too)) as listener:
                train(task, trial, place / CHECKPOINT, listener, process)

        return sweep(settings, space, folder / "sweep", attempt, listen)


def exported(
    request: TrainingRequest,
    final: Checkpoint,
    settings: TrainSettings,
    arguments: dict[str, int],
    data: Path,
) -> Path:
    """Write the model to the requested folder, which is returned."""
    weights = mixed_with_init(final.average, settings.init, data, settings.init_share)
    own = request.settings.resolve().parent
    trial = request.work / request.name / request.name
    target = make_folder(trial) if request.steps else own
    export_model(target, weights, settings, arguments)
    return target


@contextmanager
def process_of(request: TrainingRequest, settings: TrainSettings) -> Generator[TrainingProcess]:
    """The training process that the request asks for, with its CPU threads set."""
    if request.threads:
        torch.set_num_threads(request.threads)
    with training_process(request.device, settings.precision) as process:
        yield process


@contextmanager
def locked(folder: Path, process: TrainingProcess) -> Generator[None]:
    """No other run trains in the folder during the block."""
    with ExitStack() as stack:
        if process.is_main:
            stack.enter_context(held(folder / "lock", "Another run trains in this folder."))
        yield


@contextmanager
def logged(folder: Path, process: TrainingProcess, listen: Listener) -> Generator[Listener]:
    """A listener for the block: `listen` and, in the main process, the training log and TensorBoard."""
    with ExitStack() as stack:
        listeners = [listen]
        if process.is_main:
            listeners.append(stack.enter_context(training_log(folder / LOG)))
            listeners.append(stack.enter_context(tensorboard_log(folder / TENSORBOARD, listen)))
        yield to_all(*listeners)
