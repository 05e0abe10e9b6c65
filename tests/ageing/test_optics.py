"""Lenses and prints against a second way to compute the same."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from restore.ageing import optics
from restore.filters.gaussian import gaussian


def picture(height: int = 40, width: int = 48, seed: int = 1) -> Tensor:
    """Random luma of two frames."""
    drawn = torch.Generator().manual_seed(seed)
    return torch.rand(2, 1, height, width, generator=drawn, dtype=torch.float64)


def point(size: int = 41) -> Tensor:
    """One bright sample in the middle of black."""
    black = torch.zeros(1, 1, size, size, dtype=torch.float64)
    black[..., size // 2, size // 2] = 1
    return black


@given(st.floats(0.05, 6))
def test_gaussian_weights_are_a_symmetric_share(sigma: float) -> None:
    """An odd number of weights that sum to 1, largest in the middle, falling as the Gaussian does."""
    weights = gaussian(sigma).double()
    reach = len(weights) // 2
    assert len(weights) % 2 == 1
    assert float(weights.sum()) == pytest.approx(1, abs=1e-6)
    assert torch.equal(weights, weights.flip(0))
    expected = math.exp(-1 / (2 * sigma**2))
    assert float(weights[reach + 1] / weights[reach]) == pytest.approx(expected, rel=1e-4, abs=1e-9)


@pytest.mark.parametrize(("sigma", "across"), [(1.0, 1.0), (0.6, 2.5), (0.0, 1.5), (1.5, 0.0)])
def test_blur_is_a_convolution_with_replicated_borders(sigma: float, across: float) -> None:
    """The sum of shifted pictures equals torch's convolution with the outer product of the weights."""
    rows, columns = (
        gaussian(side).double() if side else torch.ones(1, dtype=torch.float64)
        for side in (sigma, across)
    )
    kernel = (rows.view(-1, 1) * columns).view(1, 1, len(rows), len(columns))
    pad = (len(columns) // 2,) * 2 + (len(rows) // 2,) * 2
    wide = torch.nn.functional.pad(picture(), pad, mode="replicate")
    expected = torch.nn.functional.conv2d(wide, kernel)
    torch.testing.assert_close(optics.blur(picture(), sigma, across), expected, atol=1e-6, rtol=0)


@settings(max_examples=15, deadline=None)
@given(sigma=st.floats(1.5, 3), stretch=st.floats(0.4, 2.5))
def test_a_lens_that_is_stretched_along_the_lines_is_a_separable_blur(
    sigma: float, stretch: float
) -> None:
    """At 0 degrees the Fourier way gives sigma * sqrt(stretch) across and sigma / sqrt(stretch) down."""
    root = math.sqrt(stretch)
    found = optics.soften(picture(), sigma, stretch, 0.0, 1e-9)
    expected = optics.blur(picture(), sigma / root, sigma * root)
    # the separable kernel ends at three sigma, which leaves out 0.3 %
    assert float((found - expected).abs().max()) < 0.01


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0])
def test_half_a_turn_is_the_same_lens(angle: float) -> None:
    """An ellipse has no front and back: 180 degrees more change nothing; 90 swap the two widths."""
    one = optics.soften(picture(), 1.5, 2.0, angle, 0)
    torch.testing.assert_close(optics.soften(picture(), 1.5, 2.0, angle + 180, 0), one)
    torch.testing.assert_close(optics.soften(picture(), 1.5, 0.5, angle + 90, 0), one)


@given(
    sigma=st.floats(0, 2),
    stretch=st.floats(0.5, 2),
    angle=st.floats(0, 180),
    defocus=st.floats(0, 2),
)
@settings(max_examples=25, deadline=None)
def test_a_lens_keeps_flat_fields_and_their_light(
    sigma: float, stretch: float, angle: float, defocus: float
) -> None:
    """Whatever the lens: a flat field stays flat to the border, a point keeps its light, at any size."""
    flat = torch.full((1, 1, 9, 13), 0.4, dtype=torch.float64)
    torch.testing.assert_close(
        optics.soften(flat, sigma, stretch, angle, defocus), flat, atol=1e-5, rtol=0
    )
    spread = optics.soften(point(), sigma, stretch, angle, defocus)
    assert float(spread.sum()) == pytest.approx(1, abs=1e-3)


def test_a_wide_glow_is_computed_small_without_a_visible_difference() -> None:
    """Halation with a large radius equals the blur at full size within half an 8-bit code value."""
    luma = (picture(96, 96)[:1] > 0.98).double()
    found = optics.halation(luma, 0.4, 8.0)
    bright = (luma - 0.7).clamp(min=0) / 0.3
    expected = luma + 0.4 * optics.blur(bright, 8.0) * (1 - luma)
    # at the border the two repeat different edges: blocks here, samples there
    assert float((found - expected)[..., 24:-24, 24:-24].abs().max()) < 0.5 / 255


def test_halation_never_darkens_and_leaves_white_alone() -> None:
    """Light is only added, and a picture that is white everywhere cannot get brighter."""
    luma = picture()
    assert bool((optics.halation(luma, 0.5, 3) >= luma).all())
    white = torch.ones_like(luma)
    torch.testing.assert_close(optics.halation(white, 0.5, 3), white)


def test_sharpening_adds_halos_and_keeps_the_mean() -> None:
    """An edge over- and undershoots by the same, so the sum of light is kept; flat fields stay."""
    edge = (torch.arange(64) >= 32).double().expand(1, 1, 8, 64)
    sharp = optics.sharpen(edge, 0.8, 1.5)
    assert float(sharp.max()) > 1.05
    assert float(sharp.min()) < -0.05
    assert float(sharp.sum()) == pytest.approx(float(edge.sum()), abs=1e-3)
    assert float(sharp.max()) - 1 == pytest.approx(-float(sharp.min()), abs=1e-6)
