"""Conversion between matrices: against the definition, of gray, and back again."""

from __future__ import annotations

import pytest
import torch

from restore.clip import LUMA_WEIGHTS, Clip, ColorSpec, Matrix
from restore.filters.rematrix import rematrixed


def _clip(matrix: Matrix, rgb: torch.Tensor) -> Clip:
    """Red, green and blue [3, H, W] as luma and full chroma, by the definition of H.273."""
    weights = torch.tensor(LUMA_WEIGHTS[matrix])
    luma = (rgb * weights[:, None, None]).sum(0)
    cb = (rgb[2] - luma) / (2 * (1 - weights[2]))
    cr = (rgb[0] - luma) / (2 * (1 - weights[0]))
    return Clip(luma[None, None], torch.stack((cb, cr))[None], 0, ColorSpec(matrix, "limited"))


@pytest.mark.parametrize("new", ["bt601", "bt709", "bt2020"])
@pytest.mark.parametrize("old", ["bt601", "bt709", "bt2020"])
def test_the_colors_stay(old: Matrix, new: Matrix) -> None:
    """The result is what the new matrix gives for the same red, green and blue."""
    rgb = torch.rand(3, 6, 8, generator=torch.Generator().manual_seed(0))
    found, wanted = rematrixed(_clip(old, rgb), new), _clip(new, rgb)
    assert found.color.matrix == new
    assert found.chroma is not None
    torch.testing.assert_close(found.luma, wanted.luma, atol=1e-5, rtol=0)
    torch.testing.assert_close(found.chroma, wanted.chroma, atol=1e-5, rtol=0)


def test_gray_and_the_own_matrix_change_nothing() -> None:
    """Without chroma, or with neutral chroma, luma is unchanged."""
    luma = torch.rand(1, 1, 4, 6)
    gray = Clip(luma, None, 3, ColorSpec("bt601", "limited"))
    assert torch.equal(rematrixed(gray, "bt709").luma, luma)
    neutral = Clip(luma, torch.zeros(1, 2, 2, 3), 3, ColorSpec("bt601", "limited"))
    assert torch.equal(rematrixed(neutral, "bt709").luma, luma)
    colored = Clip(luma, torch.rand(1, 2, 2, 3), 3, ColorSpec("bt709", "limited"))
    assert rematrixed(colored, "bt709") == colored
