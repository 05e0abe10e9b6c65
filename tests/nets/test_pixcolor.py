"""PixColor: its levels, its likelihood, and its refinement."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.nets.layers.pixelcnn import log_likelihood
from restore.nets.pixcolor import LEVELS, SPACING, PixColor, from_levels, to_levels


@pytest.fixture(scope="module")
def net() -> PixColor:
    """A small seeded net."""
    torch.manual_seed(2)
    return PixColor(eighth=6, quarter=4, width=8, layers=2).eval()


@given(st.floats(-0.31, 0.29), st.floats(-0.29, 0.31))
def test_levels_are_near_the_chroma(blue: float, red: float) -> None:
    """Within the range the error is at most half a step; gray is a level of its own."""
    chroma = torch.tensor([blue, red]).view(1, 2, 1, 1)
    assert float((from_levels(to_levels(chroma)) - chroma).abs().max()) <= SPACING / 2 + 1e-6
    assert not from_levels(to_levels(torch.zeros(1, 2, 1, 1))).any()


def test_colors_beyond_the_range_get_its_ends() -> None:
    """The most vivid colors become a little paler."""
    levels = to_levels(torch.tensor([-0.5, 0.5]).view(1, 2, 1, 1))
    assert levels.flatten().tolist() == [0, LEVELS - 1]


def test_training_scores_the_true_colors(net: PixColor) -> None:
    """One number is the negative log likelihood in nats per value, the other the refinement's error."""
    given_planes = torch.rand(3, 6 + 4 + 1 + 2, 8, 12) * 0.2
    eighth, quarter, gray, chroma = given_planes.split([6, 4, 1, 2], 1)
    pooled = torch.nn.functional.avg_pool2d
    levels = to_levels(pooled(chroma, 2))
    with torch.no_grad():
        found = net(given_planes)
        logits = net.prior(levels, net.conditions(pooled(eighth, 2), pooled(gray, 2)))
        fine = net.refined(pooled(chroma, 2), quarter, gray)

    assert found.shape == (3, 2)
    values = 2 * 4 * 6
    torch.testing.assert_close(found[:, 0], -log_likelihood(logits, levels) / values)
    error = ((fine - chroma) / SPACING).square().flatten(1).mean(1)
    torch.testing.assert_close(found[:, 1], error)
    assert 0.5 * math.log(LEVELS) < float(found[:, 0].mean()) < 2 * math.log(LEVELS)


def test_both_parts_learn(net: PixColor) -> None:
    """Gradients of the two numbers reach every weight."""
    net.zero_grad()
    net(torch.rand(1, 13, 8, 8)).sum().backward()
    idle = [name for name, p in net.named_parameters() if p.grad is None]
    assert idle == []
