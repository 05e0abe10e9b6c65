"""The color network asked about pictures of any size: its colors, and features of length 1."""

from __future__ import annotations

import numpy as np
import pytest

from restore.treatments.colorize.asked_network import AskedNetwork
from restore.treatments.colorize.predicted import ColorizeSettings
from restore.treatments.network import load_network
from restore.treatments.treatment import Engine
from tests.treatments.colored_square import colored_square


@pytest.fixture(scope="module")
def network() -> AskedNetwork:
    """The model that ships."""
    return AskedNetwork(load_network("color", Engine()), ColorizeSettings())


@pytest.mark.parametrize("size", [(192, 256), (256, 192), (64, 256)])
def test_colors_and_features_have_the_same_cells(
    network: AskedNetwork, size: tuple[int, int]
) -> None:
    """A quarter of the network's size, of the picture's aspect."""
    luma = np.linspace(0, 1, size[0] * size[1], dtype=np.float32).reshape(size)
    colors, features = network.predict(luma), network.features(luma)
    assert colors.shape[2] == 2
    assert features.shape[:2] == colors.shape[:2]
    assert abs(colors.shape[0] / colors.shape[1] - size[0] / size[1]) < 0.05
    assert np.allclose((features**2).sum(2), 1, atol=1e-3)


def test_the_same_picture_has_the_same_features(network: AskedNetwork) -> None:
    """Products with those of the same picture are 1, on average larger than with those of another."""
    one, other = (network.features(colored_square(1, seed=seed).luma[0]) for seed in (1, 2))
    bright = network.features(np.full((192, 256), 0.95, np.float32))
    assert np.allclose((one * one).sum(2), 1, atol=1e-3)
    assert (one * other).sum(2).mean() > (one * bright).sum(2).mean()
