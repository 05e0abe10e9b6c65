"""`restore train`: train a model on the user's own films or photographs."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from restore.cli import options

if TYPE_CHECKING:
    from restore.training.sweep import BestTrial
    from restore.training.training_events import Listener, TrainingEvent

Settings = Annotated[
    Path,
    typer.Argument(metavar="TRAIN.TOML", help="Settings of the run, in the model's folder."),
]
Data = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Folder with films in clips/ and photographs in photos/."),
]
Work = Annotated[
    Path,
    typer.Option(metavar="FOLDER", help="Folder for prepared shots, checkpoints, logs and curves."),
]
Steps = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help="A trial run of N steps; its model is written into --work."
    ),
]
Threads = Annotated[int, typer.Option(min=0, metavar="N", help="CPU threads (0: all).")]
Device = Annotated[
    str, typer.Option(metavar="NAME", help="auto (a GPU if there is one), cpu, cuda or cuda:N.")
]
Sweep = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Search for better settings, as defined in this file (or in its \\[sweep] table).",
    ),
]


def command(
    settings: Settings,
    data: Data = None,
    work: Work = Path(".training"),
    steps: Steps = None,
    device: Device = "auto",
    threads: Threads = 0,
    sweep: Sweep = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = 0,
) -> int:
    """Train a model, or resume a run that was stopped.

    The model is written next to its settings. After a kill, the same command resumes from the last
    checkpoint and gives the result of an undisturbed run. Several GPUs: torchrun (docs/train.md).
    """
    from restore.training.session import TrainingRequest, run, search

    request = TrainingRequest(settings, work, data, steps, device, threads)
    with progress(request.name, quiet=quiet) as listen:
        if sweep:
            lines = _sweep_lines(search(request, sweep, listen))
        else:
            folder = run(request, listen)
            lines = [f"The model is in {folder}"] if folder and not quiet else []
    for line in lines:
        print(line, flush=True)
    return 0


def _sweep_lines(best: BestTrial) -> list[str]:
    """The result of a sweep, as lines for train.toml."""
    from restore.training.sweep import as_toml

    head = f"Best of {best.trials} trials, validation loss {best.loss:.5g}; in train.toml:"
    return [head, *(as_toml({key: value}) for key, value in best.values.items())]


@contextmanager
def progress(name: str, *, quiet: bool) -> Generator[Listener]:
    """A listener with a progress bar on a terminal, and a line for each note, validation and fault."""
    from tqdm import tqdm

    from restore.training.training_events import ShotsPrepared, StepDone, TrainingStarted

    with tqdm(desc=name, unit="step", disable=True if quiet else None, leave=False) as bar:

        def listen(event: TrainingEvent) -> None:
            match event:
                case ShotsPrepared(done, count):
                    bar.set_description(f"{name}: shot {done} of {count}")
                case TrainingStarted(step, steps):
                    bar.set_description(name)
                    bar.reset(steps)
                    bar.update(step)
                case StepDone(_, loss, norm):
                    bar.set_postfix(loss=f"{loss:.4f}", norm=f"{norm:.2f}", refresh=False)
                    bar.update()
                case _ if not quiet:
                    bar.write(event_line(event))
                case _:
                    pass

        yield listen


def event_line(event: TrainingEvent) -> str:
    """A note, warning, validation or fault in one line."""
    from restore.training.training_events import TrainingNote, Validated

    match event:
        case TrainingNote(text):
            return text
        case Validated(step, loss, score, metric):
            return f"step {step}: validation loss {loss:.5g}, {metric} {score:.3f}"
        case _:
            return f"Warning: {event}"
