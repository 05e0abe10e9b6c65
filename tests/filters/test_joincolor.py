"""Chroma combined with luma: matrices, the temporal filter, edges and gamut."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.clip import LUMA_WEIGHTS
from restore.filters.joincolor import guided_enlargement, rematrix, steadied, within_gamut


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


def test_still_pictures_agree_on_their_color() -> None:
    """Where luma is constant, flickering chroma becomes its mean."""
    flicker = torch.tensor([0.1, -0.1]).repeat(9)[:17].view(17, 1, 1, 1).expand(17, 2, 3, 3)
    steady = steadied(flicker, torch.full((17, 1, 3, 3), 0.5), 8, 9, 8)
    assert steady.abs().max() < 0.02
    assert flicker.abs().min() > 0.09


def test_color_of_moving_objects_is_not_averaged() -> None:
    """A frame whose luma differs from its neighbors keeps its own chroma."""
    chroma = torch.zeros(9, 2, 2, 2)
    luma = torch.full((9, 1, 2, 2), 0.2)
    chroma[4], luma[4] = 0.3, 0.9
    assert torch.allclose(steadied(chroma, luma, 4, 5, 4), chroma[4:5], atol=1e-3)


@given(st.integers(1, 8), st.integers(0, 8))
def test_steadiness_depends_on_the_radius_alone(radius: int, first: int) -> None:
    """Frames beyond the radius have no influence: segments may be cut anywhere."""
    torch.manual_seed(radius * 10 + first)
    chroma, luma = torch.rand(24, 2, 2, 2) - 0.5, torch.rand(24, 1, 2, 2)
    row = 8 + first
    whole = steadied(chroma, luma, row, row + 1, radius)
    near = slice(row - radius, row + radius + 1)
    cut = steadied(chroma[near], luma[near], radius, radius + 1, radius)
    assert torch.allclose(whole, cut, atol=1e-7)


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
