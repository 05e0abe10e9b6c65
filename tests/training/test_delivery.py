"""From a clip to a model's folder: the whole way once, with a clip that the test draws."""

from pathlib import Path

import pytest
import torch

from restore import models
from restore.errors import TrainingError, UsageError
from restore.evaluation.clean_films import open_film
from restore.nets.film import FilmNet
from restore.training.delivery import deliver, halved
from restore.training.loop import train
from restore.training.settings import read_settings
from restore.training.tasks import Place, open_task
from restore.training.warmstart import started
from tests.training.made import TINY, films_in, run_settings


def test_a_trained_net_becomes_a_model_that_loads(tmp_path: Path) -> None:
    """Pairs, training, delivery, shelf: the delivered net is the averaged one in half precision."""
    folder = films_in(tmp_path, 2) / "tiny-v3"
    folder.mkdir()
    (folder / "train.toml").write_text(TINY)
    run = read_settings(folder / "train.toml")
    task = open_task(run, Place(tmp_path, tmp_path / "work", open_film))

    final = train(task, run, tmp_path / "work" / "checkpoint.pt")
    deliver(folder, final.average, run, task.arguments)

    card = models.read_card(folder)
    assert (card.name, card.version, card.scale, card.frames) == ("tiny", 3, 2, 3)
    for name, value in models.load(card).state_dict().items():
        assert torch.equal(value, halved(final.average[name]).float()), name


def test_weights_without_a_common_layer_cannot_start_a_net(tmp_path: Path) -> None:
    """Taking over nothing at all is a mistake in the settings, and said so."""
    from safetensors.torch import save_file

    save_file({"elsewhere": torch.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(UsageError, match="No weight"):
        started(torch.nn.Conv2d(1, 1, 3), "other.safetensors", tmp_path)


def test_any_name_and_licence_can_be_read_back(tmp_path: Path) -> None:
    """Quotes, backslashes and letters of all languages are words like others in model.toml."""
    folder, licence = tmp_path / 'so "old" Übung-v2', 'our "own" \\ licence,\n§ 5\x7f'
    folder.mkdir()
    run = run_settings(1, card={"licence": licence})
    deliver(folder, FilmNet(**run.arguments).state_dict(), run, run.arguments)

    card = models.read_card(folder)
    assert (card.full_name, card.licence) == (folder.name, licence)


def test_weights_that_overflow_half_precision_are_not_delivered() -> None:
    """A weight above 65504 would ship as infinity: delivery refuses."""
    with pytest.raises(TrainingError, match="not finite"):
        halved(torch.full((2, 2), 1e6))
    assert torch.float32 == halved(torch.rand(5)).dtype
    assert torch.float16 == halved(torch.rand(5, 5)).dtype
