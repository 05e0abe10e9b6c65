"""Settings that cannot work are refused before anything is made, with the keys to change."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from restore.errors import UsageError
from restore.evaluation.clean_films import CleanFilm
from restore.training.settings import TrainSettings
from restore.training.tasks import open_task
from restore.training.tasks.task import TaskContext
from tests.training.made import TINY

FILMNET = {"scale": 2, "frames": 3, "channels": 4, "depth": 1}


def refused(folder: Path, **changes: object) -> str:
    """The error of a small run with these changes; no film is opened before."""

    def unopened(path: Path) -> CleanFilm:
        raise AssertionError(f"{path} was opened")

    (folder / "clips").mkdir()
    (folder / "clips" / "a.mp4").touch()
    run = TrainSettings.model_validate({**tomllib.loads(TINY), **changes})
    with pytest.raises(UsageError) as caught:
        open_task(run, TaskContext(folder, folder / "work", unopened))
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"architecture": "FilmNett"}, "Unknown network 'FilmNett'"),
        (
            {"arguments": {"bins": 4}, "architecture": "ColorNet"},
            "cannot be trained for the task upscale",
        ),
        ({"arguments": {"scale": 2}, "architecture": "RRDBNet"}, "unexpected keyword argument"),
        ({"arguments": {"scale": 2}, "architecture": "SRVGGNetCompact"}, "to have 3 channels"),
        ({"arguments": FILMNET | {"dept": 2}}, "'dept'"),
        ({"arguments": FILMNET | {"frames": 4}}, "an odd window, not 2 and 4"),
        ({"arguments": FILMNET | {"channels": 0}}, "cannot be trained"),
        ({"arguments": {}}, "'scale'"),
        ({"learning_rate_factors": {"heat.": 0.1}}, "No name in the network starts with 'heat.'"),
        ({"monitor": {"layers": {"x": {"mean": (0, 1), "variance": (0, 1)}}}}, "starts with 'x'"),
        ({"init_share": 0.5}, "cannot be mixed"),
        ({"init": "none.safetensors"}, "Cannot read the initial weights"),
        ({"patch_size": 17}, "A patch of 17 pixels does not fit into aged shots of 16x16"),
        ({"pairs": {"shots": 1, "height": 32, "width": 32, "scale": 4}, "patch_size": 9}, "of 8x8"),
    ],
)
def test_it_is_refused(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    """Unknown or unsuitable networks, missing weights, patches that are too large."""
    assert said in refused(tmp_path, **changes)


@pytest.mark.parametrize("term", ["vif", "detail", "ssim"])
def test_perceptual_losses_need_larger_patches(tmp_path: Path, term: str) -> None:
    """Below 48 samples some of them are not defined: the error says the smallest patch."""
    pairs = {"shots": 1, "height": 96, "width": 96}
    said = refused(tmp_path, loss={term: 0.1}, patch_size=23, pairs=pairs)
    assert f"A patch of 23 pixels is too small for {term}" in said
    assert "patch_size = 24 or more" in said


def test_initial_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    """A file that is not safetensors, and weights of another size to be mixed with the trained ones."""
    (tmp_path / "init.safetensors").write_bytes(b"none")
    assert "The weights are damaged" in refused(tmp_path, init="init.safetensors")

    (tmp_path / "clips" / "a.mp4").unlink()
    (tmp_path / "clips").rmdir()
    save_file({"head.bias": torch.zeros(4)}, tmp_path / "init.safetensors")
    assert "cannot be mixed" in refused(tmp_path, init="init.safetensors", init_share=0.5)
