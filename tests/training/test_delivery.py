"""From a clip to a model's folder: the whole way once, with a clip that the test draws."""

from pathlib import Path

import numpy as np
import pytest
import torch

from restore import models
from restore.errors import UsageError
from restore.training.clips import read_clip, to_rgb
from restore.training.delivery import deliver, halved
from restore.training.films import open_film
from restore.training.judge_color import film_grey, judge_color
from restore.training.judge_luma import enlarged, judged_shot, restored
from restore.training.loop import train
from restore.training.settings import read_settings
from restore.training.tasks import Place, open_task, started
from tests.training.made import TINY, films_in


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


def test_weights_that_overflow_half_precision_are_not_delivered() -> None:
    """A weight above 65504 would ship as infinity: delivery refuses."""
    with pytest.raises(ValueError, match="not finite"):
        halved(torch.full((2, 2), 1e6))
    assert torch.float32 == halved(torch.rand(5)).dtype
    assert torch.float16 == halved(torch.rand(5, 5)).dtype


def test_ycbcr_becomes_rgb_by_the_matrix_of_the_tag() -> None:
    """Neutral chroma is grey; red has the luma that its matrix says."""
    for matrix, luma in (("bt601", 0.299), ("bt709", 0.2126)):
        red = to_rgb(
            torch.full((1, 1), luma),
            torch.tensor([-luma / (2 * (1 - (0.114 if matrix == "bt601" else 0.0722))), 0.5]).view(
                2, 1, 1
            ),
            matrix,
        )
        assert red.flatten().tolist() == [255, 0, 0]
    assert (
        to_rgb(torch.full((1, 1), 0.5), torch.zeros(2, 1, 1), "bt709").flatten().tolist()
        == [128] * 3
    )


def test_a_clip_file_is_read_as_rgb(reel: Path) -> None:
    """All frames of a film come as full-range R'G'B'."""
    if not reel.is_file():
        pytest.skip("no reel")
    frames = read_clip(reel)

    assert frames.shape == (96, 3, 240, 320)
    assert torch.uint8 == frames.dtype
    assert np.ptp(frames.numpy()) > 150


def test_judging_compares_the_same_frames() -> None:
    """With no ageing to undo, enlarged frames are nearly the truth: no shift in time or place."""
    from restore.evaluation.metrics import psnr
    from restore.nets.film import FilmNet
    from restore.training.degrade.amounts import Ageing

    smooth = (
        torch.nn.functional.interpolate(
            torch.rand(12, 3, 4, 5, generator=torch.Generator().manual_seed(2)) * 255,
            (41, 49),
            mode="bicubic",
        )
        .clamp(0, 255)
        .byte()
    )
    shot = judged_shot(smooth, Ageing(), 2, torch.Generator())

    assert shot.truth.shape[-2:] == (40, 48)
    assert psnr(enlarged(shot.aged[2:10], 2), shot.truth[2:10]) > 38
    assert (
        shot.truth[2:10].shape
        == restored(FilmNet(2, frames=3, channels=4, depth=1), shot.aged).shape
    )


def test_a_grey_answer_scores_as_grey() -> None:
    """A color net read out with no saturation is exactly as far from the truth as grey, and colorless."""
    from restore.models import Readout
    from restore.nets.color import ColorNet

    stills = [torch.rand(1, 3, 40, 56, generator=torch.Generator().manual_seed(n)) for n in (1, 2)]
    row = judge_color(
        ColorNet(4, 8).eval(), Readout(temperature=1, saturation=0, size=32), "x", stills, None
    )

    assert row.chroma == pytest.approx(row.grey)
    assert row.lab == pytest.approx(row.lab_grey, rel=1e-3)
    assert row.colorfulness == pytest.approx(0, abs=1e-3)
    assert row.own_tint <= row.tint <= row.grey
    assert torch.equal(
        film_grey(stills[0], None, torch.Generator()), film_grey(stills[0], None, torch.Generator())
    )
