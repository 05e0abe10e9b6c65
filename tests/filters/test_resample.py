"""Resampling: grids, siting, and what a resampler must never do to a picture."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.filters.resample import Axis, chroma_axes, luma_axis, put_back, resample


def _grid(width: int, height: int) -> tuple[Axis, Axis]:
    return luma_axis(width), luma_axis(height)


def test_a_grid_onto_itself_is_the_same_picture() -> None:
    """No sample is touched when source and target agree."""
    plane = torch.rand(2, 1, 5, 7)
    assert resample(plane, _grid(7, 5), _grid(7, 5)) is plane


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 80), st.integers(1, 80))
def test_flat_pictures_stay_flat(width: int, height: int, new_width: int, new_height: int) -> None:
    """A constant plane keeps its value at any size: the weights sum to one, edges included."""
    plane = torch.full((1, 1, height, width), 0.37)
    result = resample(plane, _grid(width, height), _grid(new_width, new_height))
    assert result.shape == (1, 1, new_height, new_width)
    assert torch.allclose(result, torch.tensor(0.37), atol=1e-6)


@pytest.mark.parametrize("siting", ["left", "center", "topleft", "top", "bottomleft", "bottom"])
@pytest.mark.parametrize("factor", [2, 4])
def test_a_ramp_does_not_move_with_any_siting(siting: str, factor: int) -> None:
    """Enlarging 4:2:0 chroma keeps every color where it was: a ramp stays the same ramp.

    A windowed sinc reproduces a line only nearly (3 % of a sample's step over 3 lobes); a siting
    that is off by a single luma sample would be off by 50 %, half a sample by 25 %.
    """
    width, height = 32, 24
    small = chroma_axes(width, height, 1, 1, siting)  # type: ignore[arg-type]
    large = chroma_axes(width * factor, height * factor, 1, 1, siting)  # type: ignore[arg-type]
    for axis in (0, 1):
        ramp = [grid[axis].positions().float() for grid in (small, large)]
        shape = (1, 1, 1, -1) if axis == 0 else (1, 1, -1, 1)
        plane = ramp[0].view(shape).expand(1, 1, small[1].count, small[0].count).contiguous()
        result = resample(plane, small, large)
        expected = ramp[1].view(shape).expand_as(result)
        inner = (..., slice(8, -8), slice(8, -8))
        assert (result[inner] - expected[inner]).abs().max() < 0.05 * small[axis].step / (
            width if axis == 0 else height
        )


def test_shrinking_does_not_alias() -> None:
    """The finest stripes become gray when the picture is shrunk, not new stripes."""
    stripes = torch.tensor([0.0, 1.0]).repeat(64).expand(1, 1, 64, 128).contiguous()
    result = resample(stripes, _grid(128, 64), _grid(32, 64))
    assert (result[..., 4:-4] - 0.5).abs().max() < 0.02


def test_left_sited_chroma_lies_on_luma_columns() -> None:
    """H.273: left-sited 4:2:0 samples share their column with luma and lie between two rows."""
    across, down = chroma_axes(8, 8, 1, 1, "left")
    assert (across.positions() * 8 - 0.5).tolist() == [0, 2, 4, 6]
    assert (down.positions() * 8 - 0.5).tolist() == [0.5, 2.5, 4.5, 6.5]


@pytest.mark.parametrize("factor", [2, 4])
def test_what_was_lost_can_be_put_back(factor: int) -> None:
    """Seen at the source's size, share 1 is the source within a few percent, 0.5 lies halfway."""
    generator = torch.Generator().manual_seed(5)
    source = torch.rand(2, 1, 40, 52, generator=generator)
    small = (luma_axis(52), luma_axis(40))
    large = (luma_axis(52 * factor), luma_axis(40 * factor))
    restored = 0.5 + 0.1 * torch.rand(2, 1, 40 * factor, 52 * factor, generator=generator)
    lost = source - resample(restored, large, small)
    for share in (0.0, 0.5, 1.0):
        result = resample(put_back(restored, source, share), large, small)
        missing = source - result - (1 - share) * lost
        assert missing.std() <= 0.15 * share * lost.std() + 1e-6


def test_detail_beyond_the_source_stays_when_grain_is_put_back() -> None:
    """A pattern too fine for the source's size is untouched by what is put back."""
    columns = torch.arange(160) % 2
    fine = 0.5 + 0.2 * (columns.float() - 0.5).expand(1, 1, 120, 160)
    grain = 0.5 + 0.1 * torch.randn(1, 1, 30, 40, generator=torch.Generator().manual_seed(2))
    change = put_back(fine, grain, 1.0) - fine
    alternating = (change * (columns * 2 - 1)).mean()
    assert abs(alternating) < 1e-3
    assert change.std() > 0.05


def test_at_one_size_untouched_means_the_same_bits() -> None:
    """Share 1 at the source's own size is the source, bit for bit."""
    source, restored = torch.rand(1, 1, 9, 11), torch.rand(1, 1, 9, 11)
    assert torch.equal(put_back(restored, source, 1.0), source)
    assert torch.equal(put_back(restored, source, 0.0), restored)
