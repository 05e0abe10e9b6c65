"""The loop: a run that was stopped goes on as if it had not been, and it learns."""

from pathlib import Path

import pytest
import torch
from torch import Generator, Tensor, nn

from restore.nets.film import FilmNet, enlarge
from restore.training.checkpoint import load_checkpoint
from restore.training.loop import rate_at, train
from restore.training.losses import sharpness_loss
from restore.training.settings import TrainSettings
from restore.training.tasks import Task


def run_settings(steps: int, **changes: object) -> TrainSettings:
    """Settings of a run so small that a test can wait for it."""
    values = {
        "task": "upscale",
        "architecture": "FilmNet",
        "arguments": {"scale": 2, "frames": 1, "channels": 8, "depth": 1},
        "data": "nowhere",
        "steps": steps,
        "batch": 2,
        "patch": 8,
        "rate": 3e-3,
        "warmup": 2,
        "checkpoint_every": 4,
    }
    return TrainSettings.model_validate({**values, **changes})


def sharpen_task(run: TrainSettings) -> Task:
    """Learn to give back twice the contrast of random patches: quick to learn, nothing to load."""

    def batch(generator: Generator) -> tuple[Tensor, Tensor]:
        window = torch.rand(run.batch, 1, run.patch, run.patch, generator=generator)
        return window, 2 * enlarge(window, 2)

    torch.manual_seed(run.seed)
    net = FilmNet(**run.arguments)
    return Task(net, run.arguments, batch, lambda out, truth: sharpness_loss(out, truth, 0.05, 0.1))


def silent(step: int, loss: float, norm: float) -> None:
    """Say nothing."""


def test_a_run_stopped_and_started_again_gives_the_same_bits(tmp_path: Path) -> None:
    """Stopped behind a checkpoint, the run repeats what was lost and ends with equal weights."""

    class Killed(Exception):
        """Stands for a kill."""

    def kill_at_six(step: int, loss: float, norm: float) -> None:
        if step == 6:
            raise Killed

    run = run_settings(10)
    whole = train(sharpen_task(run), run, tmp_path / "whole.pt", silent)
    with pytest.raises(Killed):
        train(sharpen_task(run), run, tmp_path / "cut.pt", kill_at_six)
    assert (saved := load_checkpoint(tmp_path / "cut.pt"))
    assert saved.step == 4
    resumed = train(sharpen_task(run), run, tmp_path / "cut.pt", silent)

    for name, value in whole.average.items():
        assert torch.equal(value, resumed.average[name]), name
        assert torch.equal(whole.net[name], resumed.net[name]), name


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    """Started once more, a run that reached its last step hands out its result at once."""
    run = run_settings(4)
    steps: list[int] = []
    first = train(sharpen_task(run), run, tmp_path / "run.pt", silent)
    second = train(sharpen_task(run), run, tmp_path / "run.pt", lambda step, *_: steps.append(step))

    assert steps == []
    assert all(torch.equal(first.average[name], second.average[name]) for name in first.average)


def test_it_learns(tmp_path: Path) -> None:
    """The loss of a learnable task falls to less than half."""
    run = run_settings(40)
    losses: list[float] = []
    train(sharpen_task(run), run, tmp_path / "run.pt", lambda _, loss, __: losses.append(loss))

    assert sum(losses[-5:]) < sum(losses[:5]) / 2


def test_the_average_follows_the_weights(tmp_path: Path) -> None:
    """The delivered average is near the weights, and not the weights themselves."""
    run = run_settings(12)
    final = train(sharpen_task(run), run, tmp_path / "run.pt", silent)

    start = sharpen_task(run).net.state_dict()
    name = "body.0.weight"
    assert not torch.equal(final.net[name], final.average[name])
    assert (final.net[name] - final.average[name]).norm() < (final.net[name] - start[name]).norm()


def test_slow_prefixes_learn_slower(tmp_path: Path) -> None:
    """A factor of zero on a prefix keeps those weights as they were; the others move."""
    run = run_settings(4, slow={"head.": 0.0})
    start = sharpen_task(run).net.state_dict()
    final = train(sharpen_task(run), run, tmp_path / "run.pt", silent)

    assert torch.equal(start["head.weight"], final.net["head.weight"])
    assert not torch.equal(start["tail.weight"], final.net["tail.weight"])


def test_the_rate_warms_up_and_falls_to_zero() -> None:
    """Linear for `warmup` steps, the full rate after, half a cosine down, nothing at the end."""
    run = run_settings(1000, warmup=100, rate=1.0)

    assert rate_at(0, run) == pytest.approx(0.01)
    assert rate_at(100, run) == pytest.approx(1.0, abs=0.03)
    assert rate_at(500, run) == pytest.approx(0.5)
    assert rate_at(1000, run) == pytest.approx(0, abs=1e-9)


def test_gradients_are_clipped(tmp_path: Path) -> None:
    """One absurd batch moves the weights no further than the clip allows; the norm is reported unclipped."""
    run = run_settings(1, warmup=0, clip=1e-3)
    task = sharpen_task(run)
    wild = Task(
        task.net, task.arguments, task.batch, lambda out, truth: 1e6 * task.loss(out, truth)
    )
    norms: list[float] = []

    train(wild, run, tmp_path / "run.pt", lambda _, __, norm: norms.append(norm))

    assert norms[0] > 1e3
    assert all(float(p.grad.norm()) <= 1.01e-3 for p in task.net.parameters() if p.grad is not None)


def test_batch_norms_of_a_color_net_are_averaged_whole(tmp_path: Path) -> None:
    """Counters (whole numbers) are copied into the average, not blended."""
    run = run_settings(2)
    task = sharpen_task(run)
    counting = nn.Sequential(task.net, nn.BatchNorm2d(1))
    train(Task(counting, {}, task.batch, task.loss), run, tmp_path / "run.pt", silent)

    assert (saved := load_checkpoint(tmp_path / "run.pt"))
    assert int(saved.average["1.num_batches_tracked"]) == 2
