"""Gaussian blur: weights, borders, directions."""

from __future__ import annotations

import pytest
import torch

from restore.filters.gaussian import blurred, blurred_along, gaussian


@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.7])
def test_weights_sum_to_one_and_have_their_deviation(sigma: float) -> None:
    """They end at three sigma, which makes the deviation slightly smaller."""
    weights = gaussian(sigma)
    places = torch.arange(len(weights)) - len(weights) // 2
    assert float(weights.sum()) == pytest.approx(1, abs=1e-6)
    if sigma >= 1:
        assert float((weights * places**2).sum().sqrt()) == pytest.approx(sigma, rel=0.03)


def test_a_blur_is_the_convolution_with_its_weights() -> None:
    """A single sample becomes the product of both directions' weights."""
    point = torch.zeros(1, 1, 15, 21)
    point[0, 0, 7, 10] = 1
    expected = torch.zeros(15, 21)
    expected[4:11, 4:17] = gaussian(1.0)[:, None] * gaussian(2.0)
    torch.testing.assert_close(blurred(point, 1.0, 2.0)[0, 0], expected)


def test_no_deviation_is_no_blur_and_flat_planes_stay() -> None:
    """Borders are repeated, so that they are not darker."""
    planes = torch.rand(2, 3, 8, 9)
    assert blurred_along(planes, 0, -1) is planes
    torch.testing.assert_close(blurred(torch.ones(1, 2, 5, 6), 3.0, 1.0), torch.ones(1, 2, 5, 6))
