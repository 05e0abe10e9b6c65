"""Averages along the motion of the picture: what stays, what moves, what is covered."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from restore.filters.along_motion import averaged_along_motion

FRAMES = 9


def _texture(height: int, width: int) -> Tensor:
    """A picture [height, width] of soft random patches: motion can be seen in it."""
    draw = torch.Generator().manual_seed(4)
    coarse = torch.rand(1, 1, height // 6, width // 6, generator=draw)
    return functional.interpolate(coarse, size=(height, width), mode="bicubic")[0, 0].clamp(0, 1)


def _pan(step: int) -> Tensor:
    """Luma [T, 1, 96, 128] of a camera that moves by `step` pixels a frame."""
    wide = _texture(96, 128 + step * FRAMES)
    return torch.stack([wide[:, step * t : step * t + 128] for t in range(FRAMES)])[:, None]


def test_still_pictures_agree_on_their_color() -> None:
    """Where nothing moves, flickering chroma becomes its mean."""
    flicker = torch.tensor([0.1, -0.1]).repeat(9)[:17].view(17, 1, 1, 1).expand(17, 2, 24, 32)
    luma = _texture(96, 128).expand(17, 1, 96, 128)
    steady = averaged_along_motion(flicker, luma, 8, 9, 8)
    assert steady.abs().max() < 0.02
    assert flicker.abs().min() > 0.09


def test_color_is_averaged_along_the_motion() -> None:
    """A moving texture keeps the color that belongs to it: the mean is not smeared over its path."""
    luma = _pan(4)
    chroma = functional.interpolate(luma, size=(24, 32), mode="area").expand(-1, 2, -1, -1) - 0.5
    flicker = torch.tensor([0.1, -0.1]).repeat(5)[:FRAMES].view(FRAMES, 1, 1, 1)
    steady = averaged_along_motion(chroma + flicker, luma, 4, 5, 4)
    inner = (..., slice(2, -2), slice(6, -6))
    assert (steady[inner] - chroma[4:5][inner]).abs().mean() < 0.03


def test_other_objects_take_no_part() -> None:
    """A frame whose luma differs from its neighbors keeps its own chroma."""
    chroma = torch.zeros(FRAMES, 2, 16, 16)
    luma = torch.full((FRAMES, 1, 64, 64), 0.2)
    chroma[4], luma[4] = 0.3, 0.9
    assert torch.allclose(averaged_along_motion(chroma, luma, 4, 5, 4), chroma[4:5], atol=1e-3)


def test_what_is_uncovered_takes_no_color_from_what_covered_it() -> None:
    """Behind an object of the same brightness that moves away, the background keeps its own color."""
    background, thing = _texture(96, 128), _texture(160, 200)[40:88, 60:108]
    luma = background.expand(FRAMES, 1, 96, 128).clone()
    chroma = torch.zeros(FRAMES, 2, 24, 32)
    for t in range(FRAMES):
        left = 4 + 8 * t
        luma[t, 0, 24:72, left : left + 48] = thing
        chroma[t, :, 6:18, left // 4 : left // 4 + 12] = 0.3
    steady = averaged_along_motion(chroma, luma, 6, 7, 6)
    uncovered = steady[0, :, 8:16, 2:10]  # where the object was in the frames before
    assert uncovered.mean() < 0.06


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 5), st.integers(0, 5))
def test_the_average_depends_on_the_radius_alone(radius: int, first: int) -> None:
    """Frames beyond the radius have no influence: segments may be cut anywhere."""
    torch.manual_seed(radius * 10 + first)
    chroma, luma = torch.rand(16, 2, 16, 16) - 0.5, torch.rand(16, 1, 64, 64)
    row = 5 + first
    whole = averaged_along_motion(chroma, luma, row, row + 1, radius)
    near = slice(row - radius, row + radius + 1)
    cut = averaged_along_motion(chroma[near], luma[near], radius, radius + 1, radius)
    assert torch.allclose(whole, cut, atol=1e-6)


def test_a_single_frame_stays_as_it_is() -> None:
    """Without neighbors there is nothing to average."""
    chroma = torch.rand(1, 2, 8, 8) - 0.5
    assert torch.equal(chroma, averaged_along_motion(chroma, torch.rand(1, 1, 32, 32), 0, 1, 8))
