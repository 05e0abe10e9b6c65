"""Resampling: grids, siting, fields, and artifacts that must not appear."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.clip import Clip, ColorSpec
from restore.filters.resample import (
    Axis,
    chroma_axes,
    field_axis,
    luma_at_chroma,
    luma_axis,
    put_back,
    resample,
    resample_chroma,
    subsampling,
)


def _grid(width: int, height: int) -> tuple[Axis, Axis]:
    return luma_axis(width), luma_axis(height)


def test_a_grid_onto_itself_is_the_same_picture() -> None:
    """No sample changes when source and target grids are equal."""
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
    """Upsampling 4:2:0 chroma does not move it: a ramp remains the same ramp.

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
    """Stripes of one pixel become gray when the frame is downscaled: no aliasing."""
    stripes = torch.tensor([0.0, 1.0]).repeat(64).expand(1, 1, 64, 128).contiguous()
    result = resample(stripes, _grid(128, 64), _grid(32, 64))
    assert (result[..., 4:-4] - 0.5).abs().max() < 0.02


def test_left_sited_chroma_lies_on_luma_columns() -> None:
    """H.273: left-sited 4:2:0 samples share their column with luma and lie between two rows."""
    across, down = chroma_axes(8, 8, 1, 1, "left")
    assert (across.positions() * 8 - 0.5).tolist() == [0, 2, 4, 6]
    assert (down.positions() * 8 - 0.5).tolist() == [0.5, 2.5, 4.5, 6.5]


@pytest.mark.parametrize("factor", [2, 4])
def test_grain_can_be_added_back(factor: int) -> None:
    """At the source's size, share 1 equals the source within a few percent, and 0.5 is halfway."""
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


def test_added_grain_keeps_detail_finer_than_the_source() -> None:
    """A pattern too fine for the source's size is not changed by what is added back."""
    columns = torch.arange(160) % 2
    fine = 0.5 + 0.2 * (columns.float() - 0.5).expand(1, 1, 120, 160)
    grain = 0.5 + 0.1 * torch.randn(1, 1, 30, 40, generator=torch.Generator().manual_seed(2))
    change = put_back(fine, grain, 1.0) - fine
    alternating = (change * (columns * 2 - 1)).mean()
    assert abs(alternating) < 1e-3
    assert change.std() > 0.05


def test_share_one_at_the_same_size_is_the_source() -> None:
    """Share 1 at the source's own size is the source, bit for bit."""
    source, restored = torch.rand(1, 1, 9, 11), torch.rand(1, 1, 9, 11)
    assert torch.equal(put_back(restored, source, 1.0), source)
    assert torch.equal(put_back(restored, source, 0.0), restored)


SITINGS = ("left", "center", "topleft", "top", "bottomleft", "bottom")
FIELDS = st.sampled_from(("tff", "bff"))


def interlaced(luma: torch.Tensor, chroma: torch.Tensor, siting: str, fields: str = "tff") -> Clip:
    """A clip whose frames consist of two fields."""
    color = ColorSpec("bt601", "limited", siting, fields=fields)  # type: ignore[arg-type]
    return Clip(luma, chroma, 0, color)


@given(
    before=st.sampled_from(((1, 1), (2, 0), (1, 0), (2, 2), (0, 0))),
    after=st.sampled_from(((1, 1), (1, 0), (0, 0))),
    siting=st.sampled_from(SITINGS),
    fields=FIELDS,
    size=st.tuples(st.integers(4, 24), st.integers(8, 24)),
)
def test_the_chroma_of_two_fields_never_mixes(before, after, siting, fields, size) -> None:
    """Red in one field and blue in the other are not mixed, whatever the chroma is resampled to."""
    width, height = size
    chroma = torch.empty(1, 2, -(-height >> before[1]), -(-width >> before[0]))
    chroma[..., ::2, :], chroma[..., 1::2, :] = 0.4, -0.4
    clip = interlaced(torch.zeros(1, 1, height, width), chroma, siting, fields)
    result = resample_chroma(clip, size, *after)
    assert result.shape[-2:] == (-(-height >> after[1]), -(-width >> after[0]))
    assert torch.allclose(result[..., ::2, :], torch.tensor(0.4), atol=1e-6)
    assert torch.allclose(result[..., 1::2, :], torch.tensor(-0.4), atol=1e-6)


@given(
    st.integers(0, 2), st.integers(0, 2), st.sampled_from(SITINGS), FIELDS, st.integers(0, 1 << 30)
)
def test_the_same_chroma_grid_keeps_all_bits(across, down, siting, fields, seed) -> None:
    """Chroma that is resampled to its own grid is unchanged, interlaced or not."""
    chroma = torch.rand(1, 2, 5, 6, generator=torch.Generator().manual_seed(seed))
    clip = interlaced(torch.zeros(1, 1, 5 << down, 6 << across), chroma, siting, fields)
    assert subsampling(clip) == (across, down)
    assert resample_chroma(clip, (6 << across, 5 << down), across, down) is chroma


def test_interlaced_chroma_lies_at_a_quarter_and_three_quarters() -> None:
    """ISO 13818-2: between rows of its own field, so that the rows of the whole frame are evenly spaced."""
    assert [field_axis(16, 1, "left", field).offset for field in (0, 1)] == [0.25, 0.75]
    assert [field_axis(16, 1, "topleft", field).offset for field in (0, 1)] == [0.0, 0.0]
    assert [field_axis(16, 0, "left", field).offset for field in (0, 1)] == [0.0, 0.0]
    assert [field_axis(15, 1, "left", field).count for field in (0, 1)] == [4, 4]
    assert [field_axis(15, 1, "left", field).extent for field in (0, 1)] == [8, 7]


@pytest.mark.parametrize("after", [(1, 0), (0, 0)])
def test_a_ramp_down_an_interlaced_picture_stays_where_it_was(after: tuple[int, int]) -> None:
    """4:2:0 to every row of luma, field by field: chroma does not move.

    Off by the other field's row it would be off by a whole row of luma; windowed sinc alone gives 3 % of
    the distance between two chroma samples of one field, which is 4 rows.
    """
    height, width = 64, 32
    rows = torch.arange(height // 2) * 2 + 0.5
    chroma = rows.view(1, 1, -1, 1).expand(1, 2, height // 2, width // 2).contiguous()
    clip = interlaced(torch.zeros(1, 1, height, width), chroma, "left")
    result = resample_chroma(clip, (width, height), *after)
    error = result - torch.arange(height).view(1, 1, -1, 1)
    assert error[..., 16:-16, :].abs().max() < 0.15


def test_a_new_height_begins_with_every_row_of_its_own_field() -> None:
    """Twice the height: each row of the new chroma is the chroma of a row of luma."""
    chroma = torch.rand(1, 2, 16, 16, generator=torch.Generator().manual_seed(1))
    clip = interlaced(torch.zeros(1, 1, 32, 32), chroma, "left")
    every = resample_chroma(clip, (32, 32), 1, 0)
    assert torch.allclose(resample_chroma(clip, (32, 64), 1, 1), every, atol=1e-6)


def test_luma_at_chroma_samples_is_of_the_same_field() -> None:
    """The luma at a chroma sample comes from the field of that sample."""
    luma = torch.zeros(1, 1, 16, 16)
    luma[..., 1::2, :] = 1
    guide = luma_at_chroma(interlaced(luma, torch.zeros(1, 2, 8, 8), "left"))
    assert torch.allclose(guide[..., ::2, :], torch.tensor(0.0), atol=1e-6)
    assert torch.allclose(guide[..., 1::2, :], torch.tensor(1.0), atol=1e-6)
