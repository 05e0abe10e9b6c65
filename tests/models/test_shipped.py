"""What the models that ship must do, and must not do, to a film."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from restore import models
from restore.ageing.random_streams import seeded
from restore.evaluation.metrics import psnr
from restore.evaluation.upscalers import model
from restore.nets.deinterlace import DeinterlaceNet
from restore.training.drawn_lettering import draw_handwriting
from restore.treatments.deinterlace.interpolate import interpolate
from restore.treatments.treatment import Engine

BACKGROUND, STROKES = 0.7, 0.1
"""Luma of the title card."""


def title_card(seed: int) -> Tensor:
    """Three lines of dark handwriting on a light background: luma [1, 1, 288, 384]."""
    strokes = np.zeros((288, 384), np.uint8)
    for row in (70, 140, 210):
        draw_handwriting(strokes, (30, row), 44.0, 4, seeded(seed, row))
    return BACKGROUND - (BACKGROUND - STROKES) * torch.from_numpy(strokes).float()[None, None] / 255


@pytest.mark.parametrize(
    "name",
    ["film-x4", "film-x4-fast", "film-x2", "film-x2-fast", "film-x1"],
)
def test_handwriting_is_not_taken_for_hairs(name: str) -> None:
    """The strokes of a static title card keep their contrast."""
    upscaler = model(name, Engine())
    for seed in range(2):
        truth = title_card(seed)
        small = avg_pool2d(truth, 4)
        (result,) = upscaler.restore(small.expand(9, -1, -1, -1), range(4, 5))
        wanted = avg_pool2d(truth, 4 // upscaler.scale)
        contrast = (BACKGROUND - result).clamp(min=0).mean() / (BACKGROUND - wanted).mean()
        assert float(contrast) > 0.965


@pytest.mark.parametrize("first_is_top", [True, False])
def test_moving_handwriting_is_deinterlaced(first_is_top: bool) -> None:
    """Handwriting that moves to the side: 6 dB better than the mean of the rows above and below."""
    card = title_card(1)[0]
    pictures = torch.stack([card.roll(3 * at, -1) for at in range(9)])[..., 100:228, 32:352]
    rows = [one[:, (at + (not first_is_top)) % 2 :: 2] for at, one in enumerate(pictures)]
    net = models.load(models.find("deinterlace"))
    assert isinstance(net, DeinterlaceNet)

    found, _ = interpolate(net, rows, None, first_is_top, range(3, 6))
    alone = [
        interpolate(net, [rows[at]], None, (at % 2 == 0) == first_is_top, range(1))[0]
        for at in range(3, 6)
    ]

    inside = (..., slice(8, -8), slice(8, -8))
    truth = pictures[3:6][inside]
    assert psnr(found[inside], truth) > psnr(torch.cat(alone)[inside], truth) + 6
