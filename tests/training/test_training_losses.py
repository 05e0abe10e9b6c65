"""Losses and chroma bins."""

from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from restore.training.chroma_bins import corner_table, corners, on_grid, used_bins
from restore.training.training_losses import (
    chroma_loss,
    l1_loss,
    log_mse_loss,
    mean_color_error,
)

SPACING = 0.04


def grid(reach: int = 3) -> torch.Tensor:
    """All bins around neutral up to `reach` cells away."""
    steps = torch.arange(-reach, reach + 1).float() * SPACING
    return torch.cartesian_prod(steps, steps)


def test_without_further_terms_it_is_the_mean_difference() -> None:
    """Plain L1 when both weights are zero; zero for a perfect picture."""
    truth = torch.rand(2, 1, 8, 8)

    assert float(l1_loss(truth + 0.1, truth, 0, 0)) == pytest.approx(0.1, abs=1e-6)
    assert float(l1_loss(truth, truth, 1, 1)) == 0


def test_gradient_term_sees_blur_and_not_brightness() -> None:
    """The gradient term adds nothing for a constant offset, but does for a lost edge."""
    truth = torch.zeros(1, 1, 8, 8)
    truth[..., 4:] = 1
    plain, edges = (l1_loss(truth * 0.5 + 0.25, truth, 0, w) for w in (0.0, 1.0))

    assert float(l1_loss(truth + 0.1, truth, 0, 1)) == pytest.approx(0.1, abs=1e-6)
    assert edges > plain


def test_the_fourier_term_counts_texture() -> None:
    """Of two errors with the same L1, a single frequency costs less than noise at all of them."""
    flat = torch.zeros(1, 1, 16, 16)
    wave = torch.ones(16).mul(torch.tensor([1.0, -1.0]).repeat(8)).expand(1, 1, 16, 16)
    noise = torch.randn(1, 1, 16, 16, generator=torch.Generator().manual_seed(1))
    noise = noise / noise.abs().mean()

    assert l1_loss(wave, flat, 1, 0) < l1_loss(noise, flat, 1, 0)


def test_the_logarithmic_error_counts_decibels() -> None:
    """Six decibels count the same in a damaged picture as in a good one; no error costs nothing."""
    truth = torch.full((2, 1, 8, 8), 0.5)
    worn, good = (torch.tensor(size).view(2, 1, 1, 1) for size in ([0.1, 0.04], [0.2, 0.02]))

    assert float(log_mse_loss(truth, truth)) == 0
    first, second = (float(log_mse_loss(truth + error, truth)) for error in (worn, good))
    assert first == pytest.approx(second, abs=0.05)


def test_only_used_cells_become_bins() -> None:
    """Cells below the minimum share are left out; the centers of the others are on the grid."""
    common = torch.tensor([[0.041, -0.079]]).repeat(99, 1)
    rare = torch.tensor([[0.4, 0.4]])

    centres = used_bins(torch.cat([common, rare]), SPACING, 0.02)

    torch.testing.assert_close(centres, torch.tensor([[0.04, -0.08]]))


@given(blue=st.floats(-0.12, 0.11), red=st.floats(-0.12, 0.11))
@settings(max_examples=50, deadline=None)
def test_the_four_bins_average_to_the_chroma(blue: float, red: float) -> None:
    """Weights are positive, sum to one, and the centers so weighted give the chroma back."""
    index, weight = corners(torch.tensor([[blue, red]]), corner_table(grid(), SPACING), SPACING)

    assert float(weight.min()) >= 0
    assert float(weight.sum()) == pytest.approx(1)
    mean = (grid()[index[0]] * weight[0, :, None]).sum(0)
    assert mean.tolist() == pytest.approx([blue, red], abs=1e-5)


def test_chroma_outside_the_bins_falls_to_the_nearest() -> None:
    """A color that no photograph had counts for the nearest bin, also at the edge of the plane."""
    table = corner_table(grid(1), SPACING)

    index, weight = corners(torch.tensor([[0.5, 0.5], [-0.5, 0.5]]), table, SPACING)

    for row, expected in ((0, [SPACING, SPACING]), (1, [-SPACING, SPACING])):
        mean = (grid(1)[index[row]] * weight[row, :, None]).sum(0)
        assert mean.tolist() == pytest.approx(expected)


def test_chroma_loss_is_small_for_the_right_bin() -> None:
    """Equal scores cost log(bins); a high score of the true bin almost nothing, of another one much."""
    centres = grid()
    truth = centres[10].view(1, 2, 1, 1)
    table = corner_table(centres, SPACING)
    even = torch.zeros(1, len(centres), 1, 1)
    right, wrong = even.clone(), even.clone()
    right[:, 10], wrong[:, 20] = 20, 20

    losses = [float(chroma_loss(s, truth, table, SPACING)) for s in (even, right, wrong)]

    assert losses[0] == pytest.approx(torch.tensor(len(centres)).log().item(), rel=1e-3)
    assert losses[1] < 0.01
    assert losses[2] > 10


@given(error=st.floats(-0.5, 0.5), weight=st.floats(0, 2))
def test_terms_of_a_constant_error_by_hand(error: float, weight: float) -> None:
    """An offset has no gradient; its unitary spectrum is one number, error * sqrt(samples)."""
    truth = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(1)).double()
    found = float(l1_loss(truth + error, truth, weight, weight))
    # of 8 x 5 complex numbers, two parts each, one is not zero: 8 * |error|
    spectrum = 8 * abs(error) / (8 * 5 * 2)
    assert found == pytest.approx(abs(error) + weight * spectrum, abs=1e-6)


def test_the_mean_colors_error_is_that_of_the_expectation() -> None:
    """Two equally likely bins have the error of the point between them, in units of the spacing."""
    bins = torch.tensor([[0.0, 0.0], [0.08, 0.0], [0.3, 0.3]])
    scores = torch.tensor([0.0, 0.0, -100.0]).view(1, 3, 1, 1)
    truth = torch.tensor([0.04, 0.04]).view(1, 2, 1, 1)
    assert float(mean_color_error(scores, truth, bins, 0.04)) == pytest.approx(0.5, abs=1e-5)
    assert float(mean_color_error(scores, truth, bins, 0.08)) == pytest.approx(0.125, abs=1e-5)


@pytest.mark.parametrize("loss", ["l1", "log"])
def test_the_ground_truth_is_the_minimum(loss: str) -> None:
    """Zero there, more everywhere near it, and the gradient of a small error points back."""
    truth = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(1))

    def value(output: torch.Tensor) -> torch.Tensor:
        return l1_loss(output, truth, 0.1, 0.1) if loss == "l1" else log_mse_loss(output, truth)

    assert float(value(truth)) == 0
    for seed in range(5):
        noise = 0.01 * torch.randn(truth.shape, generator=torch.Generator().manual_seed(seed))
        output = (truth + noise).requires_grad_()
        before = value(output)
        (slope,) = torch.autograd.grad(before, output)
        assert before.item() > 0
        assert float((slope * noise).sum()) > 0


@given(st.lists(st.integers(0, 48), min_size=1, max_size=6))
def test_the_chroma_loss_is_least_for_the_true_distribution(bins: list[int]) -> None:
    """Of all scores those with the true bin's share of 1 cost nothing: cross-entropy's minimum."""
    centres = grid()
    table = corner_table(centres, SPACING)
    truth = centres[bins].T.reshape(1, 2, 1, len(bins)).contiguous()
    scores = torch.full((1, len(centres), 1, len(bins)), -40.0)
    for at, chosen in enumerate(bins):
        scores[0, chosen, 0, at] = 40
    assert float(chroma_loss(scores, truth, table, SPACING)) == pytest.approx(0, abs=1e-3)
    assert float(chroma_loss(scores.roll(1, 1), truth, table, SPACING)) > 10


def test_between_two_bins_half_of_each_is_least() -> None:
    """Halfway between two centers the loss of equal scores for both is log 2, its minimum."""
    centres = grid()
    table = corner_table(centres, SPACING)
    middle = ((centres[24] + centres[25]) / 2).view(1, 2, 1, 1)
    losses: list[float] = []
    for lead in (-1.0, 0.0, 1.0):
        scores = torch.full((1, len(centres), 1, 1), -40.0)
        scores[0, 24], scores[0, 25] = 10 + lead, 10 - lead
        losses.append(float(chroma_loss(scores, middle, table, SPACING)))
    assert losses[1] == pytest.approx(torch.tensor(2.0).log().item(), abs=1e-3)
    assert min(losses[0], losses[2]) > losses[1] + 0.1


@given(
    seed=st.integers(0, 100),
    spacing=st.sampled_from([0.02, 0.04, 0.08]),
    limit=st.integers(0, 40),
)
@settings(deadline=None)
def test_bins_are_the_cells_that_are_used_enough(seed: int, spacing: float, limit: int) -> None:
    """Counted one by one: a cell is a bin if and only if its share of the samples is large enough."""
    drawn = torch.Generator().manual_seed(seed)
    chroma = (0.1 * torch.randn(200, 2, generator=drawn)).clamp(-0.5, 0.5)
    cells = Counter(tuple((row / spacing).round().long().tolist()) for row in chroma)
    expected = {cell for cell, count in cells.items() if count > limit}
    found = used_bins(chroma, spacing, (limit + 0.5) / 200)  # between two counts: no rounding
    assert {tuple((row / spacing).round().long().tolist()) for row in found} == expected


@given(st.integers(0, 1000), st.sampled_from([0.02, 0.04]))
def test_rounded_bins_return_to_their_grid(seed: int, spacing: float) -> None:
    """Weights are stored in fp16: the nearest cell is the one that it was."""
    cells = torch.randint(-12, 13, (20, 2), generator=torch.Generator().manual_seed(seed))
    centres = cells.float() * spacing
    torch.testing.assert_close(on_grid(centres.half().float(), spacing), centres)
