"""`python -m restore.training models/NAME/train.toml`: train (or go on), then deliver the model."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from tqdm import tqdm

from restore.training.clips import read_clip
from restore.training.delivery import deliver
from restore.training.loop import train
from restore.training.settings import read_settings
from restore.training.tasks import open_task


def main(arguments: list[str] | None = None) -> None:
    """Read the settings, prepare what is missing, train to the end, write the model's folder."""
    parser = argparse.ArgumentParser(prog="python -m restore.training", description=__doc__)
    parser.add_argument("settings", type=Path, help="a train.toml; the model lands beside it")
    parser.add_argument("--data", type=Path, help="folder with clips/ and photos/")
    parser.add_argument("--work", type=Path, default=Path(".training"), help="checkpoints, pairs")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (default: all)")
    given = parser.parse_args(arguments)
    if given.threads:
        torch.set_num_threads(given.threads)
    path: Path = given.settings
    folder = path.resolve().parent
    work: Path = given.work / folder.name
    settings = read_settings(path)
    task = open_task(settings, given.data or Path(settings.data), work, read_clip)
    with tqdm(total=settings.steps, desc=folder.name, unit="step") as bar:

        def report(step: int, loss: float, norm: float) -> None:
            bar.update(step - bar.n)
            bar.set_postfix(loss=f"{loss:.4f}", norm=f"{norm:.2f}", refresh=False)

        final = train(task, settings, work / "checkpoint.pt", report)
    deliver(folder, final.average, settings, task.arguments)


if __name__ == "__main__":
    main()
