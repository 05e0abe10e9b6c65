"""`restore train` in real processes: killed and resumed, two processes, a sweep, mistakes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import restore
from restore import models
from restore.cli.app import main
from restore.training.training_log import read_log
from tests.training.made import TINY, films_in

HERE = str(Path(restore.__file__).parent.parent)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with three films."""
    return films_in(tmp_path_factory.mktemp("data"))


def settings(folder: Path, text: str = TINY) -> Path:
    """A train.toml in a model's folder."""
    (folder / "tiny-v1").mkdir(parents=True)
    (folder / "tiny-v1" / "train.toml").write_text(text)
    return folder / "tiny-v1" / "train.toml"


def started(words: Sequence[str | Path], *before: str) -> subprocess.Popen[str]:
    """The command in a process of its own, with one thread, started by `before` if given."""
    launcher = before or ("-m", "restore")
    return subprocess.Popen(
        [sys.executable, *launcher, "train", *map(str, words)],
        env={**os.environ, "PYTHONPATH": HERE, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> str:
    """Its output, when it ended well."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return out


def log_of(work: Path) -> list[dict[str, Any]]:
    """The run's log."""
    return read_log(work / "tiny-v1" / "log.ndjson")


def test_a_model_is_trained_and_exported(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From films to a model that loads; validations are printed, the log has every step."""
    toml = settings(tmp_path)
    words = [str(toml), "--data", str(data), "--work", str(tmp_path / "work"), "--device", "cpu"]
    assert main(["train", *words]) == 0

    said = capsys.readouterr()
    assert "step 6: validation loss" in said.err + said.out
    assert f"The model is in {toml.parent}" in said.out
    card = models.read_card(toml.parent)
    assert models.load(card)(torch.rand(1, 3, 8, 8)).shape == (1, 1, 16, 16)
    steps = [line["step"] for line in log_of(tmp_path / "work") if "loss" in line]
    assert steps == list(range(1, 13))


def test_a_trial_run_does_not_replace_the_model(data: Path, tmp_path: Path) -> None:
    """With --steps the model is written into the work folder, not next to the settings."""
    toml = settings(tmp_path)
    words = [str(toml), "--data", str(data), "--work", str(tmp_path / "work"), "--steps", "2", "-q"]
    assert main(["train", *words]) == 0

    assert [path.name for path in toml.parent.iterdir()] == ["train.toml"]
    assert models.read_card(tmp_path / "work" / "tiny-v1" / "tiny-v1").scale == 2


def test_a_trial_run_has_its_own_checkpoints(data: Path, tmp_path: Path) -> None:
    """Its learning rate falls to zero earlier: the run must not resume from it."""
    toml = settings(tmp_path)
    words = ["train", str(toml), "--data", str(data), "--work", str(tmp_path / "work"), "-q"]
    assert main([*words, "--steps", "5"]) == 0
    assert main(words) == 0
    steps = [line["step"] for line in log_of(tmp_path / "work") if "loss" in line]
    assert steps == list(range(1, 13))

    assert main([*words, "--steps", "3"]) == 0
    trial = tmp_path / "work" / "tiny-v1" / "trial-3" / "log.ndjson"
    assert sum("loss" in line for line in read_log(trial)) == 3


def test_old_keys_are_read_with_a_warning(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A train.toml with a key of the first release trains; a line says the new name."""
    toml = settings(
        tmp_path, TINY.replace("learning_rate", "rate").replace("warmup_steps", "warmup")
    )
    words = [str(toml), "--data", str(data), "--work", str(tmp_path / "work"), "--steps", "1"]
    assert main(["train", *words]) == 0
    said = capsys.readouterr()
    for old, new in (("rate", "learning_rate"), ("warmup", "warmup_steps")):
        assert f"Warning: {toml}: `{old}` is now called `{new}`" in said.err + said.out


@pytest.mark.parametrize(
    ("words", "name", "text", "expected"),
    [
        ([], "tiny-v1", "", "steps: Field required"),
        ([], "tiny", TINY, "called NAME-v1"),
        (["--data", "nowhere"], "tiny-v1", TINY, "data folder does not exist"),
        (["--device", "tpu"], "tiny-v1", TINY, "a device is auto, cpu, cuda"),
        (["--sweep", "none.toml"], "tiny-v1", TINY, "Cannot read the settings"),
    ],
)
def test_mistakes_are_named(
    words: list[str],
    name: str,
    text: str,
    expected: str,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2 and at most three lines, before anything is made."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "train.toml").write_text(text)
    line = [str(tmp_path / name / "train.toml"), "--work", str(tmp_path / "work")]
    assert main(["train", *line, "--data", str(data), *words]) == 2

    error = capsys.readouterr().err
    assert expected in error
    assert len(error.splitlines()) <= 3


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_run_resumes_to_the_same_losses(data: Path, tmp_path: Path) -> None:
    """SIGKILL in the middle, the same command again: log and weights are those of an undisturbed run."""
    text = TINY.replace("steps = 12", "steps = 200").replace("every = 4", "every = 9")
    toml = settings(tmp_path, text)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    ended(started([toml, "--data", data, "--work", whole]))
    undisturbed = (toml.parent / "weights.safetensors").read_bytes()

    process = started([toml, "--data", data, "--work", cut])
    deadline = time.monotonic() + 200
    while len(log_of(cut)) < 30 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    lost = log_of(cut)
    assert process.returncode == -signal.SIGKILL
    assert 30 <= len(lost) < 200
    ended(started([toml, "--data", data, "--work", cut]))

    logs = [(work / "tiny-v1" / "log.ndjson").read_bytes() for work in (whole, cut)]
    assert logs[0] == logs[1]
    assert undisturbed == (toml.parent / "weights.safetensors").read_bytes()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_processes_train_as_one_with_the_whole_batch(data: Path, tmp_path: Path) -> None:
    """Two processes with half the batch each: the losses and weights of one, apart from rounding.

    The terms of the gradient are added in another order, which changes it by about 1e-7 in fp32 (measured
    on losses). AdamW divides by the gradient's own size, which amplifies this where it is near zero: the
    tolerance is a hundredth of a step (the learning rate) for weights and 1e-5 for losses.
    """
    text = TINY.replace("batch_size = 2", "batch_size = 4")
    one, two = settings(tmp_path / "one", text), settings(tmp_path / "two", text)
    ended(started([one, "--data", data, "--work", tmp_path / "a", "--device", "cpu"]))
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    words = [two, "--data", data, "--work", tmp_path / "b", "--device", "cpu"]
    out = ended(started(words, *launcher, "-m", "restore"))

    assert out.count("The model is in") == 1
    alone, shared = (
        [line["loss"] for line in log_of(tmp_path / name) if "loss" in line] for name in "ab"
    )
    assert shared == pytest.approx(alone, rel=1e-5)
    states = [
        torch.load(tmp_path / name / "tiny-v1" / "checkpoint.pt", weights_only=True)["net"]
        for name in "ab"
    ]
    for name, value in states[0].items():
        torch.testing.assert_close(states[1][name], value, atol=0.01 * 1e-3, rtol=0)
    made: list[dict[str, dict[str, torch.Tensor]]] = []
    for name in "ab":
        pairs = tmp_path / name / "tiny-v1" / "pairs"
        shots = sorted(pairs.rglob("*.safetensors"))
        made.append({str(path.relative_to(pairs)): load_file(path) for path in shots})
    assert len(made[0]) == 5
    for name, shot in made[0].items():
        assert all(torch.equal(shot[side], made[1][name][side]) for side in shot)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_sweep_of_two_trials(data: Path, tmp_path: Path) -> None:
    """Two trainings with settings from the space, stored in SQLite; started again, none is repeated."""
    table = "[sweep]\ntrials = 2\nsteps = 6\n[sweep.space]\nlearning_rate = { low = 1e-4, high = 1e-2 }\n"
    toml = settings(tmp_path, TINY + table)
    words = [toml, "--data", data, "--work", tmp_path / "work", "--sweep", toml]
    out = ended(started(words))

    assert "Best of 2 trials, validation loss" in out
    assert out.count("Trial ") == 2
    last = out.strip().splitlines()[-1]
    assert 1e-4 <= float(last.removeprefix("learning_rate = ")) <= 1e-2
    folder = tmp_path / "work" / "tiny-v1" / "sweep"
    assert (folder / "sweep.db").is_file()
    logs = sorted((folder / "trials").glob("*/log.ndjson"))
    assert len(logs) == 2
    assert all(json.loads(log.read_text().splitlines()[-1])["step"] == 6 for log in logs)
    again = ended(started(words))
    assert again.strip().splitlines()[-2:] == out.strip().splitlines()[-2:]
    assert "Trial " not in again
