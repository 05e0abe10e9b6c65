"""Metrics compared with values that can be computed by hand."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.evaluation.metrics import consistency, ms_ssim, psnr, rms, ssim, temporal_error


def picture(seed: int = 1) -> torch.Tensor:
    """Random luma of two frames."""
    return torch.rand(2, 1, 24, 31, generator=torch.Generator().manual_seed(seed))


@given(st.floats(0.001, 1))
def test_psnr_of_a_constant_error(error: float) -> None:
    """An error of e everywhere is -20 log10(e) dB."""
    truth = torch.zeros(1, 1, 4, 4)
    assert psnr(truth + error, truth) == pytest.approx(-20 * math.log10(error), abs=1e-4)


def test_equal_pictures_are_perfect() -> None:
    """Infinite PSNR, SSIM of one, no temporal error."""
    same = picture()
    assert math.inf == psnr(same, same)
    assert ssim(same, same) == pytest.approx(1)
    assert temporal_error(same, same) == 0


def test_ssim_of_flat_fields_is_the_luminance_term() -> None:
    """For flat pictures a and b SSIM is (2ab + c1) / (a2 + b2 + c1), c1 = 0.0001."""
    a, b = torch.full((1, 1, 16, 16), 0.4), torch.full((1, 1, 16, 16), 0.6)
    assert ssim(a, b) == pytest.approx((0.48 + 1e-4) / (0.52 + 1e-4), rel=1e-6)


def test_ssim_is_symmetric_and_falls_with_noise() -> None:
    """Order does not matter; more noise is less similar; a negative is dissimilar."""
    truth, noise = picture(), picture(2) - 0.5
    mild, strong = truth + 0.1 * noise, truth + 0.5 * noise

    assert ssim(mild, truth) == pytest.approx(ssim(truth, mild))
    assert 1 > ssim(mild, truth) > ssim(strong, truth) > ssim(1 - truth, truth)


def test_ms_ssim_of_equal_pictures_is_one() -> None:
    """At every number of scales: 24 lines have two, 200 have five."""
    for size in ((24, 31), (200, 180)):
        same = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(3))
        assert ms_ssim(same, same) == pytest.approx(1)


def test_ms_ssim_of_a_small_picture_is_ssim() -> None:
    """Where only one scale has room for a window, both are the same."""
    a, b = picture()[..., :20, :20], picture(2)[..., :20, :20]
    b = 0.7 * a + 0.3 * b
    assert ms_ssim(a, b) == pytest.approx(ssim(a, b), rel=0.05)


def test_ms_ssim_forgives_what_is_gone_at_half_the_size() -> None:
    """Noise of single pixels counts at the finest scale only; slow changes count at all others."""
    truth = torch.full((1, 1, 192, 192), 0.5)
    truth[..., ::16, :] = 0.8
    rng = torch.Generator().manual_seed(4)
    fine = 0.2 * (torch.rand(1, 1, 192, 192, generator=rng) - 0.5)
    small = 0.2 * (torch.rand(1, 1, 12, 12, generator=rng) - 0.5)
    slow = torch.nn.functional.interpolate(small, scale_factor=16, mode="bilinear")
    assert ms_ssim(truth + fine, truth) > ssim(truth + fine, truth)
    assert ms_ssim(truth + slow, truth) < ssim(truth + slow, truth)
    assert ms_ssim(1 - truth, truth) < 0.1


def test_rms_of_two_numbers() -> None:
    """Root of the mean square: 3 and 4 give the root of 12.5."""
    assert rms(torch.tensor([3.0, 4.0])) == pytest.approx(math.sqrt(12.5))


def test_a_constant_error_is_no_temporal_error() -> None:
    """A constant error costs nothing; a step of 1/255 in all samples is 1."""
    truth = picture()
    step = torch.tensor([0.0, 1 / 255]).view(2, 1, 1, 1)
    assert temporal_error(truth + 0.2, truth) == pytest.approx(0, abs=1e-4)
    assert temporal_error(truth + step, truth) == pytest.approx(1, rel=1e-4)


def test_consistency_compares_with_the_input() -> None:
    """An enlargement whose every 2x2 block has the input's mean is consistent; 0.1 more is 20 dB."""
    aged = picture()
    enlarged = aged.repeat_interleave(2, -1).repeat_interleave(2, -2)
    detail = torch.tensor([[0.3, -0.3], [-0.3, 0.3]]).repeat(24, 31)

    assert consistency(enlarged + detail, aged, 2) > 100
    assert consistency(enlarged + 0.1, aged, 2) == pytest.approx(20, abs=1e-3)


def test_ssim_is_the_one_of_the_publication() -> None:
    """Computed window by window with a two-dimensional Gaussian, as the formula is printed."""
    result, truth = picture(3)[:1, :, :14, :16], picture(4)[:1, :, :14, :16]
    at = torch.arange(11.0, dtype=torch.float64) - 5
    window = torch.exp(-(at.view(-1, 1) ** 2 + at**2) / (2 * 1.5**2))
    window = window / window.sum()
    values: list[float] = []
    for top in range(14 - 10):
        for left in range(16 - 10):
            a, b = (p[0, 0, top : top + 11, left : left + 11].double() for p in (result, truth))
            mean_a, mean_b = float((window * a).sum()), float((window * b).sum())
            var_a = float((window * (a - mean_a) ** 2).sum())
            var_b = float((window * (b - mean_b) ** 2).sum())
            both = float((window * (a - mean_a) * (b - mean_b)).sum())
            light = (2 * mean_a * mean_b + 1e-4) / (mean_a**2 + mean_b**2 + 1e-4)
            values.append(light * (2 * both + 9e-4) / (var_a + var_b + 9e-4))
    assert ssim(result, truth) == pytest.approx(sum(values) / len(values), abs=1e-9)


@given(st.floats(0.1, 3), st.integers(1, 5))
def test_psnr_falls_by_six_decibels_for_twice_the_error(error: float, seed: int) -> None:
    """Any error times two costs 20 log10(2) dB, whatever the picture."""
    truth, noise = picture(seed), picture(seed + 1) - 0.5
    once, twice = (psnr(truth + k * error * noise, truth) for k in (1, 2))
    assert once - twice == pytest.approx(20 * math.log10(2), abs=1e-3)


@pytest.mark.parametrize("frames", [2, 5])
def test_temporal_error_of_noise_is_root_two_of_its_rms(frames: int) -> None:
    """Noise that is new in every frame changes twice in a difference of frames: sqrt(2) * sigma."""
    drawn = torch.Generator().manual_seed(5)
    noise = 0.02 * torch.randn(frames, 1, 200, 200, generator=drawn)
    truth = torch.rand(1, 1, 200, 200, generator=drawn).expand(frames, -1, -1, -1)
    assert temporal_error(truth + noise, truth) == pytest.approx(
        255 * 0.02 * math.sqrt(2), rel=0.02
    )


def test_consistency_at_the_films_own_size_is_psnr() -> None:
    """At scale 1 nothing is scaled down: the result is compared with the input itself."""
    result, aged = picture(1), picture(2)
    assert consistency(result, aged, 1) == psnr(result, aged)
