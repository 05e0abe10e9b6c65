"""TensorBoard's event files, read with its own reader."""

import sys
from pathlib import Path

import pytest
import torch

from restore.training.tensorboard_log import tensorboard_log
from restore.training.training_events import Fault, StepDone, TrainingStarted, Validated
from tests.training.made import CollectedEvents


def test_curves_and_pictures_can_be_read_back(tmp_path: Path) -> None:
    """Scalars of steps and validations, and the pictures; repeated steps are there once."""
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    pictures = torch.rand(3, 8, 12)
    for start, until in ((0, 40), (20, 50)):
        with tensorboard_log(tmp_path, CollectedEvents()) as listen:
            listen(TrainingStarted(start, 50))
            for step in range(start + 1, until + 1):
                listen(StepDone(step, 1 / step, 2.0, 0.1))
            listen(Validated(until, 0.5, 31.0, "PSNR dB", pictures))
            listen(Fault(until, "body.3", "frozen", "why"))

    read = EventAccumulator(str(tmp_path)).Reload()
    loss = {event.step: event.value for event in read.Scalars("training/loss")}
    assert loss == pytest.approx({step: 1 / step for step in (10, 20, 30, 40, 50)})
    assert len(read.Scalars("training/loss")) == 5
    assert read.Scalars("validation/PSNR dB")[-1].value == 31.0
    assert (read.Images("input, output, ground truth")[-1].width, len(read.Tags()["tensors"])) == (
        12,
        1,
    )


def test_without_tensorboard_a_run_continues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line says what is missing and how to get it; nothing is written."""
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard.writer", None)
    collected = CollectedEvents()
    with tensorboard_log(tmp_path / "curves", collected) as listen:
        listen(TrainingStarted(0, 5))
        listen(StepDone(1, 1.0, 1.0, 0.1))

    assert ["restore-film[train]" in note for note in collected.notes] == [True]
    assert not (tmp_path / "curves").exists()
