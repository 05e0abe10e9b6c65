"""The loop: a run that was stopped goes on as if it had not been, and it learns."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from restore.errors import TrainingError, UsageError
from restore.training.checkpoint import load_checkpoint, save_checkpoint
from restore.training.loop import rate_at, train
from restore.training.parallel import Machine
from restore.training.run_events import Began, Event, Fault, Stepped, Told, Validated
from restore.training.tasks import Task
from tests.training.made import Heard, contrast_sample, contrast_task, run_settings


def losses_of(heard: Heard) -> list[float]:
    """The losses of all steps, in order."""
    return [step.loss for step in heard.all(Stepped)]


def test_a_run_stopped_and_started_again_gives_the_same_bits(tmp_path: Path) -> None:
    """Stopped behind a checkpoint, the run repeats what was lost: equal losses, equal weights."""

    class Killed(Exception):
        """Stands for a kill."""

    def kill_at_six(event: Event) -> None:
        if isinstance(event, Stepped) and event.step == 6:
            raise Killed

    run = run_settings(10)
    undisturbed, resumed = Heard(), Heard()
    whole = train(contrast_task(run), run, tmp_path / "whole.pt", undisturbed)
    with pytest.raises(Killed):
        train(contrast_task(run), run, tmp_path / "cut.pt", kill_at_six)
    assert (saved := load_checkpoint(tmp_path / "cut.pt"))
    assert saved.step == 4
    second = train(contrast_task(run), run, tmp_path / "cut.pt", resumed)

    assert resumed.all(Began) == [Began(4, 10)]
    assert losses_of(undisturbed)[4:] == losses_of(resumed)
    for name, value in whole.average.items():
        assert torch.equal(value, second.average[name]), name
        assert torch.equal(whole.net[name], second.net[name]), name


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    """Started once more, a run that reached its last step hands out its result at once."""
    run = run_settings(4)
    heard = Heard()
    first = train(contrast_task(run), run, tmp_path / "run.pt")
    second = train(contrast_task(run), run, tmp_path / "run.pt", heard)

    assert heard.all(Stepped) == []
    assert [told.line.partition(":")[0] for told in heard.all(Told)] == [
        "All steps were done before"
    ]
    assert all(torch.equal(first.average[name], second.average[name]) for name in first.average)


def test_a_checkpoint_of_other_settings_is_refused(tmp_path: Path) -> None:
    """What would change the steps that are done is named; a longer run, or a slower one, is no other run."""
    run = run_settings(4)
    train(contrast_task(run), run, tmp_path / "run.pt")

    other = run_settings(4, average=0.5, batch=3)
    with pytest.raises(UsageError, match="average, batch"):
        train(contrast_task(other), other, tmp_path / "run.pt")
    mixed = run_settings(4, init="old.safetensors", keep=0.5)
    with pytest.raises(UsageError, match="other settings: init"):
        train(contrast_task(mixed), mixed, tmp_path / "run.pt")
    longer = run_settings(6, rate=1e-4)
    assert train(contrast_task(longer), longer, tmp_path / "run.pt").step == 6
    with pytest.raises(UsageError, match="done 6 steps already, more than 4"):
        train(contrast_task(run), run, tmp_path / "run.pt")


def test_a_setting_that_came_later_had_its_default(tmp_path: Path) -> None:
    """A run from before a setting goes on without it, and not with it."""
    run, path = run_settings(4), tmp_path / "run.pt"
    train(contrast_task(run), run, path)
    saved = load_checkpoint(path)
    assert saved
    stored = json.loads(saved.settings)
    del stored["exactness"]
    save_checkpoint(path, replace(saved, settings=json.dumps(stored)))

    other = run_settings(6, exactness=0.1)
    with pytest.raises(UsageError, match="exactness"):
        train(contrast_task(other), other, path)
    longer = run_settings(6)
    assert train(contrast_task(longer), longer, path).step == 6


def test_a_checkpoint_of_other_bins_is_refused(tmp_path: Path) -> None:
    """Photographs that were exchanged give other chroma bins: what was learned is of the old ones."""
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
    """Neither a traceback nor a run that begins anew in silence."""
    run = run_settings(2)
    train(contrast_task(run), run, tmp_path / "run.pt")
    whole = (tmp_path / "run.pt").read_bytes()
    (tmp_path / "run.pt").write_bytes(damage or whole[: len(whole) // 2])
    with pytest.raises(UsageError, match="checkpoint is damaged") as caught:
        train(contrast_task(run), run, tmp_path / "run.pt")
    assert caught.value.where == str(tmp_path / "run.pt")


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
def test_it_learns(tmp_path: Path, precision: str) -> None:
    """The loss of a learnable task falls to less than half, in both precisions."""
    run = run_settings(40)
    heard = Heard()
    train(contrast_task(run), run, tmp_path / "run.pt", heard, Machine(precision=precision))
    losses = losses_of(heard)

    assert sum(losses[-5:]) < sum(losses[:5]) / 2


def test_the_average_follows_the_weights(tmp_path: Path) -> None:
    """The delivered average is near the weights, and not the weights themselves."""
    run = run_settings(12)
    final = train(contrast_task(run), run, tmp_path / "run.pt")

    start = contrast_task(run).net.state_dict()
    name = "body.0.weight"
    assert not torch.equal(final.net[name], final.average[name])
    assert (final.net[name] - final.average[name]).norm() < (final.net[name] - start[name]).norm()


def test_slow_prefixes_learn_slower(tmp_path: Path) -> None:
    """A factor of zero on a prefix keeps those weights as they were; the others move."""
    run = run_settings(4, slow={"head.": 0.0})
    start = contrast_task(run).net.state_dict()
    final = train(contrast_task(run), run, tmp_path / "run.pt")

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
    task = contrast_task(run)
    wild = replace(task, loss=lambda out, truth: 1e6 * task.loss(out, truth))
    heard = Heard()

    train(wild, run, tmp_path / "run.pt", heard)

    assert heard.all(Stepped)[0].norm > 1e3
    assert all(float(p.grad.norm()) <= 1.01e-3 for p in task.net.parameters() if p.grad is not None)


def test_batch_norms_of_a_color_net_are_averaged_whole(tmp_path: Path) -> None:
    """Counters (whole numbers) are copied into the average, not blended."""
    run = run_settings(2)
    task = contrast_task(run)
    counting = replace(task, net=nn.Sequential(task.net, nn.BatchNorm2d(1)))
    train(counting, run, tmp_path / "run.pt")

    assert (saved := load_checkpoint(tmp_path / "run.pt"))
    assert int(saved.average["1.num_batches_tracked"]) == 2


def test_the_average_is_validated_and_nothing_else_changes(tmp_path: Path) -> None:
    """Every so many steps and at the end; with and without it the losses are the same bits."""
    run = run_settings(7, validation={"every": 3})
    seen: list[dict[str, torch.Tensor]] = []

    def validate(weights: dict[str, torch.Tensor], step: int) -> Validated:
        seen.append({name: value.clone() for name, value in weights.items()})
        return Validated(step, 0.5, 30.0, "PSNR dB", torch.zeros(3, 1, 1))

    plain, trying = Heard(), Heard()
    train(contrast_task(run), run, tmp_path / "plain.pt", plain)
    task = replace(contrast_task(run), validate=validate)
    final = train(task, run, tmp_path / "trying.pt", trying)

    assert [one.step for one in trying.all(Validated)] == [3, 6, 7]
    assert losses_of(plain) == losses_of(trying)
    assert all(torch.equal(seen[-1][name], final.average[name]) for name in seen[-1])


def poisoned(run: object, at: int) -> object:
    """Samples as always, but one is not a number."""
    count = iter(range(10_000))

    def sample(generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        window, truth = contrast_sample(run, generator)
        return (window * torch.nan if next(count) == at else window), truth

    return sample


def test_a_batch_that_is_not_finite_leaves_the_weights_alone(tmp_path: Path) -> None:
    """It is named, left out, and the run goes on with sound weights."""
    run = run_settings(6)
    heard = Heard()
    task = replace(contrast_task(run), sample=poisoned(run, 5))
    final = train(task, run, tmp_path / "run.pt", heard)

    assert [(fault.layer, fault.step) for fault in heard.all(Fault)] == [("input", 2)]
    assert all(bool(value.isfinite().all()) for value in final.net.values())
    assert [step.loss == step.loss for step in heard.all(Stepped)].count(False) == 1


def test_a_run_told_to_stop_keeps_its_sound_checkpoint(tmp_path: Path) -> None:
    """The error names the layer; the checkpoint is from before the fault."""
    run = run_settings(12, monitor={"on_fault": "stop"})
    task = replace(contrast_task(run), sample=poisoned(run, 20))
    with pytest.raises(TrainingError, match="step 10: input: not finite"):
        train(task, run, tmp_path / "run.pt")

    assert (saved := load_checkpoint(tmp_path / "run.pt"))
    assert saved.step == 8
