"""Patterns of a subcarrier: luma without them, and what alternates between frames."""

from __future__ import annotations

import pytest
import torch

from restore.filters.subcarrier import smooth_luma, without_alternation

PERIOD = 3.77


def wave(period: float, width: int = 240) -> torch.Tensor:
    """A horizontal wave [1, 1, 8, W] of amplitude 0.1 in middle gray."""
    row = 0.5 + 0.1 * torch.cos(2 * torch.pi * torch.arange(width) / period)
    return row.expand(1, 1, 8, width)


def test_smooth_luma_has_no_pattern() -> None:
    """Dots of opposite lines and their sidebands vanish; the level stays."""
    rows = torch.tensor([1.0, -1, -1, 1] * 8).view(1, 1, 32, 1)
    dots = (wave(PERIOD)[..., :1, :] - 0.5) * rows + 0.5
    smooth = smooth_luma(dots, PERIOD)[..., 4:-4, 10:-10]
    torch.testing.assert_close(smooth, torch.full_like(smooth, 0.5), atol=0.01, rtol=0)


def alternating(frames: int = 5, distance: int = 1) -> torch.Tensor:
    """A pattern [T, 1, 16, 32] that is opposite after `distance` frames."""
    turns = torch.tensor([1.0, 0.3] if distance == 2 else [1.0])
    signs = [float(turns[t % distance]) * (-1) ** (t // distance) for t in range(frames)]
    pattern = torch.randn(1, 1, 16, 32, generator=torch.Generator().manual_seed(1)) * 0.05
    return torch.tensor(signs).view(-1, 1, 1, 1) * pattern


@pytest.mark.parametrize("distance", [1, 2])
def test_what_alternates_is_returned_and_what_stays_is_not(distance: int) -> None:
    """A constant part has no influence; at the ends the one neighbor decides."""
    pattern = alternating(7, distance)
    still = torch.full_like(pattern, 0.5)
    found = without_alternation(pattern + 0.2, still, 0, 7, distance)
    torch.testing.assert_close(found, pattern, atol=1e-4, rtol=1e-3)


def test_nothing_is_returned_where_luma_changes() -> None:
    """In the moving half the pattern cannot be distinguished from motion."""
    pattern = alternating(3)
    still = torch.full_like(pattern, 0.5)
    still[1, ..., 16:] += 0.2
    found = without_alternation(pattern, still, 1, 2, 1)
    assert float(found[..., 22:].abs().max()) < 1e-6
    assert float(found[..., :10].abs().max()) > 0.05


def test_noise_does_not_alternate() -> None:
    """Differences between all frames alike are grain: hardly anything of it is returned."""
    noise = 0.05 * torch.randn(3, 1, 64, 64, generator=torch.Generator().manual_seed(2))
    found = without_alternation(noise, torch.full_like(noise, 0.5), 1, 2, 1)
    assert float(found.std()) < 0.3 * 0.05


def test_a_single_frame_has_no_alternation() -> None:
    """Without a neighbor nothing is returned."""
    one = alternating(1)
    assert not without_alternation(one, one, 0, 1, 1).any()


def test_means_are_those_of_the_samples_around() -> None:
    """At the border its samples are repeated; a period of 2 reaches two columns to both sides."""
    luma = torch.rand(2, 1, 9, 12, generator=torch.Generator().manual_seed(3))
    wide = torch.nn.functional.pad(luma, (2, 2, 2, 2), mode="replicate")
    expected = torch.nn.functional.avg_pool2d(wide, (5, 5), stride=1)
    torch.testing.assert_close(smooth_luma(luma, 2.0), expected)
