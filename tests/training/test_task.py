"""What all training tasks share: answers of a network, rows of pictures, notes, the choice of a task."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from restore.errors import SourceError
from restore.nets.color import ColorNet
from restore.training import tasks
from restore.training.settings import TrainSettings
from restore.training.tasks.task import MAX_SIDE, ROWS, TaskContext, answer, image_rows
from tests.training.made import CollectedEvents, run_settings, still_noise


def test_an_answer_has_no_gradient_and_leaves_the_network_alone() -> None:
    """In fp32 on the CPU, whatever the network computes in."""
    net = nn.Conv2d(1, 1, 1).to(torch.float64)
    output = answer(net, torch.rand(1, 1, 4, 4, dtype=torch.float64))
    assert (output.dtype, output.requires_grad) == (torch.float32, False)
    assert all(parameter.grad is None for parameter in net.parameters())


def test_rows_of_pictures_are_joined() -> None:
    """A row side by side, rows below each other, gray ones as R'G'B', values clipped to 0..1."""
    dark, light = torch.full((1, 6, 8), -1.0), torch.full((1, 6, 8), 2.0)
    picture = image_rows([[dark, light], [light, dark]])
    assert picture.shape == (3, 12, 16)
    assert picture[0, 0].tolist() == [0.0] * 8 + [1.0] * 8
    assert picture[2, 11].tolist() == [1.0] * 8 + [0.0] * 8


def test_large_pictures_and_many_rows_are_cut() -> None:
    """Only some rows, and of each picture only the middle."""
    large = torch.zeros(1, MAX_SIDE + 20, MAX_SIDE + 40)
    large[:, 10:-10, 20:-20] = 1
    picture = image_rows([[large]] * (ROWS + 3))
    assert picture.shape == (3, ROWS * MAX_SIDE, MAX_SIDE)
    assert float(picture.min()) == 1


def test_notes_go_to_the_listener(tmp_path: Path) -> None:
    """Remarks, and files that cannot be used, with the reason."""
    collected = CollectedEvents()
    context = TaskContext(tmp_path, tmp_path, still_noise, listen=collected)
    context.note("a remark")
    context.note_left_out(SourceError("It is damaged.", "a.jpg", code="photo-unreadable"))
    assert collected.notes == ["a remark", "Left out: a.jpg: It is damaged."]


@pytest.mark.parametrize("name", ["upscale", "colorize", "deinterlace"])
def test_the_settings_choose_the_task(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each task gets the settings twice, unless others are the reference for validation."""
    opened: list[tuple[TrainSettings, TrainSettings]] = []

    def record(run: TrainSettings, context: TaskContext, reference: TrainSettings) -> None:
        opened.append((run, reference))

    monkeypatch.setitem(tasks._TASKS, name, record)
    run, other = run_settings(3, task=name), run_settings(4)
    context = TaskContext(tmp_path, tmp_path, still_noise)
    tasks.open_task(run, context)
    tasks.open_task(run, context, reference=other)
    assert opened == [(run, run), (run, other)]


def test_the_seed_determines_the_initial_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that is started twice with the same seed has the same weights."""
    started: list[torch.Tensor] = []

    def start(run: TrainSettings, context: TaskContext, reference: TrainSettings) -> None:
        started.append(ColorNet(3, 8).scores.weight.detach().clone())

    monkeypatch.setitem(tasks._TASKS, "upscale", start)
    for seed in (1, 1, 2):
        tasks.open_task(run_settings(3, seed=seed), TaskContext(tmp_path, tmp_path, still_noise))
    assert torch.equal(started[0], started[1])
    assert not torch.equal(started[0], started[2])
