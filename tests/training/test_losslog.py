"""The run's log: every step once, whatever was interrupted."""

import json
from pathlib import Path

import torch

from restore.training.losslog import logged, read_log
from restore.training.run_events import Began, Fault, Stepped, Told, Validated


def steps(first: int, last: int) -> list[Stepped]:
    """Steps whose loss is a third of their number."""
    return [Stepped(step, step / 3, 1.0, 0.1) for step in range(first, last + 1)]


def write(path: Path, *events: object) -> None:
    """One run, or one part of it."""
    with logged(path) as listen:
        for event in events:
            listen(event)


def test_a_log_that_goes_on_is_that_of_an_undisturbed_run(tmp_path: Path) -> None:
    """Lines behind the checkpoint are dropped, half a line too; then their steps come again."""
    trial = Validated(4, 0.5, 30.0, "PSNR dB", torch.zeros(3, 1, 1))
    write(tmp_path / "whole", Began(0, 9), *steps(1, 4), trial, *steps(5, 9))
    write(tmp_path / "cut", Began(0, 9), *steps(1, 4), trial, *steps(5, 6))
    with (tmp_path / "cut").open("ab") as file:
        file.write(b'{"step": 7, "lo')
    write(tmp_path / "cut", Began(4, 9), *steps(5, 9))

    assert (tmp_path / "whole").read_bytes() == (tmp_path / "cut").read_bytes()


def test_a_fault_behind_the_checkpoint_comes_once(tmp_path: Path) -> None:
    """It was met in the step after it: dropped with that one, and met again."""
    fault = Fault(4, "body.3", "frozen", "why")
    write(tmp_path / "whole", Began(0, 6), *steps(1, 4), fault, *steps(5, 6))
    write(tmp_path / "cut", Began(0, 6), *steps(1, 4), fault, *steps(5, 5))
    write(tmp_path / "cut", Began(4, 6), fault, *steps(5, 6))

    assert (tmp_path / "whole").read_bytes() == (tmp_path / "cut").read_bytes()


def test_numbers_come_back_to_the_last_bit(tmp_path: Path) -> None:
    """A loss is written so that reading gives the same number; remarks are not in the log."""
    write(tmp_path / "log", Began(0, 3), *steps(1, 3), Told("hello"))

    assert [line["loss"] for line in read_log(tmp_path / "log")] == [1 / 3, 2 / 3, 1.0]
    assert read_log(tmp_path / "none") == []


def test_every_line_is_json(tmp_path: Path) -> None:
    """What is not a number is null; faults carry their layer."""
    nan = Stepped(1, float("nan"), float("inf"), 0.1)
    write(tmp_path / "log", Began(0, 3), nan, Fault(1, "body.3", "frozen", "why"))

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    lines = (tmp_path / "log").read_text().splitlines()
    first, second = (json.loads(line, parse_constant=refuse) for line in lines)
    assert (first["loss"], first["norm"]) == (None, None)
    assert (second["layer"], second["fault"]) == ("body.3", "frozen")
