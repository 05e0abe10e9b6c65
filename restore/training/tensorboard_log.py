"""TensorBoard: curves of the run, and pictures of input, output and ground truth at every validation."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from restore.training.training_events import (
    Fault,
    Listener,
    StepDone,
    TrainingEvent,
    TrainingNote,
    TrainingStarted,
    Validated,
)

EVERY = 10
"""Steps between two points of the curves; the training log has every step."""


@contextmanager
def tensorboard_log(folder: Path, note: Listener) -> Generator[Listener]:
    """A listener for the block that writes TensorBoard event files into `folder`.

    Where tensorboard is not installed, `note` gets a line that says so, and the listener does nothing.
    """
    try:
        from torch.utils.tensorboard.writer import SummaryWriter
    except ImportError:
        note(TrainingNote("No TensorBoard curves: pip install 'restore-film[train]' adds them."))
        yield lambda event: None
        return
    writer: Any = None

    def listen(event: TrainingEvent) -> None:
        nonlocal writer
        if isinstance(event, TrainingStarted):
            # points after the checkpoint that the run resumes from are hidden: they are written again
            writer = SummaryWriter(str(folder), purge_step=event.step + 1)
        elif writer is not None:
            _write(writer, event)

    try:
        yield listen
    finally:
        if writer is not None:
            writer.close()


def _write(writer: Any, event: TrainingEvent) -> None:
    match event:
        case StepDone(step, loss, norm, learning_rate) if step % EVERY == 0:
            writer.add_scalar("training/loss", loss, step)
            writer.add_scalar("training/gradient norm", norm, step)
            writer.add_scalar("training/learning rate", learning_rate, step)
        case Validated(step, loss, score, metric, pictures):
            writer.add_scalar("validation/loss", loss, step)
            writer.add_scalar(f"validation/{metric}", score, step)
            writer.add_image("input, output, ground truth", pictures, step)
        case Fault(step):
            writer.add_text("faults", str(event), step)
        case _:
            pass
