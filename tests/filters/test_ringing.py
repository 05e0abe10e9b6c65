"""Edge enhancement is reversed exactly where its parameters are known."""

from __future__ import annotations

import pytest
import torch

from restore.ageing import broadcast
from restore.filters.ringing import without_ringing


def bars(width: int = 160) -> torch.Tensor:
    """Soft bars of several widths, [2, 1, 8, width]."""
    columns = torch.arange(float(width))
    rows = [0.5 + 0.3 * torch.tanh(4 * torch.sin(columns / (5 + row))) for row in range(8)]
    return torch.stack(rows).expand(2, 1, 8, width).contiguous()


@pytest.mark.parametrize(("amount", "distance"), [(0.3, 1.0), (0.6, 2.0), (0.8, 3.0)])
def test_the_ringing_of_the_ageing_is_reversed(amount: float, distance: float) -> None:
    """Away from the border, where the ageing treats its echo differently, half a code value remains."""
    clean = bars()
    worn = broadcast.ringing(clean, amount, distance)
    result = without_ringing(worn, amount, distance, -0.4 * amount, round(2 * distance))
    inner = (..., slice(24, -24))
    assert float((worn - clean)[inner].abs().max()) > 0.015
    assert float((result - clean)[inner].abs().max()) < 0.5 / 219


def test_nothing_to_reverse_is_the_same_bits() -> None:
    """Without amount and echo the luma is not filtered."""
    luma = bars()
    assert without_ringing(luma, 0.0, 2.0) is luma


def test_noise_is_not_raised() -> None:
    """The inverse lowers frequencies, and raises none."""
    noise = torch.randn(1, 1, 64, 128, generator=torch.Generator().manual_seed(1))
    assert float(without_ringing(noise, 0.6, 2.0, -0.24, 4).std()) < float(noise.std())


def test_no_value_gets_beyond_those_near_it() -> None:
    """Even with a wrong filter: an edge gets no new overshoot."""
    edge = (torch.arange(64) >= 32).float().expand(1, 1, 4, 64).contiguous()
    result = without_ringing(edge, 1.5, 2.0, 0.9, 3)
    assert float(result.min()) >= 0
    assert float(result.max()) <= 1


@pytest.mark.parametrize("width", [1, 2, 7])
def test_narrow_frames_keep_their_shape(width: int) -> None:
    """Fewer columns than the filter is wide."""
    luma = torch.rand(1, 1, 3, width)
    result = without_ringing(luma, 0.6, 3.0, -0.2, 6)
    assert result.shape == luma.shape
    assert bool(result.isfinite().all())
