"""From films to a model's folder: the whole way once, with films that the test draws."""

from pathlib import Path

import pytest
import torch

from restore import models
from restore.errors import TrainingError, UsageError
from restore.evaluation.clean_films import open_film
from restore.nets.film import FilmNet
from restore.training.init_weights import load_init_weights
from restore.training.loop import train
from restore.training.model_export import export_model, stored
from restore.training.settings import read_settings
from restore.training.tasks import open_task
from restore.training.tasks.task import TaskContext
from tests.training.made import TINY, films_in, run_settings


def test_a_trained_net_becomes_a_model_that_loads(tmp_path: Path) -> None:
    """The exported network is the averaged one in half precision, and its card can be read."""
    folder = films_in(tmp_path, 2) / "tiny-v3"
    folder.mkdir()
    (folder / "train.toml").write_text(TINY)
    run = read_settings(folder / "train.toml")
    task = open_task(run, TaskContext(tmp_path, tmp_path / "work", open_film))

    final = train(task, run, tmp_path / "work" / "checkpoint.pt")
    export_model(folder, final.average, run, task.arguments)

    card = models.read_card(folder)
    assert (card.name, card.version, card.scale, card.frames) == ("tiny", 3, 2, 3)
    for name, value in models.load(card).state_dict().items():
        assert torch.equal(value, stored(final.average[name]).float()), name


def test_initial_weights_without_a_common_layer_are_refused(tmp_path: Path) -> None:
    """A file of which no weight fits is a mistake in the settings."""
    from safetensors.torch import save_file

    save_file({"elsewhere": torch.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(UsageError, match="No weight"):
        load_init_weights(torch.nn.Conv2d(1, 1, 3), "other.safetensors", tmp_path)


def test_any_name_and_licence_can_be_read_back(tmp_path: Path) -> None:
    """Quotes, backslashes and letters of all languages are escaped in model.toml."""
    folder, licence = tmp_path / 'so "old" Übung-v2', 'our "own" \\ licence,\n§ 5\x7f'
    folder.mkdir()
    run = run_settings(1, card={"licence": licence})
    export_model(folder, FilmNet(**run.arguments).state_dict(), run, run.arguments)

    card = models.read_card(folder)
    assert (card.full_name, card.licence) == (folder.name, licence)


def test_weights_that_overflow_half_precision_are_not_exported() -> None:
    """A weight above 65504 would become infinite: the export is refused."""
    with pytest.raises(TrainingError, match="not finite"):
        stored(torch.full((2, 2), 1e6))
    assert torch.float32 == stored(torch.rand(5)).dtype
    assert torch.float16 == stored(torch.rand(5, 5)).dtype
