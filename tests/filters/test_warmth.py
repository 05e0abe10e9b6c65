"""Warmer light: orange in proportion to luma, nothing in black, the same color in every matrix."""

from __future__ import annotations

import torch

from restore.filters.joincolor import rematrix
from restore.filters.warmth import WARM, warmed


def test_no_warmth_changes_nothing() -> None:
    """Not one value."""
    chroma = torch.rand(1, 2, 4, 4) - 0.5
    assert warmed(chroma, torch.rand(1, 1, 4, 4), 0.0, "bt709") is chroma


def test_warmth_is_orange_and_cold_is_blue() -> None:
    """Less blue and more red with 1, the opposite with -1; black stays neutral."""
    gray, luma = torch.zeros(1, 2, 1, 2), torch.tensor([[[[0.0, 0.5]]]])
    warm, cold = (warmed(gray, luma, amount, "bt709") for amount in (1.0, -1.0))
    assert torch.equal(warm[..., 0], torch.zeros(1, 2, 1))
    assert torch.allclose(warm[0, :, 0, 1], 0.5 * torch.tensor(WARM))
    assert torch.allclose(cold, -warm)


def test_the_color_is_that_of_the_matrix() -> None:
    """In BT.601 the values are those of the same color."""
    gray, luma = torch.zeros(1, 2, 1, 1), torch.full((1, 1, 1, 1), 0.5)
    found = warmed(gray, luma, 0.5, "bt601")
    assert torch.allclose(found, rematrix(warmed(gray, luma, 0.5, "bt709"), "bt601"), atol=1e-6)
