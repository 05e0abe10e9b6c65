"""The task "pixcolor": features of a color network that is not trained, and what validates."""

from pathlib import Path

import pytest
import torch

from restore.ageing.random_streams import seeded
from restore.errors import UsageError
from restore.nets.color_resnet import ColorResNet
from restore.nets.pixcolor import PixColor
from restore.training.model_export import export_model
from restore.training.settings import TrainSettings, ValidationSettings
from restore.training.tasks import open_task
from restore.training.tasks.task import TaskContext
from tests.training.made import still_noise
from tests.training.test_tasks import coloring, photographs

SIZES = {"eighth": 16, "quarter": 8, "width": 8, "layers": 2}


def _color_model(folder: Path) -> Path:
    """A small color network as a model's folder."""
    torch.manual_seed(1)
    arguments = {"bins": 4, "width": 16, "context": 8}
    place = folder / "made-v1"
    place.mkdir(parents=True)
    settings = coloring().model_copy(update={"architecture": "ColorResNet"})
    export_model(place, ColorResNet(**arguments).state_dict(), settings, arguments)
    return place


def _settings(conditioning: str, **changes: object) -> TrainSettings:
    values = {"task": "pixcolor", "architecture": "PixColor", "arguments": SIZES}
    base = coloring().model_dump(exclude={"task", "architecture", "arguments"})
    more = {"conditioning": conditioning, "patch_size": 64, **changes}
    return TrainSettings.model_validate({**base, **values, **more})


def test_samples_have_features_gray_and_true_colors(tmp_path: Path) -> None:
    """Everything lies at a quarter of the crop; the loss is the likelihood and a share of the error."""
    data = photographs(tmp_path, 8)
    settings = _settings(str(_color_model(tmp_path / "models")), refine_weight=0.5)
    task = open_task(settings, TaskContext(data, tmp_path, still_noise))
    given, truth = task.draw(seeded(1))

    assert (given.shape, truth.shape) == ((1, 16 + 8 + 3, 16, 16), (1, 2, 16, 16))
    assert torch.equal(given[:, -2:], truth)
    assert float(task.loss(torch.tensor([[2.0, 4.0], [4.0, 8.0]]), truth)) == pytest.approx(6)
    assert isinstance(task.net, PixColor)
    assert not any(name.startswith("color") for name in task.net.state_dict())


def test_prepared_crops_are_used_again(tmp_path: Path) -> None:
    """The features of a crop are computed once; a trained color network of other weights has its own."""
    data = photographs(tmp_path, 8)
    color = _color_model(tmp_path / "models")
    settings = _settings(str(color), prepared_crops=2)
    task = open_task(settings, TaskContext(data, tmp_path, still_noise))
    drawn = [task.draw(seeded(number))[0] for number in range(12)]
    assert len({float(planes.sum()) for planes in drawn}) == 2
    assert drawn[0].shape == (1, 16 + 8 + 3, 16, 16)
    assert drawn[0].dtype == torch.float32
    assert len(list((tmp_path / "crops").glob("*/*.safetensors"))) == 2

    torch.manual_seed(9)
    other = ColorResNet(bins=4, width=16, context=8)
    changed = coloring().model_copy(update={"architecture": "ColorResNet"})
    export_model(color, other.state_dict(), changed, {"bins": 4, "width": 16, "context": 8})
    open_task(settings, TaskContext(data, tmp_path, still_noise)).draw(seeded(1))
    assert len(list((tmp_path / "crops").iterdir())) == 2


def test_validation_gives_bits_per_value(tmp_path: Path) -> None:
    """An untrained network needs about the five bits of 32 levels; the pictures are colored."""
    data = photographs(tmp_path, 40)
    settings = _settings(str(_color_model(tmp_path / "models"))).model_copy(
        update={"validation": ValidationSettings(every=5, count=2)}
    )
    task = open_task(settings, TaskContext(data, tmp_path, still_noise))
    assert task.validate
    found = task.validate(task.net.eval(), 3)
    assert found.metric == "bits per value"
    assert 4 < found.score < 8
    assert found.pictures.shape[0] == 3


@pytest.mark.parametrize("conditioning", ["", "film-x4"])
def test_the_color_network_must_fit(tmp_path: Path, conditioning: str) -> None:
    """No name, or a model that is no such network, is refused before anything trains."""
    with pytest.raises(UsageError) as caught:
        open_task(
            _settings(conditioning), TaskContext(photographs(tmp_path, 8), tmp_path, still_noise)
        )
    assert caught.value.code == "network-unsuitable"
