"""The two tasks on made data: what they sample, and how they validate."""

import io
import tarfile
import tomllib
from copy import deepcopy
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
from restore.evaluation.data_split import is_validation
from restore.training.aged_pairs import OpenFilm
from restore.training.settings import BinSettings, TrainSettings, ValidationSettings
from restore.training.tasks import open_task
from restore.training.tasks.task import TaskContext
from restore.training.training_events import ShotsPrepared
from tests.training.made import TINY, CollectedEvents, film_of, still_noise


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
    """Opens still noise, and records the names."""

    def watched(path: Path) -> CleanFilm:
        opened.append(path.name)
        return still_noise(path)

    return watched


def test_held_out_films_validate_and_do_not_train(tmp_path: Path) -> None:
    """Every film is opened once, for one of both; the score is the network's PSNR."""
    data = named_films(tmp_path, *(f"{letter}.mp4" for letter in "abcd"))
    asked: list[str] = []
    collected = CollectedEvents()
    task = open_task(
        upscaling(), TaskContext(data, tmp_path / "work", watching(asked), listen=collected)
    )
    assert task.validate
    found = task.validate(task.net, 7)
    worse = deepcopy(task.net)
    worse.load_state_dict({name: value + 0.2 for name, value in task.net.state_dict().items()})

    assert len(asked) == len(set(asked)) == 4
    assert collected.all(ShotsPrepared)[-1] == ShotsPrepared(2, 2)
    assert (found.step, found.metric) == (7, "PSNR dB")
    assert found.pictures.shape == (3, 2 * 32, 3 * 32)
    assert task.validate(worse, 7).score < found.score
    window, truth = task.draw(seeded(1))
    assert (window.shape, truth.shape) == ((1, 3, 8, 8), (1, 1, 16, 16))


def test_one_film_alone_trains_without_validation(tmp_path: Path) -> None:
    """A note says so; without validation there is no note and nothing is held out."""
    data = named_films(tmp_path, "a.mp4")
    collected = CollectedEvents()
    assert (
        open_task(upscaling(), TaskContext(data, tmp_path, still_noise, listen=collected)).validate
        is None
    )
    assert collected.notes == ["There is only one film: nothing is held out for validation."]

    collected, none = CollectedEvents(), upscaling(validation={"every": 0})
    assert (
        open_task(none, TaskContext(data, tmp_path, still_noise, listen=collected)).validate is None
    )
    assert collected.notes == []


def test_films_that_cannot_be_used_are_left_out(tmp_path: Path) -> None:
    """A file that is not a film and a film smaller than a patch: a note says why, the others train."""
    data = named_films(tmp_path, "a.mp4", "b.mp4", "c.mp4", "._a.mp4")

    def opened(path: Path) -> CleanFilm:
        if path.name == "a.mp4":
            raise SourceError("The file is empty.", str(path))
        return film_of(torch.zeros(4, 3, 40 if path.name == "b.mp4" else 48, 64))

    pairs = {"shots": 3, "frames": 4, "height": 48, "width": 48}
    collected, run = (
        CollectedEvents(),
        upscaling(patch_size=17, pairs=pairs, validation={"every": 0}),
    )
    task = open_task(run, TaskContext(data, tmp_path / "work", opened, listen=collected))
    assert task.draw(seeded(1))[0].shape == (1, 3, 17, 17)
    lines = [note.removeprefix(f"Left out: {data / 'clips'}/") for note in collected.notes]
    assert lines == [
        "a.mp4: The file is empty.",
        "b.mp4: It is smaller than a patch of 17 pixels.",
    ]

    (data / "clips" / "c.mp4").unlink()
    with pytest.raises(UsageError) as caught:
        open_task(run, TaskContext(data, tmp_path / "work", opened))
    assert caught.value.code == "no-training-data"


def test_trials_are_validated_in_the_same_way(tmp_path: Path) -> None:
    """Whatever ageing, seed and loss a trial has: the same weights get the same loss."""
    data = named_films(tmp_path, "a.mp4", "b.mp4", "c.mp4")
    base = upscaling()
    other = upscaling(
        seed=9, loss={"gradient": 5.0}, ageing={"grain_chance": 0.0, "clean_chance": 1.0}
    )
    place = TaskContext(data, tmp_path / "work", still_noise)
    task, trial, alone = (
        open_task(base, place),
        open_task(other, place, reference=base),
        open_task(other, place),
    )
    assert task.validate
    assert trial.validate
    assert alone.validate
    net = task.net
    assert trial.validate(net, 1).loss == task.validate(net, 1).loss
    assert alone.validate(net, 1).loss != task.validate(net, 1).loss
    output, truth = torch.rand(1, 1, 16, 16), torch.rand(1, 1, 16, 16)
    assert trial.loss(output, truth) == alone.loss(output, truth) != task.loss(output, truth)


def test_more_films_than_shots(tmp_path: Path) -> None:
    """The films used are evenly spaced, photographs have their share, and a note says so."""
    names = [f"{number:02}.mp4" for number in range(12)]
    data = photographs(named_films(tmp_path, *names), 6)
    pairs = {"shots": 8, "frames": 4, "height": 32, "width": 32, "photo_share": 0.5}
    opened: list[str] = []
    collected, run = CollectedEvents(), upscaling(pairs=pairs, validation={"every": 0})
    open_task(run, TaskContext(data, tmp_path / "work", watching(opened), listen=collected))
    assert opened == ["00.mp4", "03.mp4", "06.mp4", "09.mp4"]
    assert collected.all(ShotsPrepared)[-1] == ShotsPrepared(8, 8)
    assert collected.notes == ["Only 4 of 12 films are used: pairs.shots is too small."]


def coloring() -> TrainSettings:
    """A small coloring run."""
    table = {
        "task": "colorize",
        "architecture": "ColorNet",
        "arguments": {"width": 8},
        "data": "unused",
        "steps": 2,
        "batch_size": 2,
        "patch_size": 32,
        "learning_rate": 1e-3,
        "validation": {"count": 3},
    }
    return TrainSettings.model_validate(table)


def photographs(folder: Path, count: int) -> Path:
    """A data folder with a tar file of small photographs of random colors."""
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


def test_held_out_photographs_validate(tmp_path: Path) -> None:
    """The score is the error of the chroma in code values, on some of the held-out tenth."""
    data = photographs(tmp_path, 60)
    task = open_task(coloring(), TaskContext(data, tmp_path, still_noise))
    assert task.validate
    found = task.validate(task.net.eval(), 3)

    held = sum(is_validation(f"p{number:02d}.png") for number in range(60))
    assert held >= 2
    assert found.metric == "chroma RMSE"
    assert 1 < found.score < 100
    assert found.pictures.shape == (3, 32 * min(3, held), 3 * 32)
    assert torch.equal(found.pictures, task.validate(task.net, 3).pictures)
    gray, chroma = task.draw(seeded(1))
    assert (gray.shape, chroma.shape) == ((1, 1, 32, 32), (1, 2, 8, 8))


def test_shots_are_made_from_photographs_too(tmp_path: Path) -> None:
    """A share of the shots shows them; they are read once, and without any only the films train."""
    data = photographs(named_films(tmp_path, "a.mp4", "b.mp4"), 6)
    pairs = {"shots": 8, "frames": 4, "height": 32, "width": 32, "photo_share": 0.5}
    opened: list[str] = []
    collected, run = CollectedEvents(), upscaling(pairs=pairs, validation={"every": 0})
    open_task(run, TaskContext(data, tmp_path / "work", watching(opened), listen=collected))
    assert opened == ["a.mp4", "b.mp4"]
    assert collected.all(ShotsPrepared)[-1] == ShotsPrepared(8, 8)

    (data / "photos" / "people-00.tar").unlink()
    task = open_task(run, TaskContext(data, tmp_path / "again", watching(opened), listen=collected))
    assert task.draw(seeded(1))[0].shape == (1, 3, 8, 8)
    assert collected.notes == [
        f"Left out: {data / 'photos'}: There are no photographs to train on."
    ]


def test_films_give_pictures_to_learn_colors_from(tmp_path: Path) -> None:
    """Without a photograph, too: frames evenly spaced in each film; those of held-out films validate."""
    data, collected = named_films(tmp_path, "a.mp4", "b.mp4", "c.mp4", "d.mp4"), CollectedEvents()
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

    run = coloring().model_copy(update={"stills_per_film": 3})
    task = open_task(run, TaskContext(data, tmp_path, opened, listen=collected))
    assert sorted(cuts) == [(name, at) for name in ("b.mp4", "c.mp4", "d.mp4") for at in (1, 5, 9)]
    assert collected.notes == [f"Left out: {data / 'clips' / 'a.mp4'}: The file is empty."]
    assert task.validate
    assert task.draw(seeded(1))[0].shape == (1, 1, 32, 32)

    few = run.model_copy(update={"stills_per_film": 40, "validation": ValidationSettings(every=0)})
    open_task(few, TaskContext(data, tmp_path, opened))
    assert len(cuts) == 9 + 36


def test_a_share_of_the_samples_are_frames_of_films(tmp_path: Path) -> None:
    """`film_share` chooses between films and photographs; without it every picture is equally likely."""
    photographs(tmp_path, 8)
    data = named_films(tmp_path, "a.mp4", "b.mp4")
    green = torch.tensor([0, 255, 0], dtype=torch.uint8).view(1, 3, 1, 1)
    film = film_of(green.expand(8, 3, 40, 48).clone())
    run = coloring().model_copy(
        update={"stills_per_film": 2, "validation": ValidationSettings(every=0)}
    )

    def share(film_share: float) -> float:
        settings = run.model_copy(update={"film_share": film_share})
        task = open_task(settings, TaskContext(data, tmp_path, lambda path: film))
        drawn = [task.draw(seeded(3, at))[1] for at in range(60)]
        return sum(float(chroma.std(dim=(2, 3)).max()) < 1e-3 for chroma in drawn) / len(drawn)

    assert share(1.0) == 1
    assert share(0.5) == pytest.approx(0.5, abs=0.2)
    assert share(0.0) == pytest.approx(4 / 12, abs=0.2)


def test_without_photographs_nothing_trains(tmp_path: Path) -> None:
    """The error has the folder that was searched."""
    with pytest.raises(UsageError, match="no photograph") as caught:
        open_task(coloring(), TaskContext(tmp_path, tmp_path, still_noise))
    assert str(tmp_path / "photos") == caught.value.where


def test_photographs_that_are_too_few_or_too_plain(tmp_path: Path) -> None:
    """A note says that none is held out; bins that nothing fills are refused with their key."""
    data, collected = photographs(tmp_path, 1), CollectedEvents()
    assert (
        open_task(coloring(), TaskContext(data, tmp_path, still_noise, listen=collected)).validate
        is None
    )
    assert collected.notes == ["There are too few images: none is held out for validation."]

    run = coloring().model_copy(update={"bins": BinSettings(min_share=0.9)})
    with pytest.raises(UsageError, match=r"No chroma bin has a share of 0\.9"):
        open_task(run, TaskContext(data, tmp_path, still_noise))


def test_a_network_with_initial_weights_keeps_its_bins(tmp_path: Path) -> None:
    """Its scores refer to them, whatever bins the new photographs would have; fp16 does not move them."""
    data = photographs(tmp_path, 8)
    first = open_task(coloring(), TaskContext(data, tmp_path, still_noise))
    weights = {name: value.clone() for name, value in first.net.state_dict().items()}
    few = torch.tensor([[0.0, 0.04], [-0.12, 0.08], [0.2, -0.2], [0.0, 0.0]])
    weights |= {"centres": few.half(), "scores.weight": weights["scores.weight"][:4]}
    weights["scores.bias"] = torch.tensor([1.0, 2.0, 3.0, 4.0])
    save_file(weights, tmp_path / "old.safetensors")

    run = coloring().model_copy(update={"init": "old.safetensors"})
    task = open_task(run, TaskContext(data, tmp_path, still_noise))
    torch.testing.assert_close(task.net.get_buffer("centres"), few, rtol=0, atol=1e-6)
    assert task.net.get_parameter("scores.bias").tolist() == [1, 2, 3, 4]
    assert task.arguments["bins"] == 4

    other = run.model_copy(update={"bins": BinSettings(spacing=0.05)})
    with pytest.raises(UsageError, match=r"not on a grid with spacing 0\.05"):
        open_task(other, TaskContext(data, tmp_path, still_noise))


def test_a_patch_that_the_color_net_cannot_take(tmp_path: Path) -> None:
    """Its sides are multiples of 4: another size is refused before training."""
    run = coloring().model_copy(update={"patch_size": 50})
    with pytest.raises(UsageError, match="cannot be trained for the task colorize") as caught:
        open_task(run, TaskContext(photographs(tmp_path, 4), tmp_path, still_noise))
    assert "patch_size = 50" in caught.value.where
