"""Planes sampled where a motion leads."""

from __future__ import annotations

import torch

from restore.filters.motion_samples import sampled_along


def test_whole_and_half_samples() -> None:
    """A motion of (1, 0) takes the sample to the right, half of it the mean; borders are replicated."""
    planes = torch.tensor([[0.0, 2.0, 6.0], [1.0, 3.0, 5.0]]).view(1, 1, 2, 3)
    right = torch.zeros(1, 2, 2, 3)
    right[:, 0] = 1
    found = sampled_along(planes, right)[0, 0]
    assert torch.allclose(found, torch.tensor([[2.0, 6.0, 6.0], [3.0, 5.0, 5.0]]), atol=1e-5)
    half = sampled_along(planes, right / 2)[0, 0]
    assert torch.allclose(half[:, :2], torch.tensor([[1.0, 4.0], [2.0, 4.0]]), atol=1e-5)
    down = right.flip(1)
    assert torch.allclose(sampled_along(planes, down)[0, 0, 0], planes[0, 0, 1], atol=1e-5)
