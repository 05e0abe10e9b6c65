"""Figures of tiny pictures, on pictures whose figures are known."""

import math

import pytest
import torch

from restore.evaluation.photographs import Photo
from restore.evaluation.tiny_pictures import (
    BICUBIC,
    NEAREST,
    TAUS,
    regression_enlarger,
    sampling_enlargers,
    simple_enlargers,
    tiny_row,
    tiny_scores,
    tiny_truth,
)
from restore.models.tiny_sampler import TinySampler
from restore.nets.prsr import PixelRecursive, PixelRegression, reduced

NAMES = ("a.png", "b.png")


def _pictures() -> torch.Tensor:
    return torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 0.8


def test_the_truth_is_the_middle_of_a_photograph() -> None:
    """Of 64x100 the square from column 18, as means of 2x2 pixels."""
    rgb = torch.randint(0, 256, (3, 64, 100), dtype=torch.uint8)
    truth = tiny_truth(Photo("a.png", rgb))
    assert truth.shape == (1, 3, 32, 32)
    expected = rgb[1, 10:12, 18 + 6 : 18 + 8].float().mean() / 255
    assert float(truth[0, 1, 5, 3]) == pytest.approx(float(expected), abs=1e-6)


def test_the_truth_is_perfect() -> None:
    """Infinite PSNR, similarity 1, and nothing differs when it is reduced again."""
    truth = _pictures()
    for score in tiny_scores(NAMES, truth, truth, "truth"):
        assert score.psnr == math.inf
        assert score.ssim == pytest.approx(1)
        assert score.ms_ssim == pytest.approx(1)
        assert score.consistency == 0


def test_a_constant_error_has_known_figures() -> None:
    """0.1 too bright: 20 dB, and (25.5 code values)^2; errors that cancel in 4x4 pixels are consistent."""
    truth = _pictures()
    (bright, other) = tiny_scores(NAMES, truth, truth + 0.1, "bright")
    assert (bright.shot, bright.name, other.shot) == ("a.png", "bright", "b.png")
    assert bright.psnr == pytest.approx(20, abs=1e-4)
    assert bright.consistency == pytest.approx(25.5**2, rel=1e-4)
    stripes = torch.tensor([0.1, -0.1]).repeat(16)
    for score in tiny_scores(NAMES, truth, truth + stripes, "stripes"):
        assert score.psnr == pytest.approx(20, abs=1e-4)
        assert score.consistency < 1e-6


def test_nearest_is_consistent_and_bicubic_is_smooth() -> None:
    """Nearest repeats each pixel 4x4 times; bicubic keeps a plain picture."""
    truth = _pictures()
    small = reduced(truth)
    nearest, bicubic = simple_enlargers()
    assert (nearest.name, bicubic.name) == (NEAREST, BICUBIC)
    assert torch.equal(nearest.enlarge(small)[..., 5, 9], small[..., 1, 2])
    assert max(s.consistency for s in tiny_scores(NAMES, truth, nearest.enlarge(small), "")) < 1e-6
    plain = torch.full((1, 3, 8, 8), 0.3)
    assert torch.allclose(bicubic.enlarge(plain), torch.tensor(0.3), atol=1e-5)


def test_rows_are_means() -> None:
    """Of all pictures of one way to enlarge them."""
    truth = _pictures()
    found = torch.stack([truth[0] + 0.1, truth[1] + 0.01])
    row = tiny_row(tiny_scores(NAMES, truth, found, "two"))
    assert row["count"] == 2
    assert row["name"] == "two"
    assert float(str(row["psnr"])) == pytest.approx((20 + 40) / 2, abs=1e-2)
    assert float(str(row["consistency"])) == pytest.approx((25.5**2 + 2.55**2) / 2, rel=1e-3)


def test_networks_enlarge() -> None:
    """A regression gives its picture; samples have the seeds 0, 1 ... and differ between factors."""
    torch.manual_seed(1)
    small = reduced(_pictures())
    net = PixelRegression(channels=8, blocks=1).eval()
    with torch.no_grad():
        expected = net.enlarged(small).clamp(0, 1)
    assert torch.equal(regression_enlarger("l2-v1", net).enlarge(small), expected)
    sampler = TinySampler(PixelRecursive(channels=8, blocks=1, width=8, layers=2).eval())
    ways = sampling_enlargers("draws-v1", sampler)
    names = [f"draws-v1, one sample, tau {tau}" for tau in TAUS]
    assert [way.name for way in ways] == [*names, "draws-v1, one sample, guidance 2"]
    drawn = [way.enlarge(small) for way in ways]
    assert torch.equal(drawn[1], sampler.draw(small, [0, 1], 1.1)[0])
    assert not torch.equal(drawn[0], drawn[2])
    assert torch.equal(drawn[3], sampler.draw(small, [0, 1], 1.1, 2.0)[0])
    assert not torch.equal(drawn[3], drawn[1])
