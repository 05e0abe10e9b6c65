"""Bits per value: each distribution on levels for which the cost is known."""

import math

import pytest
import torch
from torch import Tensor

from restore.evaluation.color_bits import (
    bits_per_value,
    feed_forward_likelihood,
    histogram_likelihoods,
    spacing_of,
)
from restore.nets.pixcolor import LEVELS, from_levels


def _seeded(number: int) -> torch.Generator:
    return torch.Generator().manual_seed(number)


def _bits(pictures: list[Tensor], positions: int) -> float:
    found = histogram_likelihoods(pictures, positions)
    return bits_per_value(sum(found), sum(picture.numel() for picture in pictures))


def test_a_fair_coin_costs_one_bit() -> None:
    """Natural logarithms become bits, for each value."""
    assert bits_per_value(10 * math.log(0.5), 10) == pytest.approx(1)


def test_noise_costs_five_bits() -> None:
    """Levels that are equally likely everywhere cannot be predicted by any histogram."""
    pictures = [torch.randint(0, LEVELS, (2, 28, 20), generator=_seeded(n)) for n in range(20)]
    for positions in (1, 7):
        assert _bits(pictures, positions) == pytest.approx(5, abs=0.1)


def test_a_histogram_knows_how_often_levels_occur() -> None:
    """Two levels, equally often: one bit."""
    pictures = [14 + torch.randint(0, 2, (2, 28, 20), generator=_seeded(n)) for n in range(20)]
    assert _bits(pictures, 1) == pytest.approx(1, abs=0.02)


def test_a_histogram_of_each_position_knows_where_they_occur() -> None:
    """Blue above and brown below costs little there (smoothing), whatever the size; else a bit."""
    sizes = [(28, 28), (28, 20), (14, 28)] * 10
    pictures = [torch.full((2, *size), 20) for size in sizes]
    for picture in pictures:
        picture[:, : picture.shape[1] // 2] = 10
    assert _bits(pictures, 14) < 0.3
    assert _bits(pictures, 1) == pytest.approx(1, abs=0.02)


def test_a_picture_does_not_count_for_itself() -> None:
    """A level that only one picture has costs that picture more than the uniform distribution."""
    usual = [torch.full((2, 14, 14), 15) for _ in range(9)]
    odd = torch.full((2, 14, 14), 3)
    found = histogram_likelihoods([*usual, odd], 1)
    assert bits_per_value(found[-1], odd.numel()) > 5
    assert bits_per_value(found[0], odd.numel()) < 0.5


def _grid(spacing: float) -> Tensor:
    steps = torch.arange(-7, 8) * spacing
    return torch.cartesian_prod(steps, steps)


def test_the_spacing_of_bins_is_found() -> None:
    """Also after rounding to half precision; a single bin has the spacing of the levels."""
    assert spacing_of(_grid(0.04)) == pytest.approx(0.04)
    assert spacing_of(_grid(0.04).half().float()) == pytest.approx(0.04, rel=0.01)
    assert spacing_of(torch.zeros(1, 2)) == pytest.approx(0.02)


def test_all_probabilities_of_a_place_sum_to_one() -> None:
    """Over every pair of levels, for any scores, also with bins beyond the levels."""
    centres = torch.cat([_grid(0.04), torch.tensor([[0.48, -0.48]])])
    scores = torch.randn(len(centres), 2, 2, generator=_seeded(3))
    total = sum(
        math.exp(
            feed_forward_likelihood(scores, centres, 0.04, torch.tensor([blue, red]).view(2, 1, 1))
        )
        for blue in range(LEVELS)
        for red in range(LEVELS)
    )
    assert total == pytest.approx(1)


def test_a_sure_network_pays_for_the_width_of_its_bins() -> None:
    """A level on the center of a bin has half of its mass in each plane; one far away almost nothing."""
    centres = _grid(0.04)
    level = torch.tensor([18, 11]).view(2, 1, 1)
    chroma = from_levels(level[None])[0].flatten()
    sure = (centres - chroma).norm(dim=1).argmin()
    scores = torch.full((len(centres), 2, 2), -30.0)
    scores[sure] = 30
    found = math.exp(feed_forward_likelihood(scores, centres, 0.04, level))
    assert found == pytest.approx(0.25, rel=0.02)
    far = torch.tensor([2, 29]).view(2, 1, 1)
    assert math.exp(feed_forward_likelihood(scores, centres, 0.04, far)) < 2e-5


def test_places_are_independent() -> None:
    """The likelihood of a picture is the product of those of its places."""
    centres = _grid(0.04)
    scores = torch.randn(len(centres), 2, 6, generator=_seeded(5))
    levels = torch.randint(8, 24, (2, 1, 3), generator=_seeded(6))
    whole = feed_forward_likelihood(scores, centres, 0.04, levels)
    parts = [
        feed_forward_likelihood(
            scores[..., 2 * x : 2 * x + 2], centres, 0.04, levels[..., x : x + 1]
        )
        for x in range(3)
    ]
    assert whole == pytest.approx(sum(parts))
