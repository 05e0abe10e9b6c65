"""Borders that are replaced by the mirrored picture next to them."""

from __future__ import annotations

import pytest
import torch

from restore.filters.mirrored_borders import mirrored


@pytest.mark.parametrize(
    ("before", "behind", "expected"),
    [
        (0, 0, [0, 1, 2, 3, 4, 5]),
        (2, 0, [3, 2, 2, 3, 4, 5]),
        (0, 2, [0, 1, 2, 3, 3, 2]),
        (1, 2, [1, 1, 2, 3, 3, 2]),
        (4, 0, [5, 5, 5, 4, 4, 5]),
    ],
)
@pytest.mark.parametrize("side", [-2, -1])
def test_borders_show_the_picture_next_to_them(
    side: int, before: int, behind: int, expected: list[int]
) -> None:
    """Along rows and columns; where the picture is narrower than the border, its last line repeats."""
    shape = [1, 1, 1, 1]
    shape[side] = 6
    planes = torch.arange(6.0).view(shape)
    assert mirrored(planes, side, before, behind).flatten().tolist() == expected


def test_the_picture_keeps_every_value() -> None:
    """All frames and channels, bit for bit; the planes themselves do not change."""
    planes = torch.randn(2, 2, 8, 6, generator=torch.Generator().manual_seed(1))
    before = planes.clone()
    found = mirrored(planes, -2, 1, 3)
    assert torch.equal(found[:, :, 1:5], planes[:, :, 1:5])
    assert torch.equal(planes, before)
