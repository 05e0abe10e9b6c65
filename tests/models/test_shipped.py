"""What the models that ship must not do to a film."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from restore.ageing.random_streams import seeded
from restore.evaluation.upscalers import model
from restore.training.drawn_lettering import draw_handwriting
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
