"""The monitor: planted faults are reported with their layer, healthy runs of the real networks give none."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Generator, Tensor, nn

from restore.ageing.draw import AgeingRanges
from restore.ageing.random_streams import seeded
from restore.errors import TrainingError
from restore.evaluation.photographs import Photo
from restore.nets.color import ColorNet
from restore.nets.film import FilmNet, enlarge
from restore.training.activations import recorded
from restore.training.chroma_bins import corner_table
from restore.training.gray_samples import gray_sample
from restore.training.loop import train
from restore.training.monitor import WINDOW
from restore.training.settings import TrainSettings
from restore.training.tasks.task import Task
from restore.training.training_events import Fault, StepDone
from restore.training.training_losses import chroma_loss
from tests.training.made import CollectedEvents, contrast_task, run_settings

OFTEN = {"every": WINDOW}
"""Check the layers as often as possible."""


class Layers(nn.Module):
    """Three convolutions with a ReLU between each two; `cut_off` lets no gradient through to the first."""

    def __init__(self, cut_off: bool = False) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 8, 3, padding=1)
        self.activation = nn.ReLU()
        self.second = nn.Conv2d(8, 8, 3, padding=1)
        self.other_activation = nn.ReLU()
        self.last = nn.Conv2d(8, 1, 3, padding=1)
        self.cut_off = cut_off

    def forward(self, window: Tensor) -> Tensor:
        """[N, 1, h, w] -> [N, 1, 2h, 2w]."""
        low = self.activation(self.first(window))
        low = low.detach() if self.cut_off else low
        return enlarge(self.last(self.other_activation(self.second(low))), 2)


def layers(cut_off: bool = False) -> Layers:
    """The network with weights from a fixed seed."""
    torch.manual_seed(3)
    return Layers(cut_off)


def faults_of(tmp_path: Path, net: nn.Module, steps: int, **changes: object) -> list[Fault]:
    """The faults that the monitor reports in a short run of that network."""
    run = run_settings(steps, **{"monitor": OFTEN, "checkpoint_every": 1000, **changes})
    collected = CollectedEvents()
    train(contrast_task(run, net), run, tmp_path / "run.pt", collected)
    return collected.all(Fault)


def test_a_dead_relu_is_named(tmp_path: Path) -> None:
    """A bias that no input overcomes: the activation is zero in two checks in a row."""
    net = layers()
    nn.init.constant_(net.second.bias, -100.0)
    found = faults_of(tmp_path, net, 2 * WINDOW)

    assert ("other_activation", "dead channels") in {(fault.layer, fault.kind) for fault in found}
    assert "8 of 8 channels" in next(f.message for f in found if f.kind == "dead channels")


def test_an_exploding_gain_is_named(tmp_path: Path) -> None:
    """Of all layers that blow up, the one where it starts is reported, at the first check."""
    net = layers()
    nn.init.constant_(net.second.weight, 1e4)
    found = faults_of(tmp_path, net, 1)

    kinds = {fault.kind: fault.layer for fault in found}
    assert {"second"} == {kinds[kind] for kind in kinds if kind.startswith("activation")}
    assert found[0].step == 0


def test_a_frozen_layer_is_named(tmp_path: Path) -> None:
    """A layer without a gradient is reported, and no other one."""
    found = faults_of(tmp_path, layers(cut_off=True), 2 * WINDOW)

    assert {("first", "frozen")} == {(fault.layer, fault.kind) for fault in found}


def test_a_layer_whose_weights_do_not_move_is_named(tmp_path: Path) -> None:
    """A layer whose gradients are too small to change its weights is frozen, too."""
    net = layers()
    net.first.weight.register_hook(lambda gradient: gradient * 1e-20)
    net.first.bias.register_hook(lambda gradient: gradient * 1e-20)
    found = faults_of(tmp_path, net, WINDOW)

    assert {("first", "frozen")} == {(fault.layer, fault.kind) for fault in found}


def test_a_layer_that_the_settings_freeze_is_no_fault(tmp_path: Path) -> None:
    """A factor of 0 for its learning rate is intended."""
    frozen = {"learning_rate_factors": {"first.": 0.0}}
    assert faults_of(tmp_path, layers(cut_off=True), 2 * WINDOW, **frozen) == []


def test_oscillation_is_named(tmp_path: Path) -> None:
    """With a learning rate far too high the weights oscillate: the fault says to lower it."""
    torch.manual_seed(1)
    net = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.PixelShuffle(2))
    found = faults_of(
        tmp_path, net, 4 * WINDOW, learning_rate=1.0, warmup_steps=0, max_gradient_norm=100
    )

    assert ("0", "oscillation") in {(fault.layer, fault.kind) for fault in found}
    messages = [fault.message for fault in found if fault.kind == "oscillation"]
    assert all("lower the learning rate" in message for message in messages)


@pytest.mark.parametrize("side", ["input", "truth"])
def test_a_batch_of_nan_is_named(tmp_path: Path, side: str) -> None:
    """Not the first layer that passes it on, but the batch itself, and which part of it."""
    run = run_settings(3, monitor=OFTEN)
    task = contrast_task(run)

    def draw(generator: Generator) -> tuple[Tensor, Tensor]:
        window, truth = task.draw(generator)
        return (window * math.nan, truth) if side == "input" else (window, truth * math.nan)

    collected = CollectedEvents()
    train(replace(task, draw=draw), run, tmp_path / "run.pt", collected)

    assert [(fault.layer, fault.kind) for fault in collected.all(Fault)] == [(side, "not finite")]


def test_a_layer_that_overflows_is_named(tmp_path: Path) -> None:
    """The batches are finite, but the second layer's output is not."""
    net = layers()
    nn.init.constant_(net.second.weight, 1e30)
    nn.init.constant_(net.last.weight, 1e30)
    found = faults_of(tmp_path, net, 1)

    assert ("second", "not finite") in {(fault.layer, fault.kind) for fault in found}


def test_a_gradient_that_is_not_finite_is_named(tmp_path: Path) -> None:
    """The forward pass is finite, but one layer's gradient is not."""
    net = layers()
    net.second.weight.register_hook(lambda gradient: gradient * math.nan)
    found = faults_of(tmp_path, net, 1)

    assert [(fault.layer, fault.kind) for fault in found] == [("second", "not finite")]


def test_a_loss_spike_is_named(tmp_path: Path) -> None:
    """One loss far above the last ones is reported once, with the layer with the largest gradient."""
    run = run_settings(60, monitor=OFTEN, learning_rate=1e-4)
    task = contrast_task(run)
    count = iter(range(10_000))

    def draw(generator: Generator) -> tuple[Tensor, Tensor]:
        window, truth = task.draw(generator)
        return window, truth + 100.0 * (next(count) == 100)

    collected = CollectedEvents()
    train(replace(task, draw=draw), run, tmp_path / "run.pt", collected)

    spikes = [fault for fault in collected.all(Fault) if fault.kind == "loss spike"]
    assert [fault.step for fault in spikes] == [50]
    assert spikes[0].layer in dict(task.net.named_modules())


def test_steps_that_are_too_large_are_named(tmp_path: Path) -> None:
    """A learning rate at which a step changes a layer's weights by more than a fifth of their norm."""
    found = faults_of(tmp_path, layers(), WINDOW, learning_rate=0.5, warmup_steps=0)

    assert "update ratio" in {fault.kind for fault in found}


def test_bounds_can_be_declared_for_single_layers(tmp_path: Path) -> None:
    """The longest prefix counts; a layer outside of its bounds is reported."""
    tight = {"mean": [-1e-6, 1e-6], "variance": [0, 1e-6]}
    wide = {"mean": [-9, 9], "variance": [0, 99]}
    declared = {**OFTEN, "layers": {"": wide, "last": tight}}
    found = faults_of(tmp_path, layers(), 1, monitor=declared)

    assert {"last"} == {fault.layer for fault in found}


def test_a_fault_that_persists_is_reported_once_and_then_seldom(tmp_path: Path) -> None:
    """Ten checks of the same dead layer give one report, not ten."""
    net = layers()
    nn.init.constant_(net.second.bias, -100.0)
    found = faults_of(tmp_path, net, 10 * WINDOW)

    assert [fault.layer for fault in found].count("other_activation") == 1


def test_the_run_stops_where_that_is_asked_for(tmp_path: Path) -> None:
    """The error has the layer; with "ignore" nothing is reported."""
    net = layers()
    nn.init.constant_(net.second.weight, 1e4)
    with pytest.raises(TrainingError, match="second: activation mean"):
        faults_of(tmp_path, net, 1, monitor={**OFTEN, "on_fault": "stop"})
    assert faults_of(tmp_path, net, 1, monitor={"on_fault": "ignore"}) == []


def test_the_monitor_changes_no_number(tmp_path: Path) -> None:
    """Losses with the monitor are those without it, bit for bit, and no hook remains."""
    losses: list[list[float]] = []
    for monitor in (OFTEN, {"on_fault": "ignore"}):
        run = run_settings(2 * WINDOW + 3, monitor=monitor)
        collected, task = CollectedEvents(), contrast_task(run)
        train(task, run, tmp_path / f"{len(losses)}.pt", collected)
        losses.append([step.loss for step in collected.all(StepDone)])
        assert not any(module._forward_hooks for module in task.net.modules())
    assert losses[0] == losses[1]


def test_activations_are_measured_by_layer() -> None:
    """Mean, variance and constant channels are those of the layer's output."""
    net = nn.Sequential(nn.Conv2d(1, 3, 1), nn.ReLU(inplace=True))
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([1.0, 2.0, 0.0]).view(3, 1, 1, 1))
        net[0].bias.copy_(torch.tensor([0.0, -9.0, 0.5]))
    picture = torch.rand(2, 1, 4, 4, generator=seeded(1))
    with recorded(net) as seen:
        net(picture)

    out = torch.cat([picture, 2 * picture - 9, torch.full_like(picture, 0.5)], 1)
    assert seen["0"].mean == pytest.approx(float(out.mean()), rel=1e-5)
    assert seen["0"].variance == pytest.approx(float(out.var(correction=0)), rel=1e-5)
    assert seen["0"].constant.tolist() == [False, False, True]
    assert seen["1"].constant.tolist() == [False, True, True]


def film_run() -> tuple[Task, TrainSettings]:
    """The real FilmNet on made pictures with grain, at the learning rate of the models that ship."""
    arguments = {"scale": 4, "frames": 5, "channels": 48, "depth": 14}
    run = run_settings(
        72,
        arguments=arguments,
        patch_size=16,
        learning_rate=1e-3,
        warmup_steps=20,
        monitor=OFTEN,
    )

    def draw(generator: Generator) -> tuple[Tensor, Tensor]:
        coarse = torch.rand(1, 1, 8, 8, generator=generator)
        truth = enlarge(coarse, 4).gt(0.5) * 0.4 + 0.5 * enlarge(coarse, 4)
        truth = enlarge(truth, 2)
        low = nn.functional.avg_pool2d(truth, 4)
        return low + 0.05 * torch.randn(1, 5, 16, 16, generator=generator), truth

    torch.manual_seed(1)
    task = contrast_task(run, FilmNet(**arguments))
    return replace(task, draw=draw), run


def color_run() -> tuple[Task, TrainSettings]:
    """The real ColorNet with random weights, on pictures of smooth colors aged like those of the models."""
    run = run_settings(
        40,
        batch_size=4,
        patch_size=64,
        learning_rate=8e-4,
        warmup_steps=20,
        learning_rate_factors={"features.": 0.25},
        monitor=OFTEN,
    )
    steps = torch.arange(-5, 6).float() * 0.08
    centres = torch.cartesian_prod(steps, steps)
    table = corner_table(centres, 0.08)
    photos = [
        Photo(str(n), enlarge(torch.rand(3, 1, 6, 6, generator=seeded(n)), 4)[:, 0].mul(255).byte())
        for n in range(6)
    ]
    torch.manual_seed(2)
    net = ColorNet(len(centres), 32)
    net.get_buffer("centres").copy_(centres)
    task = Task(
        net,
        {},
        lambda generator: gray_sample(photos, AgeingRanges(), run.patch_size, generator),
        lambda scores, chroma: chroma_loss(scores, chroma, table, 0.08),
    )
    return task, run


@contextmanager
def one_thread() -> Iterator[None]:
    """Small pictures are faster without threads that wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
@pytest.mark.parametrize("made", [film_run, color_run])
def test_a_healthy_run_of_the_real_networks_gives_no_fault(tmp_path: Path, made: object) -> None:
    """Checked as often as possible, with the default bounds: nothing is reported, and it learns."""
    task, run = made()
    collected = CollectedEvents()
    with one_thread():
        train(task, run, tmp_path / "run.pt", collected)

    assert collected.all(Fault) == []
    losses = [step.loss for step in collected.all(StepDone)]
    assert sum(losses[-8:]) < sum(losses[:8])
