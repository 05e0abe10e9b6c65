"""Chroma cleaned under luma: averages follow the motion, edges are those of luma, stairs become smooth."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.filters.chroma_clean import motion_averaged, under_luma, without_stairs


def seeded(seed: int = 1) -> torch.Generator:
    """A generator in a known state."""
    return torch.Generator().manual_seed(seed)


def texture(frames: int, speed: int = 0, size: int = 80) -> torch.Tensor:
    """Smooth random luma [T, 1, size, size] that moves to the left."""
    wide = torch.rand(1, 1, size // 8, size // 4, generator=seeded())
    large = torch.nn.functional.interpolate(wide, (size, 2 * size), mode="bicubic")
    return torch.cat([large[..., speed * t : speed * t + size] for t in range(frames)])


@pytest.mark.parametrize("speed", [0, 2])
def test_noise_is_averaged_along_the_motion(speed: int) -> None:
    """Five frames have less than 0.6 of the noise of one, still or moving, and the color stays."""
    luma = texture(5, speed)
    color = torch.cat([luma - 0.5, 0.3 - luma], 1) * 0.5
    noise = 0.02 * torch.randn(color.shape, generator=seeded(2))
    averaged = motion_averaged(color + noise, luma, 2, 3, 2, 0.02)
    inside = (averaged - color[2:3])[..., 12:-12, 12:-12]
    assert averaged.shape == (1, 2, 80, 80)
    assert float(inside.std()) < 0.6 * 0.02
    assert abs(float(inside.mean())) < 0.002


def test_frames_that_differ_do_not_take_part() -> None:
    """After a flash of another color or light the average is the frame itself."""
    luma = texture(3)
    color = torch.zeros(3, 2, 80, 80)
    color[1] = 0.3
    averaged = motion_averaged(color, luma, 1, 2, 1, 0.01)
    torch.testing.assert_close(averaged, color[1:2], atol=1e-3, rtol=0)
    dark = luma.clone()
    dark[1] -= 0.4
    averaged = motion_averaged(color, dark, 1, 2, 1, 1.0)
    torch.testing.assert_close(averaged, color[1:2], atol=0.02, rtol=0)


def edge(noise: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A sharp edge of luma, its color bled along the lines by 2 samples with noise, and the sharp color."""
    luma = torch.full((1, 1, 40, 64), 0.3)
    luma[..., 32:] = 0.7
    color = torch.cat([luma - 0.5, 0.5 - luma], 1)
    places = torch.arange(-6, 7)
    weights = torch.exp(-places.square() / 8.0)
    weights = (weights / weights.sum()).view(1, 1, 1, -1).expand(2, 1, 1, -1)
    wide = torch.nn.functional.pad(color, (6, 6, 0, 0), mode="replicate")
    soft = torch.nn.functional.conv2d(wide, weights, groups=2)
    return luma, soft + noise * torch.randn(soft.shape, generator=seeded(3)), color


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_color_gets_the_edge_of_luma(noise: float) -> None:
    """Bled color becomes sharp at the edge of luma, with noise and without."""
    luma, soft, color = edge(noise)
    result = under_luma(soft, luma, (0.5, 2.0), 0.02)
    before, after = (float((each - color).square().mean().sqrt()) for each in (soft, result))
    assert after < 0.5 * before


def test_color_without_an_edge_of_luma_is_kept() -> None:
    """An edge between colors of one luma, much stronger than the noise, stays where it is."""
    luma = torch.full((1, 1, 40, 64), 0.5)
    color = torch.full((1, 2, 40, 64), -0.15)
    color[..., 32:] = 0.15
    result = under_luma(color, luma, (0.3, 1.0), 0.01)
    torch.testing.assert_close(result, color, atol=0.01, rtol=0)


def test_plain_noise_is_smoothed() -> None:
    """On a flat color less than half of the noise is left."""
    luma = torch.full((1, 1, 64, 64), 0.5)
    noise = 0.02 * torch.randn(1, 2, 64, 64, generator=seeded(4))
    assert float(under_luma(noise, luma, (0.3, 1.0), 0.04).std()) < 0.01


@given(width=st.integers(1, 40), group=st.sampled_from([2, 4]), first=st.integers(0, 3))
def test_a_level_has_no_stairs(width: int, group: int, first: int) -> None:
    """Any width and any first group: the size stays, and so does a level."""
    level = torch.full((1, 2, 3, width), 0.2)
    result = without_stairs(level, group, first % group)
    torch.testing.assert_close(result, level)


@pytest.mark.parametrize("first", [0, 1])
def test_stairs_of_a_ramp_become_the_ramp(first: int) -> None:
    """Steps of two columns become even, without a shift."""
    ramp = torch.arange(64.0).expand(1, 2, 3, 64) / 64
    place = (torch.arange(64) - first).div(2, rounding_mode="floor") * 2 + first
    steps = (place.float() + 0.5).expand(1, 2, 3, 64) / 64
    result = without_stairs(steps, 2, first)[..., 12:-12]
    torch.testing.assert_close(result, ramp[..., 12:-12], atol=2e-3, rtol=0)
