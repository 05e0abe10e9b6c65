"""Warmer or colder light: chroma shifted along the axis from blue to orange, in proportion to luma."""

from __future__ import annotations

import torch

from restore.filters.joincolor import rematrix, within_gamut

WARM = (-0.08, 0.05)
"""(Cb, Cr) of BT.709 that full warmth adds to white: the light of about 4500 K instead of 6500 K."""


def warmed(chroma: torch.Tensor, luma: torch.Tensor, amount: float, matrix: str) -> torch.Tensor:
    """Chroma [T, 2, h, w] in light that is warmer (up to 1) or colder (down to -1); black stays black.

    Luma [T, 1, h, w] on the same grid is not changed.
    """
    if not amount:
        return chroma
    axis = rematrix(torch.tensor(WARM).view(1, 2, 1, 1), matrix)
    return within_gamut(chroma + amount * axis * luma.clamp(0, 1), luma, matrix)
