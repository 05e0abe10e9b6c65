"""The task "prsr": tiny crops, and what validates."""

from pathlib import Path

import pytest
import torch

from restore.ageing.random_streams import seeded
from restore.errors import UsageError
from restore.training.settings import TrainSettings, ValidationSettings
from restore.training.tasks import open_task
from restore.training.tasks.prsr import tiny_crop
from restore.training.tasks.task import TaskContext
from tests.training.made import still_noise
from tests.training.test_tasks import coloring, photographs

SIZES = {
    "PixelRecursive": {"channels": 8, "blocks": 1, "width": 8, "layers": 2},
    "PixelRegression": {"channels": 8, "blocks": 1},
}


def _settings(architecture: str, **changes: object) -> TrainSettings:
    base = coloring().model_dump(exclude={"task", "architecture", "arguments"})
    values = {"task": "prsr", "architecture": architecture, "patch_size": 32}
    values["arguments"] = SIZES.get(architecture, {})
    return TrainSettings.model_validate({**base, **values, **changes})


def test_crops_are_scaled_down() -> None:
    """Any photograph gives 32x32; a plain one stays plain, and generators decide the crop."""
    plain = torch.full((3, 70, 90), 51, dtype=torch.uint8)
    assert torch.allclose(tiny_crop(plain, seeded(1), 0.4), torch.full((1, 3, 32, 32), 0.2))
    noise = torch.randint(0, 256, (3, 70, 90), dtype=torch.uint8, generator=seeded(2))
    one, same, other = (tiny_crop(noise, seeded(n), 0.4) for n in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert tiny_crop(noise[:, :20], seeded(1), 0.4).shape == (1, 3, 32, 32)


@pytest.mark.parametrize(
    ("architecture", "metric", "low", "high"),
    [("PixelRecursive", "bits per value", 6, 12), ("PixelRegression", "PSNR dB", 1, 40)],
)
def test_held_out_photographs_validate(
    tmp_path: Path, architecture: str, metric: str, low: float, high: float
) -> None:
    """Bits per value, about 8 before training; of the regression, its PSNR."""
    settings = _settings(architecture, validation=ValidationSettings(count=3))
    task = open_task(settings, TaskContext(photographs(tmp_path, 60), tmp_path, still_noise))
    given, truth = task.draw(seeded(1))
    assert torch.equal(given, truth)
    assert task.validate
    found = task.validate(task.net.eval(), 4)
    assert found.metric == metric
    assert low < found.score < high
    with torch.no_grad():
        output = task.net(given)
        assert float(task.loss(output, truth)) == pytest.approx(float(output.sum()), rel=1e-4)


def test_other_networks_are_refused(tmp_path: Path) -> None:
    """An upscaler for films is not made for this task."""
    settings = _settings("FilmNet", arguments={"scale": 4, "frames": 3, "channels": 4, "depth": 1})
    with pytest.raises(UsageError) as caught:
        open_task(settings, TaskContext(photographs(tmp_path, 8), tmp_path, still_noise))
    assert caught.value.code == "network-unsuitable"
