"""The two tasks on made data: what they sample, and how they validate."""

import io
import tarfile
import tomllib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from restore.ageing.random_streams import seeded
from restore.errors import SourceError, UsageError
from restore.evaluation.clean_films import Box, CleanFilm
from restore.evaluation.split import validates
from restore.training.pairs import OpenFilm
from restore.training.run_events import Prepared, Told
from restore.training.settings import BinSettings, TrainSettings, ValidationSettings
from restore.training.tasks import Place, open_task
from tests.training.made import TINY, Heard, film_of, still_noise


def upscaling(**changes: object) -> TrainSettings:
    """A small upscaling run."""
    return TrainSettings.model_validate({**tomllib.loads(TINY), **changes})


def named_films(folder: Path, *names: str) -> Path:
    """A data folder with empty files for films, read by `still_noise`."""
    (folder / "clips").mkdir()
    for name in names:
        (folder / "clips" / name).touch()
    return folder


def watching(opened: list[str]) -> OpenFilm:
    """Opens still noise, and notes the names."""

    def watched(path: Path) -> CleanFilm:
        opened.append(path.name)
        return still_noise(path)

    return watched


def test_films_kept_aside_validate_and_do_not_train(tmp_path: Path) -> None:
    """Every film is opened once, for one side; the score is the average weights' PSNR."""
    data = named_films(tmp_path, *(f"{letter}.mp4" for letter in "abcd"))
    asked: list[str] = []
    heard = Heard()
    task = open_task(upscaling(), Place(data, tmp_path / "work", watching(asked), listen=heard))
    assert task.validate
    found = task.validate(task.net.state_dict(), 7)
    worse = {name: value + 0.2 for name, value in task.net.state_dict().items()}

    assert len(asked) == len(set(asked)) == 4
    assert heard.all(Prepared)[-1] == Prepared(2, 2)
    assert (found.step, found.name) == (7, "PSNR dB")
    assert found.pictures.shape == (3, 2 * 32, 3 * 32)
    assert task.validate(worse, 7).score < found.score
    assert task.net.training
    window, truth = task.sample(seeded(1))
    assert (window.shape, truth.shape) == ((1, 3, 8, 8), (1, 1, 16, 16))


def test_one_film_alone_trains_without_validation(tmp_path: Path) -> None:
    """It is said in a line; asked for none, nothing is said and nothing kept aside."""
    data = named_films(tmp_path, "a.mp4")
    heard = Heard()
    assert open_task(upscaling(), Place(data, tmp_path, still_noise, listen=heard)).validate is None
    assert [told.line for told in heard.all(Told)] == [
        "One film alone: nothing is kept aside to validate on."
    ]

    heard, none = Heard(), upscaling(validation={"every": 0})
    assert open_task(none, Place(data, tmp_path, still_noise, listen=heard)).validate is None
    assert heard.all(Told) == []


def test_films_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    """One that is no film and one too small for a patch train nobody; a line says why, the rest trains."""
    data = named_films(tmp_path, "a.mp4", "b.mp4", "c.mp4", "._a.mp4")

    def opened(path: Path) -> CleanFilm:
        if path.name == "a.mp4":
            raise SourceError("The file is empty.", str(path))
        return film_of(torch.zeros(4, 3, 40 if path.name == "b.mp4" else 48, 64))

    pairs = {"shots": 3, "frames": 4, "height": 48, "width": 48}
    heard, run = Heard(), upscaling(patch=17, pairs=pairs, validation={"every": 0})
    task = open_task(run, Place(data, tmp_path / "work", opened, listen=heard))
    assert task.sample(seeded(1))[0].shape == (1, 3, 17, 17)
    lines = [told.line.removeprefix(f"Left out: {data / 'clips'}/") for told in heard.all(Told)]
    assert lines == [
        "a.mp4: The file is empty.",
        "b.mp4: There is no room in it for a patch of 17.",
    ]

    (data / "clips" / "c.mp4").unlink()
    with pytest.raises(UsageError, match="No film can be trained on"):
        open_task(run, Place(data, tmp_path / "work", opened))


def test_trials_are_judged_alike(tmp_path: Path) -> None:
    """Whatever ageing, seed and loss a trial has: the same weights are worth the same."""
    data = named_films(tmp_path, "a.mp4", "b.mp4", "c.mp4")
    base = upscaling()
    other = upscaling(seed=9, gradient=5.0, ageing={"grain_chance": 0.0, "clean_chance": 1.0})
    place = Place(data, tmp_path / "work", still_noise)
    task, trial, alone = (
        open_task(base, place),
        open_task(other, place, judge=base),
        open_task(other, place),
    )
    assert task.validate
    assert trial.validate
    assert alone.validate
    weights = task.net.state_dict()
    assert trial.validate(weights, 1).loss == task.validate(weights, 1).loss
    assert alone.validate(weights, 1).loss != task.validate(weights, 1).loss
    given, truth = torch.rand(1, 1, 16, 16), torch.rand(1, 1, 16, 16)
    assert trial.loss(given, truth) == alone.loss(given, truth) != task.loss(given, truth)


def test_more_films_than_shots(tmp_path: Path) -> None:
    """Those that are taken are spread over all, photographs have their share, and the rest is told."""
    names = [f"{number:02}.mp4" for number in range(12)]
    data = photographs(named_films(tmp_path, *names), 6)
    pairs = {"shots": 8, "frames": 4, "height": 32, "width": 32, "photos": 0.5}
    opened: list[str] = []
    heard, run = Heard(), upscaling(pairs=pairs, validation={"every": 0})
    open_task(run, Place(data, tmp_path / "work", watching(opened), listen=heard))
    assert opened == ["00.mp4", "03.mp4", "06.mp4", "09.mp4"]
    assert heard.all(Prepared)[-1] == Prepared(8, 8)
    assert [told.line for told in heard.all(Told)] == [
        "Of 12 films 4 are used: pairs.shots has no room for more."
    ]


def coloring() -> TrainSettings:
    """A small coloring run."""
    table = {
        "task": "colorize",
        "architecture": "ColorNet",
        "arguments": {"width": 8},
        "data": "unused",
        "steps": 2,
        "batch": 2,
        "patch": 32,
        "rate": 1e-3,
        "validation": {"count": 3},
    }
    return TrainSettings.model_validate(table)


def photographs(folder: Path, count: int) -> Path:
    """A data folder with a shard of small photographs of random colors."""
    (folder / "photos").mkdir()
    generator = np.random.default_rng(1)
    with tarfile.open(folder / "photos" / "people-00.tar", "w") as tar:
        for number in range(count):
            coarse = generator.integers(0, 256, (5, 6, 3)).astype(np.uint8)
            data = cv2.imencode(".png", cv2.resize(coarse, (60, 48)))[1].tobytes()
            member = tarfile.TarInfo(f"p{number:02d}.png")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return folder


def test_photographs_kept_aside_validate(tmp_path: Path) -> None:
    """The score is the chroma's error in code values, of the first of the held-out tenth."""
    data = photographs(tmp_path, 60)
    task = open_task(coloring(), Place(data, tmp_path, still_noise))
    assert task.validate
    found = task.validate(task.net.state_dict(), 3)

    held = sum(validates(f"p{number:02d}.png") for number in range(60))
    assert held >= 2
    assert found.name == "chroma RMSE"
    assert 1 < found.score < 100
    assert found.pictures.shape == (3, 32 * min(3, held), 3 * 32)
    assert torch.equal(found.pictures, task.validate(task.net.state_dict(), 3).pictures)
    grey, chroma = task.sample(seeded(1))
    assert (grey.shape, chroma.shape) == ((1, 1, 32, 32), (1, 2, 8, 8))


def test_photographs_are_filmed_beside_the_films(tmp_path: Path) -> None:
    """A share of the shots shows them; they are read once, and without any the films train alone."""
    data = photographs(named_films(tmp_path, "a.mp4", "b.mp4"), 6)
    pairs = {"shots": 8, "frames": 4, "height": 32, "width": 32, "photos": 0.5}
    opened: list[str] = []
    heard, run = Heard(), upscaling(pairs=pairs, validation={"every": 0})
    open_task(run, Place(data, tmp_path / "work", watching(opened), listen=heard))
    assert opened == ["a.mp4", "b.mp4"]
    assert heard.all(Prepared)[-1] == Prepared(8, 8)

    (data / "photos" / "people-00.tar").unlink()
    task = open_task(run, Place(data, tmp_path / "again", watching(opened), listen=heard))
    assert task.sample(seeded(1))[0].shape == (1, 3, 8, 8)
    assert [told.line for told in heard.all(Told)] == [
        f"Left out: {data / 'photos'}: There is no photograph to train on."
    ]


def test_films_give_pictures_to_learn_colors_from(tmp_path: Path) -> None:
    """Without a photograph, too: frames spread over each film; those of films kept aside validate."""
    data, heard = named_films(tmp_path, "a.mp4", "b.mp4", "c.mp4", "d.mp4"), Heard()
    cuts: list[tuple[str, int]] = []

    def opened(path: Path) -> CleanFilm:
        if path.name == "a.mp4":
            raise SourceError("The file is empty.", str(path))
        frames = torch.randint(0, 256, (12, 3, 40, 48), dtype=torch.uint8, generator=seeded(2))

        def read(box: Box) -> Tensor:
            found = range(box.first, box.first + box.frames * box.step, box.step)
            cuts.extend((path.name, at) for at in found)
            return frames[list(found)]

        return replace(film_of(frames), read=read)

    run = coloring().model_copy(update={"stills": 3})
    task = open_task(run, Place(data, tmp_path, opened, listen=heard))
    assert sorted(cuts) == [(name, at) for name in ("b.mp4", "c.mp4", "d.mp4") for at in (1, 5, 9)]
    assert [told.line for told in heard.all(Told)] == [
        f"Left out: {data / 'clips' / 'a.mp4'}: The file is empty."
    ]
    assert task.validate
    assert task.sample(seeded(1))[0].shape == (1, 1, 32, 32)

    few = run.model_copy(update={"stills": 40, "validation": ValidationSettings(every=0)})
    open_task(few, Place(data, tmp_path, opened))
    assert len(cuts) == 9 + 36


def test_no_photographs_is_said(tmp_path: Path) -> None:
    """The folder that was looked into is named."""
    with pytest.raises(UsageError, match="no photograph") as caught:
        open_task(coloring(), Place(tmp_path, tmp_path, still_noise))
    assert str(tmp_path / "photos") == caught.value.where


def test_photographs_that_are_too_few_or_too_plain(tmp_path: Path) -> None:
    """None to validate on is said in a line; bins that nothing fills are refused by their key."""
    data, heard = photographs(tmp_path, 1), Heard()
    assert open_task(coloring(), Place(data, tmp_path, still_noise, listen=heard)).validate is None
    assert [told.line for told in heard.all(Told)] == [
        "Too few pictures: none is kept aside to validate on."
    ]

    run = coloring().model_copy(update={"bins": BinSettings(least_share=0.9)})
    with pytest.raises(UsageError, match=r"No chroma bin holds a share of 0\.9"):
        open_task(run, Place(data, tmp_path, still_noise))


def test_a_net_that_goes_on_keeps_its_colors(tmp_path: Path) -> None:
    """Its scores mean its bins, whatever bins the new photographs would have; fp16 does not move them."""
    data = photographs(tmp_path, 8)
    first = open_task(coloring(), Place(data, tmp_path, still_noise))
    weights = {name: value.clone() for name, value in first.net.state_dict().items()}
    few = torch.tensor([[0.0, 0.04], [-0.12, 0.08], [0.2, -0.2], [0.0, 0.0]])
    weights |= {"centres": few.half(), "scores.weight": weights["scores.weight"][:4]}
    weights["scores.bias"] = torch.tensor([1.0, 2.0, 3.0, 4.0])
    save_file(weights, tmp_path / "old.safetensors")

    run = coloring().model_copy(update={"init": "old.safetensors"})
    task = open_task(run, Place(data, tmp_path, still_noise))
    torch.testing.assert_close(task.net.get_buffer("centres"), few, rtol=0, atol=1e-6)
    assert task.net.get_parameter("scores.bias").tolist() == [1, 2, 3, 4]
    assert task.arguments["bins"] == 4

    other = run.model_copy(update={"bins": BinSettings(spacing=0.05)})
    with pytest.raises(UsageError, match=r"not 0\.05 apart"):
        open_task(other, Place(data, tmp_path, still_noise))


def test_a_patch_that_the_color_net_cannot_take(tmp_path: Path) -> None:
    """Its sides are multiples of 4: another one is refused, not met in the loss."""
    run = coloring().model_copy(update={"patch": 50})
    with pytest.raises(UsageError, match="cannot be trained to colorize") as caught:
        open_task(run, Place(photographs(tmp_path, 4), tmp_path, still_noise))
    assert "patch = 50" in caught.value.where
