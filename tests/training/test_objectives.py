"""Losses and chroma bins."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from restore.training.bins import corner_table, corners, occupied
from restore.training.objectives import chroma_loss, exactness_loss, sharpness_loss

SPACING = 0.04


def grid(reach: int = 3) -> torch.Tensor:
    """All bins around neutral up to `reach` cells away."""
    steps = torch.arange(-reach, reach + 1).float() * SPACING
    return torch.cartesian_prod(steps, steps)


def test_sharpness_loss_without_terms_is_the_mean_difference() -> None:
    """Plain L1 when both weights are zero; nothing is lost on a perfect picture."""
    truth = torch.rand(2, 1, 8, 8)

    assert float(sharpness_loss(truth + 0.1, truth, 0, 0)) == pytest.approx(0.1, abs=1e-6)
    assert float(sharpness_loss(truth, truth, 1, 1)) == 0


def test_gradient_term_sees_blur_and_not_brightness() -> None:
    """A constant offset costs nothing more with the gradient term, a lost edge does."""
    truth = torch.zeros(1, 1, 8, 8)
    truth[..., 4:] = 1
    plain, edges = (sharpness_loss(truth * 0.5 + 0.25, truth, 0, w) for w in (0.0, 1.0))

    assert float(sharpness_loss(truth + 0.1, truth, 0, 1)) == pytest.approx(0.1, abs=1e-6)
    assert edges > plain


def test_spectrum_term_counts_texture() -> None:
    """Of two errors with the same L1, that of one pure wave costs less than noise over all of them."""
    flat = torch.zeros(1, 1, 16, 16)
    wave = torch.ones(16).mul(torch.tensor([1.0, -1.0]).repeat(8)).expand(1, 1, 16, 16)
    noise = torch.randn(1, 1, 16, 16, generator=torch.Generator().manual_seed(1))
    noise = noise / noise.abs().mean()

    assert sharpness_loss(wave, flat, 1, 0) < sharpness_loss(noise, flat, 1, 0)


def test_exactness_counts_decibels() -> None:
    """Six decibels are worth the same in a worn picture as in a good one; no error costs nothing."""
    truth = torch.full((2, 1, 8, 8), 0.5)
    worn, good = (torch.tensor(size).view(2, 1, 1, 1) for size in ([0.1, 0.04], [0.2, 0.02]))

    assert float(exactness_loss(truth, truth)) == 0
    first, second = (float(exactness_loss(truth + error, truth)) for error in (worn, good))
    assert first == pytest.approx(second, abs=0.05)


def test_only_used_cells_become_bins() -> None:
    """Cells under the least share are left out; the others' centers lie on the grid."""
    common = torch.tensor([[0.041, -0.079]]).repeat(99, 1)
    rare = torch.tensor([[0.4, 0.4]])

    centres = occupied(torch.cat([common, rare]), SPACING, 0.02)

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
    """A color that no photograph had is counted for the nearest bin, at the edge of the plane too."""
    table = corner_table(grid(1), SPACING)

    index, weight = corners(torch.tensor([[0.5, 0.5], [-0.5, 0.5]]), table, SPACING)

    for row, expected in ((0, [SPACING, SPACING]), (1, [-SPACING, SPACING])):
        mean = (grid(1)[index[row]] * weight[row, :, None]).sum(0)
        assert mean.tolist() == pytest.approx(expected)


def test_chroma_loss_falls_towards_the_right_answer() -> None:
    """Even scores cost log(bins); scores on the true bin cost nearly nothing, on another one much."""
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
