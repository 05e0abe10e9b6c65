"""Chroma combined with luma: matrices, edges and gamut."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.clip import LUMA_WEIGHTS
from restore.filters.joincolor import guided_enlargement, rematrix, within_gamut


def _chroma(rgb: torch.Tensor, matrix: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Luma and (Cb, Cr) of one color, computed from the definition (BT.601, BT.709)."""
    r, g, b = LUMA_WEIGHTS[matrix]
    luma = r * rgb[0] + g * rgb[1] + b * rgb[2]
    return luma, torch.stack([(rgb[2] - luma) / (2 * (1 - b)), (rgb[0] - luma) / (2 * (1 - r))])


@given(st.tuples(*[st.floats(0, 1)] * 3))
def test_a_color_keeps_its_differences_under_another_matrix(rgb: tuple[float, ...]) -> None:
    """BT.709 chroma converted to BT.601 gives the same differences of red, green and blue."""
    color = torch.tensor(rgb)
    _, chroma709 = _chroma(color, "bt709")
    _, chroma601 = _chroma(color, "bt601")
    moved = rematrix(chroma709.view(1, 2, 1, 1), "bt601").view(2)
    assert torch.allclose(moved, chroma601, atol=1e-6)


def test_enlarged_color_follows_the_lumas_edges() -> None:
    """A chroma edge of low resolution ends up at the luma edge and is not blurred around it."""
    guide = torch.zeros(1, 1, 64, 64)
    guide[..., 30:] = 0.8  # not on the low grid's border
    small = torch.nn.functional.interpolate(guide, size=(16, 16), mode="area")
    chroma = (small * 0.25).expand(1, 2, 16, 16)
    fine = guided_enlargement(chroma, guide)
    assert fine[..., 8:56, 20:28].abs().max() < 0.02
    assert (fine[..., 8:56, 32:40] - 0.2).abs().max() < 0.02


@pytest.mark.parametrize("matrix", ["bt601", "bt709", "bt2020"])
def test_no_color_leaves_the_gamut(matrix: str) -> None:
    """Luma and hue are kept, red, green and blue are within 0..1, and black and white are neutral."""
    torch.manual_seed(0)
    luma = torch.rand(1, 1, 40, 40)
    luma[0, 0, 0, :20], luma[0, 0, 0, 20:] = 0.0, 1.0
    chroma = torch.rand(1, 2, 40, 40) - 0.5
    kept = within_gamut(chroma, luma, matrix)
    r, g, b = LUMA_WEIGHTS[matrix]
    red, blue = luma + kept[:, 1:] * 2 * (1 - r), luma + kept[:, :1] * 2 * (1 - b)
    green = (luma - r * red - b * blue) / g
    parts = torch.cat([red, green, blue], dim=1)
    assert parts.min() > -1e-5
    assert parts.max() < 1 + 1e-5
    assert kept[0, :, 0].abs().max() < 1e-5
    cross = kept[:, 0] * chroma[:, 1] - kept[:, 1] * chroma[:, 0]
    assert cross.abs().max() < 1e-6
