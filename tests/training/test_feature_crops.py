"""Crops in files: made once, the same ones for every process and every run."""

from pathlib import Path

import torch
from torch import Generator

from restore.ageing.random_streams import seeded
from restore.training.feature_crops import Crop, FeatureCrops


def _counting(made: list[float], folder: Path, count: int = 3, seed: int = 5) -> FeatureCrops:
    """Crops of one random value, which is recorded."""

    def make(generator: Generator) -> Crop:
        value = torch.rand(1, 1, 2, 2, generator=generator)
        made.append(float(value.mean()))
        return {"value": value}

    return FeatureCrops(make, folder, count, seed)


def test_each_crop_is_made_once(tmp_path: Path) -> None:
    """Many draws make no more crops than there are, and a later run makes none."""
    made: list[float] = []
    crops = _counting(made, tmp_path)
    first = [crops(seeded(number))["value"] for number in range(40)]
    assert len(made) == len(list(tmp_path.iterdir())) == 3

    again = _counting(made, tmp_path)
    assert all(
        torch.equal(again(seeded(number))["value"], value) for number, value in enumerate(first)
    )
    assert len(made) == 3


def test_a_crop_depends_on_its_number_and_the_seed(tmp_path: Path) -> None:
    """The order in which crops are drawn changes nothing; another seed gives other ones."""
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    forward, backward, other = (
        _counting([], folder, seed=seed) for folder, seed in zip(folders, (5, 5, 6), strict=True)
    )
    numbers = list(range(30))
    drawn = {number: forward(seeded(number))["value"] for number in numbers}
    for number in reversed(numbers):
        assert torch.equal(backward(seeded(number))["value"], drawn[number])
    assert not torch.equal(other(seeded(1))["value"], drawn[1])


def test_a_new_crop_equals_the_one_read_again(tmp_path: Path) -> None:
    """Half precision from the first draw on: a run that resumes sees the same samples."""
    crops = _counting([], tmp_path, count=1)
    new, read = (crops(seeded(1))["value"] for _ in range(2))
    assert new.dtype == torch.float16
    assert torch.equal(new, read)
