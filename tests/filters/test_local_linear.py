"""Local linear models: a linear relation is found exactly, and flat guides explain nothing."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from restore.filters.local_linear import local_linear, window_means

REACH = (2, 3)


def noise(*shape: int) -> Tensor:
    """Values of deviation 0.2 around 0.5."""
    return 0.5 + 0.2 * torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def test_means_are_those_of_the_window() -> None:
    """Rows and columns on both sides, each sample once; one frame alone gives the same."""
    planes = noise(2, 3, 9, 11)
    means = window_means(planes, REACH)
    assert means.shape == planes.shape
    window = planes[1, 2, 4 - 2 : 4 + 3, 5 - 3 : 5 + 4]
    assert float(means[1, 2, 4, 5]) == pytest.approx(float(window.mean()), abs=1e-6)
    assert torch.equal(window_means(planes[1], REACH), means[1])


def test_the_border_is_replicated() -> None:
    """Planes of a single sample, or of one value, are their own means."""
    one = torch.full((1, 1, 1, 1), 0.3)
    torch.testing.assert_close(window_means(one, REACH), one)
    first = window_means(noise(1, 1, 6, 6), (0, 1))[0, 0, :, 0]
    plane = noise(1, 1, 6, 6)[0, 0]
    torch.testing.assert_close(first, (2 * plane[:, 0] + plane[:, 1]) / 3)


def test_a_linear_relation_is_found() -> None:
    """Slope and offset are the same everywhere then, for each channel its own."""
    guide = noise(1, 1, 20, 24)
    slope, offset = local_linear(torch.cat([0.5 * guide - 0.1, -guide], 1), guide, REACH, 0.0)
    for found, expected in ((slope, (0.5, -1.0)), (offset, (-0.1, 0.0))):
        for channel, value in enumerate(expected):
            torch.testing.assert_close(
                found[0, channel], torch.full((20, 24), value), atol=1e-4, rtol=0
            )


def test_a_flat_guide_explains_nothing() -> None:
    """The model is the mean of the values around a sample."""
    values, guide = noise(1, 2, 12, 12), torch.full((1, 1, 12, 12), 0.4)
    slope, offset = local_linear(values, guide, REACH, 1e-3)
    assert float(slope.abs().max()) < 1e-3  # means are rounded to 6e-8, and divided by 1e-3
    means = window_means(window_means(values, REACH), REACH)
    torch.testing.assert_close(offset, means, atol=1e-3, rtol=0)
