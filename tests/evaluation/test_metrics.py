"""Metrics against values that can be worked out by hand."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.evaluation.metrics import (
    chroma_rmse,
    colorfulness,
    lab,
    lab_rmse,
    psnr,
    rms,
    ssim,
)


def picture(seed: int = 1) -> torch.Tensor:
    """Random luma of two frames."""
    return torch.rand(2, 1, 24, 31, generator=torch.Generator().manual_seed(seed))


@given(st.floats(0.001, 1))
def test_psnr_of_a_constant_error(error: float) -> None:
    """An error of e everywhere is -20 log10(e) dB."""
    truth = torch.zeros(1, 1, 4, 4)
    assert psnr(truth + error, truth) == pytest.approx(-20 * math.log10(error), abs=1e-4)


def test_equal_pictures_are_perfect() -> None:
    """Infinite PSNR, SSIM of one, no color error."""
    same = picture()
    assert math.inf == psnr(same, same)
    assert ssim(same, same) == pytest.approx(1)
    assert chroma_rmse(same, same) == 0


def test_ssim_of_flat_fields_is_the_luminance_term() -> None:
    """For flat pictures a and b SSIM is (2ab + c1) / (a2 + b2 + c1), c1 = 0.0001."""
    a, b = torch.full((1, 1, 16, 16), 0.4), torch.full((1, 1, 16, 16), 0.6)
    assert ssim(a, b) == pytest.approx((0.48 + 1e-4) / (0.52 + 1e-4), rel=1e-6)


def test_ssim_is_symmetric_and_falls_with_noise() -> None:
    """Order does not matter; more noise is less alike; a negative is unlike."""
    truth, noise = picture(), picture(2) - 0.5
    mild, strong = truth + 0.1 * noise, truth + 0.5 * noise

    assert ssim(mild, truth) == pytest.approx(ssim(truth, mild))
    assert 1 > ssim(mild, truth) > ssim(strong, truth) > ssim(1 - truth, truth)


def test_chroma_rmse_counts_code_values() -> None:
    """An error of 1/255 in every sample is one code value."""
    truth = torch.zeros(1, 2, 3, 3)
    assert chroma_rmse(truth + 1 / 255, truth) == pytest.approx(1, rel=1e-5)
    assert rms(torch.tensor([3.0, 4.0])) == pytest.approx(math.sqrt(12.5))


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((1.0, 1.0, 1.0), (100.0, 0.0, 0.0)),
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
        ((1.0, 0.0, 0.0), (53.24, 80.09, 67.20)),
        ((0.0, 0.0, 1.0), (32.30, 79.19, -107.86)),
    ],
)
def test_lab_of_known_colors(rgb: tuple[float, ...], expected: tuple[float, ...]) -> None:
    """SRGB primaries have the published CIELAB values (D65)."""
    found = lab(torch.tensor(rgb).view(1, 3, 1, 1)).flatten().tolist()
    assert found == pytest.approx(expected, abs=0.05)


@given(st.floats(0, 1))
def test_greys_have_no_color(value: float) -> None:
    """Any grey: colorfulness 0, a and b 0; so a grey picture is all error in Lab."""
    grey = torch.full((1, 3, 4, 4), value)
    assert colorfulness(grey) == pytest.approx(0, abs=1e-6)
    assert float(lab(grey)[:, 1:].abs().max()) < 0.02


def test_colorfulness_grows_with_saturation() -> None:
    """Drawing colors apart from their grey makes them more colorful, by the same factor."""
    rgb = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(4))
    grey = rgb.mean(1, keepdim=True)
    half = grey + (rgb - grey) / 2

    assert colorfulness(half) == pytest.approx(colorfulness(rgb) / 2, rel=1e-4)


def test_lab_error_of_a_grey_answer_is_the_truth_itself() -> None:
    """Compared with grey, the error is the root mean square of the truth's a and b."""
    rgb = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(5))
    grey = torch.full_like(rgb, 0.5)
    assert lab_rmse(grey, rgb) == pytest.approx(rms(lab(rgb)[:, 1:]), rel=1e-3)
