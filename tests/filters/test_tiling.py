"""Tiles: the same picture in less memory."""

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
    """With the receptive radius as margin no tile shows, at any tile size (fp32: only rounding)."""
    picture = torch.rand(1, 1, *size)
    with torch.inference_mode():
        whole = run_tiled(network, picture, 2, 4, None)
        tiled = run_tiled(network, picture, 2, 4, tile)
    assert tiled.shape == (1, 1, size[0] * 2, size[1] * 2)
    assert (tiled - whole).abs().max() < 1e-5


def test_too_small_a_margin_shows(network: nn.Module) -> None:
    """The test above can fail: with less margin than the receptive radius seams appear."""
    picture = torch.rand(1, 1, 48, 48)
    with torch.inference_mode():
        whole = run_tiled(network, picture, 2, 4, None)
        seamed = run_tiled(network, picture, 2, 1, 16)
    assert (seamed - whole).abs().max() > 1e-4
