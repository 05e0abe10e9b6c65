"""TensorBoard: the run's curves, and rows of input, output and truth at every validation."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from restore.training.run_events import Began, Event, Fault, Listen, Stepped, Told, Validated

EVERY = 10
"""Steps between two points of the curves; the log has them all."""


@contextmanager
def drawn(folder: Path, told: Listen) -> Generator[Listen]:
    """A listener for the block that writes event files into `folder`.

    Where tensorboard is not installed, `told` hears so in one line, and the listener does nothing.
    """
    try:
        from torch.utils.tensorboard.writer import SummaryWriter
    except ImportError:
        told(Told("No TensorBoard curves: pip install 'restore-film[train]' brings them."))
        yield lambda event: None
        return
    writer: Any = None

    def listen(event: Event) -> None:
        nonlocal writer
        if isinstance(event, Began):
            # points behind the checkpoint that the run goes on from are hidden: they come again
            writer = SummaryWriter(str(folder), purge_step=event.step + 1)
        elif writer is not None:
            _draw(writer, event)

    try:
        yield listen
    finally:
        if writer is not None:
            writer.close()


def _draw(writer: Any, event: Event) -> None:
    match event:
        case Stepped(step, loss, norm, rate) if step % EVERY == 0:
            writer.add_scalar("training/loss", loss, step)
            writer.add_scalar("training/gradient norm", norm, step)
            writer.add_scalar("training/rate", rate, step)
        case Validated(step, loss, score, name, pictures):
            writer.add_scalar("validation/loss", loss, step)
            writer.add_scalar(f"validation/{name}", score, step)
            writer.add_image("input, output, truth", pictures, step)
        case Fault(step):
            writer.add_text("faults", str(event), step)
        case _:
            pass
