"""Checkpoints: written atomically, read back exactly, checked against settings and network."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from torch import nn

from restore.errors import OutputError, UsageError
from restore.training.checkpoint import (
    MAY_CHANGE,
    Checkpoint,
    check_net,
    check_settings,
    load_checkpoint,
    save_checkpoint,
)
from restore.training.settings import TrainSettings
from tests.training.made import run_settings


def checkpoint(run: TrainSettings, step: int = 3) -> Checkpoint:
    """A checkpoint of that run, with a network of one layer."""
    net = nn.Linear(2, 2).state_dict()
    return Checkpoint(step, net, dict(net), {"state": {}}, 1.5, settings=run.model_dump_json())


def test_a_checkpoint_is_read_back(tmp_path: Path) -> None:
    """All fields, and the weights bit for bit; without a file there is none."""
    path = tmp_path / "checkpoint.pt"
    assert load_checkpoint(path) is None
    written = checkpoint(run_settings(5))
    save_checkpoint(path, written)
    read = load_checkpoint(path)
    assert read is not None
    for field in dataclasses.fields(Checkpoint):
        before, after = getattr(written, field.name), getattr(read, field.name)
        if field.name in ("net", "average"):
            assert all(torch.equal(before[name], after[name]) for name in before)
        else:
            assert before == after, field.name


def test_only_a_whole_file_gets_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the state cannot be written, the last checkpoint stays and no other file remains."""
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, checkpoint(run_settings(5)))
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OutputError) as caught:
        save_checkpoint(path, checkpoint(run_settings(5), 4))
    assert caught.value.code == "disk-full"
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint.pt"]
    assert path.read_bytes() == before


def changed(run: TrainSettings) -> dict[str, TrainSettings]:
    """The run with each of its settings changed, by the setting."""
    values = {
        "batch_size": 4,
        "patch_size": 16,
        "seed": 7,
        "ema_decay": 0.5,
        "weight_decay": 0.1,
        "architecture": "ColorNet",
        "data": "elsewhere",
        "steps": 50,
        "learning_rate": 1e-5,
        "warmup_steps": 7,
        "decay_steps": 3,
        "max_gradient_norm": 3.0,
        "checkpoint_every": 7,
    }
    return {key: run.model_copy(update={key: value}) for key, value in values.items()}


@pytest.mark.parametrize("key", changed(run_settings(5)))
def test_settings_of_the_steps_done_must_be_the_same(key: str, tmp_path: Path) -> None:
    """Those in MAY_CHANGE apply to the steps that follow, any other one is refused by name."""
    run = run_settings(5)
    other = changed(run)[key]
    if key in MAY_CHANGE:
        check_settings(checkpoint(run), other, tmp_path)
        return
    with pytest.raises(UsageError, match=key) as caught:
        check_settings(checkpoint(run), other, tmp_path)
    assert caught.value.code == "checkpoint-settings"


def test_initial_weights_count_if_they_are_mixed_in(tmp_path: Path) -> None:
    """Another `init` may be named later only while none of it is exported."""
    for share, allowed in ((0.0, True), (0.5, False)):
        run = run_settings(5, init="one", init_share=share)
        other = run.model_copy(update={"init": "two"})
        if allowed:
            check_settings(checkpoint(run), other, tmp_path)
        else:
            with pytest.raises(UsageError, match="init"):
                check_settings(checkpoint(run), other, tmp_path)


def test_fewer_steps_than_done_are_refused(tmp_path: Path) -> None:
    """Three steps are done: two cannot be the end any more, three can."""
    run = run_settings(3)
    check_settings(checkpoint(run), run, tmp_path)
    with pytest.raises(UsageError) as caught:
        check_settings(checkpoint(run), run.model_copy(update={"steps": 2}), tmp_path)
    assert caught.value.code == "checkpoint-beyond"


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    """Other shapes mean other data: the number of bins depends on the photographs."""
    saved = checkpoint(run_settings(5))
    check_net(saved, nn.Linear(2, 2), tmp_path)
    with pytest.raises(UsageError) as caught:
        check_net(saved, nn.Linear(2, 3), tmp_path)
    assert caught.value.code == "checkpoint-data"


def test_a_checkpoint_of_the_first_release_is_refused(tmp_path: Path) -> None:
    """Its settings have other names, which are listed; it is no traceback."""
    old = dataclasses.replace(checkpoint(run_settings(5)), settings='{"batch": 2, "rate": 0.1}')
    with pytest.raises(UsageError, match="batch, rate") as caught:
        check_settings(old, run_settings(5), tmp_path)
    assert caught.value.code == "checkpoint-settings"
