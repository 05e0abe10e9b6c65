"""Logits of ordered levels: sums of cosines, and the two ends."""

import math

import pytest
import torch

from restore.nets.layers.cosine_scores import CosineScores, cosine_basis
from restore.nets.layers.pixelcnn import PixelCNN
from restore.nets.layers.pixelcnn_sampler import sample, sample_naive


def test_the_basis_has_cosines_and_both_ends() -> None:
    """Wave k has k half periods over the levels; the ends are 1 at one level only."""
    basis = cosine_basis(16, 3)
    assert basis.shape == (5, 16)
    for wave in range(1, 4):
        for level in (0, 5, 15):
            expected = math.cos(math.pi * wave * (level + 0.5) / 16)
            assert float(basis[wave - 1, level]) == pytest.approx(expected, abs=1e-6)
    assert basis[3].tolist() == [1.0] + 15 * [0.0]
    assert basis[4].tolist() == 15 * [0.0] + [1.0]


def test_logits_are_smooth_over_the_levels_except_at_the_ends() -> None:
    """With few waves, neighbors differ little; the first and the last level are free."""
    torch.manual_seed(1)
    scores = CosineScores(6, 256, 8)
    given = torch.rand(5, 6) * 4
    with torch.no_grad():
        steps = scores(given)[:, 1:-1].diff(dim=1).abs()
        most = scores.weights(given)[:, :8].abs() @ torch.arange(1.0, 9) * (math.pi / 256)
    assert bool((steps.amax(1) <= most).all())  # the steepest slope of each wave
    with torch.no_grad():
        scores.weights.bias[-1] += 9
    assert torch.allclose(
        scores.weights(torch.zeros(1, 6)) @ scores.basis, scores(torch.zeros(1, 6))
    )
    assert float(scores(torch.zeros(1, 6)).argmax()) == 255


def test_the_basis_is_not_stored() -> None:
    """Weights of the waves are; the basis follows from the arguments."""
    assert set(CosineScores(6, 256, 8).state_dict()) == {"weights.weight", "weights.bias"}


def test_a_network_of_ordered_levels_starts_smooth_and_samples_alike() -> None:
    """Neighboring levels are embedded alike; cached samples equal naive ones."""
    torch.manual_seed(2)
    net = PixelCNN(2, 64, 6, 3, embedding=4, cosines=8).double().eval()
    weights = net.embed[0].get_parameter("weight").detach()
    neighbors, distant = (weights.roll(by, 0)[32:] - weights[32:] for by in (1, 32))
    assert float(neighbors.std()) < 0.3 * float(distant.std())
    uniforms = torch.rand(2, 2, 4, 5, generator=torch.Generator().manual_seed(1)).double()
    assert torch.equal(sample(net, uniforms), sample_naive(net, uniforms))
