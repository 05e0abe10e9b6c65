"""Readout of color scores."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from restore.filters.chroma import certainty, read_out

CENTRES = torch.tensor([[0.0, 0.0], [0.1, 0.0], [0.0, -0.2]])


def test_even_scores_give_the_mean_of_the_bins() -> None:
    """With equal scores the expectation is the mean of the bins, in every sample."""
    chroma = read_out(torch.zeros(2, 3, 4, 5), CENTRES, 1.0, 1.0)

    assert chroma.shape == (2, 2, 4, 5)
    torch.testing.assert_close(chroma[1, :, 2, 3], CENTRES.mean(0))


def test_a_low_temperature_takes_the_likeliest_bin() -> None:
    """Near temperature 0 the most likely bin decides alone; at 1 the others desaturate it."""
    scores = torch.tensor([0.0, 0.0, 1.0]).view(1, 3, 1, 1)

    cold, warm = (read_out(scores, CENTRES, t, 1.0)[0, 1].item() for t in (0.01, 1.0))

    assert cold == pytest.approx(-0.2)
    assert -0.2 < warm < -0.05


@given(saturation=st.floats(0, 3), temperature=st.floats(0.05, 5), seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_saturation_multiplies_within_the_bins_reach(
    saturation: float, temperature: float, seed: int
) -> None:
    """Chroma grows in proportion and never beyond the outermost bin times the factor."""
    scores = torch.randn(1, 3, 2, 2, generator=torch.Generator().manual_seed(seed))

    once = read_out(scores, CENTRES, temperature, 1.0)
    times = read_out(scores, CENTRES, temperature, saturation)

    torch.testing.assert_close(times, once * saturation)
    assert float(times.abs().max()) <= 0.2 * saturation + 1e-6


def test_doubt_reduces_uncertain_chroma_only() -> None:
    """Certain scores keep their chroma, equal ones lose all of it, and doubt 0 changes nothing."""
    scores = torch.tensor([[0.0, 90.0, 0.0], [0.0, 0.0, 0.0], [0.0, 2.0, 0.0]]).view(3, 3, 1, 1)

    trusting, doubting = (read_out(scores, CENTRES, 1.0, 1.0, doubt) for doubt in (0.0, 1.0))

    torch.testing.assert_close(doubting[0], trusting[0])
    torch.testing.assert_close(doubting[1], torch.zeros(2, 1, 1))
    assert 0 < float(doubting[2, 0]) < float(trusting[2, 0])


@given(seed=st.integers(0, 99), spread=st.floats(0, 30))
@settings(max_examples=30, deadline=None)
def test_certainty_is_a_share(seed: int, spread: float) -> None:
    """It is within 0..1 for any scores, and does not change when a constant is added to all of them."""
    scores = torch.randn(2, 5, 2, 3, generator=torch.Generator().manual_seed(seed)) * spread

    sure = certainty(scores)

    assert sure.shape == (2, 1, 2, 3)
    assert 0 <= float(sure.min()) <= float(sure.max()) <= 1
    torch.testing.assert_close(certainty(scores + 7), sure, atol=1e-4, rtol=0)


def test_half_precision_scores_work() -> None:
    """Scores in bf16 give finite chroma."""
    assert torch.isfinite(read_out(torch.randn(1, 3, 2, 2).bfloat16(), CENTRES, 0.5, 1.2)).all()
