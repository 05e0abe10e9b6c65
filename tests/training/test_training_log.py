"""The training log: every step once, however often the run was interrupted."""

import json
from pathlib import Path

import torch

from restore.training.training_events import (
    Fault,
    StepDone,
    TrainingNote,
    TrainingStarted,
    Validated,
)
from restore.training.training_log import read_log, training_log


def steps(first: int, last: int) -> list[StepDone]:
    """Steps whose loss is a third of their number."""
    return [StepDone(step, step / 3, 1.0, 0.1) for step in range(first, last + 1)]


def write(path: Path, *events: object) -> None:
    """One run, or one part of it."""
    with training_log(path) as listen:
        for event in events:
            listen(event)


def test_the_log_of_a_resumed_run_is_that_of_an_undisturbed_one(tmp_path: Path) -> None:
    """Lines after the checkpoint are removed, incomplete ones too; their steps are repeated."""
    trial = Validated(4, 0.5, 30.0, "PSNR dB", torch.zeros(3, 1, 1))
    write(tmp_path / "whole", TrainingStarted(0, 9), *steps(1, 4), trial, *steps(5, 9))
    write(tmp_path / "cut", TrainingStarted(0, 9), *steps(1, 4), trial, *steps(5, 6))
    with (tmp_path / "cut").open("ab") as file:
        file.write(b'{"step": 7, "lo')
    write(tmp_path / "cut", TrainingStarted(4, 9), *steps(5, 9))

    assert (tmp_path / "whole").read_bytes() == (tmp_path / "cut").read_bytes()


def test_a_fault_after_the_checkpoint_is_logged_once(tmp_path: Path) -> None:
    """It belongs to the step after the checkpoint: removed with that step, and found again."""
    fault = Fault(4, "body.3", "frozen", "why")
    write(tmp_path / "whole", TrainingStarted(0, 6), *steps(1, 4), fault, *steps(5, 6))
    write(tmp_path / "cut", TrainingStarted(0, 6), *steps(1, 4), fault, *steps(5, 5))
    write(tmp_path / "cut", TrainingStarted(4, 6), fault, *steps(5, 6))

    assert (tmp_path / "whole").read_bytes() == (tmp_path / "cut").read_bytes()


def test_numbers_are_read_back_exactly(tmp_path: Path) -> None:
    """Reading a loss gives the number that was written; notes are not in the log."""
    write(tmp_path / "log", TrainingStarted(0, 3), *steps(1, 3), TrainingNote("hello"))

    assert [line["loss"] for line in read_log(tmp_path / "log")] == [1 / 3, 2 / 3, 1.0]
    assert read_log(tmp_path / "none") == []


def test_every_line_is_json(tmp_path: Path) -> None:
    """Numbers that are not finite are null; faults have their layer."""
    nan = StepDone(1, float("nan"), float("inf"), 0.1)
    write(tmp_path / "log", TrainingStarted(0, 3), nan, Fault(1, "body.3", "frozen", "why"))

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    lines = (tmp_path / "log").read_text().splitlines()
    first, second = (json.loads(line, parse_constant=refuse) for line in lines)
    assert (first["loss"], first["gradient_norm"]) == (None, None)
    assert second == {"step": 1, "fault": "frozen", "layer": "body.3", "message": "why"}


def test_keys_have_plain_names(tmp_path: Path) -> None:
    """A step has loss, gradient norm and learning rate; a validation its loss and score."""
    trial = Validated(2, 0.5, 30.0, "PSNR dB", torch.zeros(3, 1, 1))
    write(tmp_path / "log", TrainingStarted(0, 3), *steps(1, 1), trial)
    assert read_log(tmp_path / "log") == [
        {"step": 1, "loss": 1 / 3, "gradient_norm": 1.0, "learning_rate": 0.1},
        {"step": 2, "validation_loss": 0.5, "psnr_db": 30.0},
    ]


def test_logs_of_the_first_release_are_read(tmp_path: Path) -> None:
    """Their keys had other names: reading gives today's."""
    (tmp_path / "log").write_text(
        '{"step": 1, "loss": 0.5, "norm": 2.0, "rate": 0.1}\n'
        '{"step": 1, "validation": 0.4, "chroma RMSE": 9.0}\n'
        '{"step": 1, "fault": "frozen", "layer": "head", "what": "why"}\n'
    )
    assert read_log(tmp_path / "log") == [
        {"step": 1, "loss": 0.5, "gradient_norm": 2.0, "learning_rate": 0.1},
        {"step": 1, "validation_loss": 0.4, "chroma_rmse": 9.0},
        {"step": 1, "fault": "frozen", "layer": "head", "message": "why"},
    ]
