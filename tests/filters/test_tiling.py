"""Tiled inference: the same result in less memory."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from restore.filters.tiling import run_tiled


@pytest.fixture(scope="module")
def network() -> nn.Module:
    """Four 3x3 convolutions and a pixel shuffle: a receptive radius of 4 samples."""
    torch.manual_seed(1)
    layers: list[nn.Module] = [nn.Conv2d(1, 8, 3, padding=1), nn.ReLU()]
    for _ in range(2):
        layers += [nn.Conv2d(8, 8, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(8, 4, 3, padding=1), nn.PixelShuffle(2)).eval()


@pytest.mark.parametrize("tile", [5, 8, 16, 33, 100])
@pytest.mark.parametrize("size", [(37, 41), (1, 50), (64, 64)])
def test_tiled_equals_untiled(network: nn.Module, tile: int, size: tuple[int, int]) -> None:
    """With the receptive radius as margin there are no seams, at any tile size (fp32: only rounding)."""
    picture = torch.rand(1, 1, *size)
    with torch.inference_mode():
        whole = run_tiled(network, picture, 2, 4, None)
        tiled = run_tiled(network, picture, 2, 4, tile)
    assert tiled.shape == (1, 1, size[0] * 2, size[1] * 2)
    assert (tiled - whole).abs().max() < 1e-5


def test_too_small_a_margin_shows(network: nn.Module) -> None:
    """The test above can fail: with a smaller margin than the receptive radius there are seams."""
    picture = torch.rand(1, 1, 48, 48)
    with torch.inference_mode():
        whole = run_tiled(network, picture, 2, 4, None)
        seamed = run_tiled(network, picture, 2, 1, 16)
    assert (seamed - whole).abs().max() > 1e-4


@pytest.mark.parametrize("tile", [7, 16, 30])
def test_patches_begin_where_pixels_are_packed(tile: int) -> None:
    """A network that packs 2x2 samples gets patches aligned to that grid, at any tile size."""
    torch.manual_seed(2)
    conv = nn.Conv2d(4, 4, 3, padding=1)
    packing = nn.Sequential(nn.PixelUnshuffle(2), conv, nn.PixelShuffle(2))
    picture = torch.rand(1, 1, 46, 38)
    with torch.inference_mode():
        whole = packing(picture)
        tiled = run_tiled(packing, picture, 1, 3, tile, multiple=2)
    assert (tiled - whole).abs().max() < 1e-5
