"""Logits of ordered levels: a peak, cosines, and the two ends."""

import math

import pytest
import torch

from restore.nets.layers.ordered_scores import OrderedScores, cosine_basis
from restore.nets.layers.pixelcnn import PixelCNN
from restore.nets.layers.pixelcnn_sampler import sample, sample_naive


def _plain(cosines: int = 8, width: float = 10.0) -> OrderedScores:
    """Scores whose weights are 0: the peak alone."""
    scores = OrderedScores(6, 256, cosines, width)
    with torch.no_grad():
        for weights in scores.parameters():
            weights.zero_()
    return scores


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


def test_the_peak_is_where_it_starts() -> None:
    """Round at the given level, and falling by one for each width further away; else in the middle."""
    scores, nothing = _plain(), torch.zeros(2, 6)
    with torch.no_grad():
        logits = scores(nothing, torch.tensor([100.0, 30.0]))
        middle = scores(nothing)
    assert logits.argmax(-1).tolist() == [100, 30]
    for distance in (1, 10, 60):
        expected = -math.sqrt(1 + (distance / 10) ** 2)
        assert float(logits[0, 100 + distance]) == pytest.approx(expected, abs=1e-5)
    assert torch.allclose(middle, middle.flip(-1))


def test_features_move_and_narrow_the_peak() -> None:
    """The first weight moves it by half the range, the second makes it narrower; the ends are free."""
    scores = _plain()
    with torch.no_grad():
        scores.weights.bias[0] = 0.25
        assert int(scores(torch.zeros(1, 6), torch.tensor([100.0])).argmax()) == 132
        wide = scores(torch.zeros(1, 6)).softmax(-1).amax()
        scores.weights.bias[1] = 1.0
        assert float(scores(torch.zeros(1, 6)).softmax(-1).amax()) > 2 * float(wide)
        scores.weights.bias[1] = 1e6
        assert bool(scores(torch.zeros(1, 6)).isfinite().all())
        scores.weights.bias[1] = 0.0
        scores.weights.bias[-1] = 90.0
        assert int(scores(torch.zeros(1, 6)).argmax()) == 255


def test_cosines_change_levels_smoothly() -> None:
    """Neighboring levels differ by no more than the steepest slope of each wave, apart from the ends."""
    torch.manual_seed(1)
    scores = OrderedScores(6, 256, 8, 1e6)  # no peak
    given = torch.rand(5, 6) * 4
    with torch.no_grad():
        steps = scores(given)[:, 1:-1].diff(dim=1).abs()
        slopes = torch.arange(1.0, 9) * (math.pi / 256)
        most = scores.weights(given)[:, 2:10].abs() @ slopes
    assert bool((steps.amax(1) <= most + 1e-5).all())


def test_the_basis_is_not_stored() -> None:
    """Weights are; the basis follows from the arguments."""
    assert set(_plain().state_dict()) == {"weights.weight", "weights.bias"}


def test_a_network_of_ordered_levels_starts_smooth_and_samples_alike() -> None:
    """Neighboring levels are embedded alike; cached samples equal naive ones."""
    torch.manual_seed(2)
    net = PixelCNN(2, 64, 6, 3, embedding=4, cosines=8).double().eval()
    weights = net.embed[0].get_parameter("weight").detach()
    neighbors, distant = (weights.roll(by, 0)[32:] - weights[32:] for by in (1, 32))
    assert float(neighbors.std()) < 0.3 * float(distant.std())
    uniforms = torch.rand(2, 2, 4, 5, generator=torch.Generator().manual_seed(1)).double()
    assert torch.equal(sample(net, uniforms), sample_naive(net, uniforms))
