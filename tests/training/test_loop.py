"""The loop: a run that was stopped resumes exactly, and it learns."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from restore.errors import TrainingError, UsageError
from restore.training.checkpoint import load_checkpoint, save_checkpoint
from restore.training.distributed import TrainingProcess
from restore.training.loop import learning_rate_factor, train
from restore.training.settings import TrainSettings
from restore.training.tasks.task import Task
from restore.training.training_events import (
    Fault,
    StepDone,
    TrainingEvent,
    TrainingStarted,
    Validated,
)
from tests.training.made import CollectedEvents, contrast_sample, contrast_task, run_settings


def losses_of(collected: CollectedEvents) -> list[float]:
    """The losses of all steps, in order."""
    return [step.loss for step in collected.all(StepDone)]


def test_a_run_stopped_and_started_again_gives_the_same_bits(tmp_path: Path) -> None:
    """Stopped after a checkpoint, the run repeats the lost steps: equal losses, equal weights."""

    class Killed(Exception):
        """Stands for a kill."""

    def kill_at_six(event: TrainingEvent) -> None:
        if isinstance(event, StepDone) and event.step == 6:
            raise Killed

    run = run_settings(10)
    undisturbed, resumed = CollectedEvents(), CollectedEvents()
    whole = train(contrast_task(run), run, tmp_path / "whole.pt", undisturbed)
    with pytest.raises(Killed):
        train(contrast_task(run), run, tmp_path / "cut.pt", kill_at_six)
    assert (saved := load_checkpoint(tmp_path / "cut.pt"))
    assert saved.step == 4
    second = train(contrast_task(run), run, tmp_path / "cut.pt", resumed)

    assert resumed.all(TrainingStarted) == [TrainingStarted(4, 10)]
    assert losses_of(undisturbed)[4:] == losses_of(resumed)
    for name, value in whole.average.items():
        assert torch.equal(value, second.average[name]), name
        assert torch.equal(whole.net[name], second.net[name]), name


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    """Started again, a run that reached its last step returns its result at once."""
    run = run_settings(4)
    collected = CollectedEvents()
    first = train(contrast_task(run), run, tmp_path / "run.pt")
    second = train(contrast_task(run), run, tmp_path / "run.pt", collected)

    assert collected.all(StepDone) == []
    assert collected.notes == ["All steps were done before: nothing is trained."]
    assert all(torch.equal(first.average[name], second.average[name]) for name in first.average)


def test_a_checkpoint_of_other_settings_is_refused(tmp_path: Path) -> None:
    """Settings that would change the steps done are named; more steps and another learning rate are not."""
    run = run_settings(4)
    train(contrast_task(run), run, tmp_path / "run.pt")

    other = run_settings(4, ema_decay=0.5, batch_size=3)
    with pytest.raises(UsageError, match="batch_size, ema_decay") as caught:
        train(contrast_task(other), other, tmp_path / "run.pt")
    assert caught.value.code == "checkpoint-settings"
    mixed = run_settings(4, init="old.safetensors", init_share=0.5)
    with pytest.raises(UsageError, match="other settings: init"):
        train(contrast_task(mixed), mixed, tmp_path / "run.pt")
    longer = run_settings(6, learning_rate=1e-4)
    assert train(contrast_task(longer), longer, tmp_path / "run.pt").step == 6
    with pytest.raises(UsageError) as caught:
        train(contrast_task(run), run, tmp_path / "run.pt")
    assert caught.value.code == "checkpoint-beyond"


def test_a_setting_that_did_not_exist_had_its_default(tmp_path: Path) -> None:
    """A run from before a setting was added resumes with its default, and with no other value."""
    run, path = run_settings(4), tmp_path / "run.pt"
    train(contrast_task(run), run, path)
    saved = load_checkpoint(path)
    assert saved
    stored = json.loads(saved.settings)
    del stored["loss"]
    save_checkpoint(path, replace(saved, settings=json.dumps(stored)))

    other = run_settings(6, loss={"log_mse": 0.1})
    with pytest.raises(UsageError, match="loss"):
        train(contrast_task(other), other, path)
    longer = run_settings(6)
    assert train(contrast_task(longer), longer, path).step == 6


def test_a_checkpoint_of_other_bins_is_refused(tmp_path: Path) -> None:
    """Other photographs give other chroma bins, but the network has learned the old ones."""
    run = run_settings(2)

    def task(*centres: float) -> Task:
        made = contrast_task(run)
        made.net.register_buffer("centres", torch.tensor(centres))
        return made

    train(task(0.1, 0.2), run, tmp_path / "run.pt")
    assert train(task(0.1, 0.2), run, tmp_path / "run.pt").step == 2
    for other in (task(0.1, 0.3), task(0.1, 0.2, 0.3)):
        with pytest.raises(UsageError, match="other data"):
            train(other, run, tmp_path / "run.pt")


@pytest.mark.parametrize("damage", [b"", b"PK", b"not a checkpoint at all"])
def test_a_damaged_checkpoint_is_named(tmp_path: Path, damage: bytes) -> None:
    """Neither a traceback nor a run that silently starts again."""
    run = run_settings(2)
    train(contrast_task(run), run, tmp_path / "run.pt")
    whole = (tmp_path / "run.pt").read_bytes()
    (tmp_path / "run.pt").write_bytes(damage or whole[: len(whole) // 2])
    with pytest.raises(UsageError) as caught:
        train(contrast_task(run), run, tmp_path / "run.pt")
    assert (caught.value.code, caught.value.where) == (
        "checkpoint-damaged",
        str(tmp_path / "run.pt"),
    )


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
def test_it_learns(tmp_path: Path, precision: str) -> None:
    """The loss of an easy task falls to less than half, in both precisions."""
    run = run_settings(40)
    collected = CollectedEvents()
    train(
        contrast_task(run),
        run,
        tmp_path / "run.pt",
        collected,
        TrainingProcess(precision=precision),
    )
    losses = losses_of(collected)

    assert sum(losses[-5:]) < sum(losses[:5]) / 2


def test_the_average_follows_the_weights(tmp_path: Path) -> None:
    """The exported average is near the weights, and differs from them."""
    run = run_settings(12)
    final = train(contrast_task(run), run, tmp_path / "run.pt")

    start = contrast_task(run).net.state_dict()
    name = "body.0.weight"
    assert not torch.equal(final.net[name], final.average[name])
    assert (final.net[name] - final.average[name]).norm() < (final.net[name] - start[name]).norm()


def test_layers_can_have_their_own_learning_rate(tmp_path: Path) -> None:
    """With a factor of zero for a prefix these weights do not change; the others do."""
    run = run_settings(4, learning_rate_factors={"head.": 0.0})
    start = contrast_task(run).net.state_dict()
    final = train(contrast_task(run), run, tmp_path / "run.pt")

    assert torch.equal(start["head.weight"], final.net["head.weight"])
    assert not torch.equal(start["tail.weight"], final.net["tail.weight"])


def test_the_learning_rate_rises_and_falls_to_zero() -> None:
    """Linear for `warmup_steps`, then the full learning rate, then half a cosine down to zero."""
    run = run_settings(1000, warmup_steps=100)
    assert learning_rate_factor(0, run) == pytest.approx(0.01)
    assert learning_rate_factor(100, run) == pytest.approx(1.0, abs=0.03)
    assert learning_rate_factor(500, run) == pytest.approx(0.5)
    assert learning_rate_factor(1000, run) == pytest.approx(0, abs=1e-9)

    late = run_settings(1000, warmup_steps=100, decay_steps=200)
    assert learning_rate_factor(799, late) == 1.0
    assert learning_rate_factor(900, late) == pytest.approx(0.5)


def test_the_optimizer_uses_the_schedule(tmp_path: Path) -> None:
    """Each step's learning rate is that of the schedule, times the factor of its parameters."""
    run = run_settings(6, warmup_steps=3, learning_rate_factors={"head.": 0.5})
    collected = CollectedEvents()
    final = train(contrast_task(run), run, tmp_path / "run.pt", collected)

    expected = [run.learning_rate * learning_rate_factor(step, run) for step in range(6)]
    assert [step.learning_rate for step in collected.all(StepDone)] == expected
    after = learning_rate_factor(6, run) * run.learning_rate
    groups = final.optimizer["param_groups"]
    assert {group["factor"]: group["lr"] for group in groups} == pytest.approx(
        {0.5: after / 2, 1.0: after}
    )


def test_a_changed_learning_rate_applies_to_the_steps_that_follow(tmp_path: Path) -> None:
    """A run that resumes with another schedule uses it from there on."""
    train_until = run_settings(4, decay_steps=1)
    train(contrast_task(train_until), train_until, tmp_path / "run.pt")
    changed = run_settings(6, learning_rate=1e-5, decay_steps=1)
    collected = CollectedEvents()
    train(contrast_task(changed), changed, tmp_path / "run.pt", collected)

    assert [step.learning_rate for step in collected.all(StepDone)] == [1e-5, 1e-5]


def test_gradients_are_clipped(tmp_path: Path) -> None:
    """A huge gradient is scaled down to `max_gradient_norm`; the norm before is what is reported."""
    run = run_settings(1, warmup_steps=0, max_gradient_norm=1e-3)
    task = contrast_task(run)
    steep = replace(task, loss=lambda output, truth: 1e6 * task.loss(output, truth))
    collected = CollectedEvents()

    train(steep, run, tmp_path / "run.pt", collected)

    assert collected.all(StepDone)[0].gradient_norm > 1e3
    assert all(float(p.grad.norm()) <= 1.01e-3 for p in task.net.parameters() if p.grad is not None)


def test_buffers_are_copied_into_the_average(tmp_path: Path) -> None:
    """Statistics of batch norms are averages already, and their counters are integers."""
    run = run_settings(2)
    task = contrast_task(run)
    counting = replace(task, net=nn.Sequential(task.net, nn.BatchNorm2d(1)))
    train(counting, run, tmp_path / "run.pt")

    assert (saved := load_checkpoint(tmp_path / "run.pt"))
    assert int(saved.average["1.num_batches_tracked"]) == 2
    assert torch.equal(saved.average["1.running_mean"], saved.net["1.running_mean"])


def test_the_average_is_validated_and_nothing_else_changes(tmp_path: Path) -> None:
    """Every `validation.every` steps and at the end; with and without it the losses are equal."""
    run = run_settings(7, validation={"every": 3})
    seen: list[dict[str, torch.Tensor]] = []

    def validate(net: nn.Module, step: int) -> Validated:
        assert not net.training
        seen.append({name: value.clone() for name, value in net.state_dict().items()})
        return Validated(step, 0.5, 30.0, "PSNR dB", torch.zeros(3, 1, 1))

    plain, validated = CollectedEvents(), CollectedEvents()
    train(contrast_task(run), run, tmp_path / "plain.pt", plain)
    task = replace(contrast_task(run), validate=validate)
    final = train(task, run, tmp_path / "validated.pt", validated)

    assert [one.step for one in validated.all(Validated)] == [3, 6, 7]
    assert losses_of(plain) == losses_of(validated)
    assert all(torch.equal(seen[-1][name], final.average[name]) for name in seen[-1])


def with_nan(run: TrainSettings, at: int) -> object:
    """Samples as always, except that one is NaN."""
    count = iter(range(10_000))

    def draw(generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        window, truth = contrast_sample(run, generator)
        return (window * torch.nan if next(count) == at else window), truth

    return draw


def test_a_batch_that_is_not_finite_is_skipped(tmp_path: Path) -> None:
    """It is reported, the weights stay as they are, and the run continues."""
    run = run_settings(6)
    collected = CollectedEvents()
    task = replace(contrast_task(run), draw=with_nan(run, 5))
    final = train(task, run, tmp_path / "run.pt", collected)

    assert [(fault.layer, fault.step) for fault in collected.all(Fault)] == [("input", 2)]
    assert all(bool(value.isfinite().all()) for value in final.net.values())
    assert [step.loss == step.loss for step in collected.all(StepDone)].count(False) == 1


def test_a_run_that_stops_keeps_its_last_checkpoint(tmp_path: Path) -> None:
    """The error names the layer; the checkpoint is from before the fault."""
    run = run_settings(12, monitor={"on_fault": "stop"})
    task = replace(contrast_task(run), draw=with_nan(run, 20))
    with pytest.raises(TrainingError, match="step 10: input: not finite") as caught:
        train(task, run, tmp_path / "run.pt")

    assert caught.value.code == "training-fault"
    assert (saved := load_checkpoint(tmp_path / "run.pt"))
    assert saved.step == 8
