"""The task "deinterlace": stages, validation, settings that cannot work, a short run."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from restore import models
from restore.ageing.random_streams import seeded
from restore.errors import UsageError
from restore.nets.deinterlace import DeinterlaceNet
from restore.training.session import TrainingRequest, run
from restore.training.settings import TrainSettings
from restore.training.tasks import open_task
from restore.training.tasks.task import TaskContext
from restore.training.training_events import StepDone
from tests.training.made import CollectedEvents, films_in
from tests.training.test_field_pairs import SMALL, panning

TINY = """\
task = "deinterlace"
architecture = "DeinterlaceNet"
arguments = { channels = 4, depth = 1, refine_channels = 4, refine_depth = 1 }
data = "unused"
steps = 4
batch_size = 2
patch_size = 16
learning_rate = 1e-3
warmup_steps = 2
precision = "fp32"

[fields]
stage = "estimate"

[pairs]
shots = 3
frames = 6
height = 48
width = 48

[validation]
every = 2
count = 2
"""
"""A train.toml of a run that takes a second."""


def settings(**changes: object) -> TrainSettings:
    """The settings with some changed."""
    return TrainSettings.model_validate({**tomllib.loads(TINY), **changes})


def films(folder: Path, *names: str) -> Path:
    """A data folder with empty files for films, read by `panning`."""
    (folder / "clips").mkdir()
    for name in names:
        (folder / "clips" / name).touch()
    return folder


@pytest.mark.parametrize(("stage", "idle"), [("estimate", "refine."), ("refine", "estimate.")])
def test_only_one_stage_trains(stage: str, idle: str, tmp_path: Path) -> None:
    """The other one's weights get no gradient; held-out films validate with PSNR."""
    data = films(tmp_path, "a.mp4", "b.mp4", "c.mp4")
    task = open_task(
        settings(fields={"stage": stage}), TaskContext(data, tmp_path / "work", panning)
    )
    inputs, truth = task.draw(seeded(1))
    task.loss(task.net(inputs), truth).backward()
    for name, parameter in task.net.named_parameters():
        assert (parameter.grad is None) == name.startswith(idle)

    assert task.validate
    found = task.validate(task.net.eval(), 3)
    assert (found.step, found.metric) == (3, "PSNR dB")
    assert 15 < found.score < 80


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"fields": None}, "settings-invalid"),
        ({"pairs": None}, "settings-invalid"),
        ({"patch_size": 32}, "patch-too-large"),
        ({"architecture": "FilmNet", "arguments": {"scale": 1}}, "network-unsuitable"),
    ],
)
def test_settings_that_cannot_work(changes: dict[str, object], code: str, tmp_path: Path) -> None:
    """They are refused before anything is made."""
    with pytest.raises(UsageError) as caught:
        open_task(settings(**changes), TaskContext(films(tmp_path, "a.mp4"), tmp_path, panning))
    assert caught.value.code == code
    assert not (tmp_path / "pairs").exists()


def test_a_folder_without_usable_films(tmp_path: Path) -> None:
    """Films smaller than an excerpt are left out with a note; if none is left, that is an error."""
    table = {"shots": 2, "frames": 6, "height": 480, "width": 640}
    collected = CollectedEvents()
    data = films(tmp_path, "a.mp4")
    with pytest.raises(UsageError) as caught:
        open_task(
            settings(pairs=table),
            TaskContext(data, tmp_path / "work", panning, listen=collected),
        )
    assert caught.value.code == "no-training-data"
    assert any("a.mp4" in note for note in collected.notes)


def test_both_stages_make_a_model(tmp_path: Path) -> None:
    """A run of each stage: the second starts from the first and keeps its weights; the model loads."""
    data, work = films_in(tmp_path / "data"), tmp_path / "work"
    first, second = tmp_path / "rows-v1", tmp_path / "rows-v2"
    for folder, text in (
        (first, TINY),
        (second, f'init = "{first}/weights.safetensors"\n' + TINY.replace("estimate", "refine")),
    ):
        folder.mkdir()
        (folder / "train.toml").write_text(text)
        collected = CollectedEvents()
        assert run(TrainingRequest(folder / "train.toml", work, data), collected) == folder
        assert len(collected.all(StepDone)) == 4
        assert collected.warnings == []

    before, after = (load_file(folder / "weights.safetensors") for folder in (first, second))
    for name, value in before.items():
        assert torch.equal(value, after[name]) == name.startswith("estimate.")
    card = models.read_card(second)
    assert (card.task, card.frames, card.scale) == ("deinterlace", 7, 1)
    assert isinstance(models.load(card), DeinterlaceNet)


def test_shots_belong_to_their_estimates(tmp_path: Path) -> None:
    """The second stage with other initial weights does not use the shots of the first ones."""
    data = films(tmp_path, "a.mp4", "b.mp4")
    for seed in (1, 2):
        torch.manual_seed(seed)
        state = DeinterlaceNet(**SMALL).state_dict()
        save_file(state, tmp_path / f"{seed}.safetensors")
        run_settings = settings(fields={"stage": "refine"}, init=f"{seed}.safetensors")
        open_task(run_settings, TaskContext(data, tmp_path / "work", panning))
    assert len(list((tmp_path / "work" / "pairs").iterdir())) == 4  # training and validation, twice


def test_validation_with_chroma(tmp_path: Path) -> None:
    """Shots of luma and of chroma have different sizes: all count, and the pictures have one width."""
    data = films(tmp_path, *(f"{letter}.mp4" for letter in "abc"))
    table = {"shots": 3, "frames": 6, "height": 64, "width": 64}
    task = open_task(
        settings(
            fields={"stage": "estimate", "chroma_share": 0.5},
            validation={"every": 2, "count": 8},
            pairs=table,
        ),
        TaskContext(data, tmp_path / "work", panning),
    )
    assert task.validate
    found = task.validate(task.net.eval(), 1)
    sizes = {
        load_file(path)["fields"].shape[-1] for path in (tmp_path / "work").rglob("*.safetensors")
    }
    assert sizes == {32, 64}
    assert found.pictures.shape[-1] in {3 * 32, 3 * 64}
    assert 15 < found.score < 80
