"""`restore train`: make a model from films or photographs of one's own."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from restore.cli import options

if TYPE_CHECKING:
    from restore.training.run_events import Event, Listen
    from restore.training.session import TrainingRequest

Settings = Annotated[
    Path,
    typer.Argument(metavar="TRAIN.TOML", help="The run's settings, in the model's folder."),
]
Data = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Films in its clips/, photographs in its photos/."),
]
Work = Annotated[
    Path, typer.Option(metavar="FOLDER", help="Prepared shots, checkpoints, logs and curves.")
]
Steps = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help="Train so many steps for a try; the model lands in --work."
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
        help="Search for better settings as this file (or its table \\[sweep]) says.",
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
    """Train a model, or go on where a run was stopped.

    The finished model is written beside its settings. The same command after a kill goes on from the
    last checkpoint and gives what an undisturbed run gives. Several GPUs: torchrun (docs/train.md).
    """
    from restore.training.session import TrainingRequest, run

    order = TrainingRequest(settings, work, data, steps, device, threads)
    with telling(order.name, quiet=quiet) as listen:
        if sweep:
            lines = _searched(order, sweep, listen)
        else:
            folder = run(order, listen)
            lines = [f"The model is in {folder}"] if folder and not quiet else []
    for line in lines:
        print(line, flush=True)
    return 0


def _searched(order: TrainingRequest, path: Path, listen: Listen) -> list[str]:
    """The search's result, as lines for train.toml."""
    from restore.training.session import search
    from restore.training.settings import read_sweep
    from restore.training.sweep import worded

    best = search(order, read_sweep(path), listen)
    head = f"Best of {best.trials} trials, validation loss {best.loss:.5g}; in train.toml:"
    return [head, *(worded({key: value}) for key, value in best.values.items())]


@contextmanager
def telling(name: str, *, quiet: bool) -> Generator[Listen]:
    """A listener with a bar at a terminal, and a line for each remark, validation and fault."""
    from tqdm import tqdm

    from restore.training.run_events import Began, Prepared, Stepped

    with tqdm(desc=name, unit="step", disable=True if quiet else None, leave=False) as bar:

        def listen(event: Event) -> None:
            match event:
                case Prepared(done, count):
                    bar.set_description(f"{name}: shot {done} of {count}")
                case Began(step, steps):
                    bar.set_description(name)
                    bar.reset(steps)
                    bar.update(step)
                case Stepped(_, loss, norm):
                    bar.set_postfix(loss=f"{loss:.4f}", norm=f"{norm:.2f}", refresh=False)
                    bar.update()
                case _ if not quiet:
                    bar.write(worded(event))
                case _:
                    pass

        yield listen


def worded(event: Event) -> str:
    """A remark, validation or fault in one line."""
    from restore.training.run_events import Told, Validated

    match event:
        case Told(line):
            return line
        case Validated(step, loss, score, name):
            return f"step {step}: validation loss {loss:.5g}, {name} {score:.3f}"
        case _:
            return f"Warning: {event}"
