"""The perceptual losses: zero for the ground truth, larger for less detail, no reward for more of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from restore.ageing.optics import blur
from restore.evaluation.metrics import ssim
from restore.training.perceptual_losses import detail_loss, ssim_loss, vif_loss

Loss = Callable[[Tensor, Tensor], Tensor]

both = pytest.mark.parametrize("loss", [vif_loss, detail_loss])
all_three = pytest.mark.parametrize("loss", [vif_loss, detail_loss, ssim_loss])


def _texture(count: int = 2, side: int = 64) -> Tensor:
    """Noise in two octaves, 0..1."""
    noise = torch.randn(count, 1, side, side, generator=torch.Generator().manual_seed(4))
    return (0.5 + 0.05 * noise + 0.3 * blur(noise, 2)).clamp(0, 1)


@all_three
def test_the_ground_truth_costs_nothing(loss: Loss) -> None:
    """A perfect restoration costs almost nothing, and a flat picture nothing."""
    truth = _texture()
    assert float(loss(truth, truth)) == pytest.approx(0, abs=2e-3)
    flat = torch.full((1, 1, 64, 64), 0.5)
    assert float(loss(flat, flat)) == pytest.approx(0, abs=1e-6)


@all_three
def test_blur_costs(loss: Loss) -> None:
    """More blur costs more, up to the maximum of 1."""
    truth = _texture()
    costs = [float(loss(blur(truth, sigma), truth)) for sigma in (0.5, 1.0, 2.0, 8.0)]
    assert costs == sorted(costs)
    assert costs[0] > 0.02
    assert costs[-1] < 1


@both
def test_more_contrast_than_the_ground_truth_is_not_rewarded(loss: Loss) -> None:
    """Steeper edges and more contrast never cost less than the ground truth."""
    truth = _texture()
    steeper = truth + 0.5 * (truth - blur(truth, 1.5))
    assert float(loss(steeper, truth)) >= float(loss(truth, truth)) - 1e-6
    assert float(loss(blur(truth, 1.0) + (truth - blur(truth, 3)) * 0.3, truth)) < float(
        loss(blur(truth, 1.0), truth)
    )


@all_three
def test_a_batch_is_the_mean_of_its_pictures(loss: Loss) -> None:
    """So that several processes, each with its share of a batch, get the gradient of the whole batch."""
    truth = _texture(4)
    restored = blur(truth, 1.0)
    single = torch.stack([loss(restored[i : i + 1], truth[i : i + 1]) for i in range(4)])
    assert float(loss(restored, truth)) == pytest.approx(float(single.mean()), abs=1e-6)


@all_three
@pytest.mark.parametrize("side", [48, 96, 192])
def test_gradients_are_finite(loss: Loss, side: int) -> None:
    """Flat, clipped and noisy areas give finite gradients that point towards the ground truth."""
    truth = _texture(1, side)
    truth[..., :20, :] = 1.0
    restored = blur(truth, 1.5).requires_grad_()
    before = loss(restored, truth)
    (slope,) = torch.autograd.grad(before, restored)
    assert bool(slope.isfinite().all())
    nearer = restored.detach() - 1e-3 * slope / slope.abs().max()
    assert float(loss(nearer, truth)) < before.item()


def test_detail_of_the_wrong_sign_counts_as_lost() -> None:
    """A negative of the picture has none of its detail."""
    truth = _texture()
    assert float(detail_loss(1 - truth, truth)) > 0.6 * float(
        detail_loss(torch.full_like(truth, 0.5), truth)
    )


def test_a_ramp_has_no_detail() -> None:
    """The wavelet has two vanishing moments: losing a linear ramp costs nothing."""
    ramp = torch.linspace(0, 1, 64).expand(1, 1, 64, 64)
    assert float(detail_loss(torch.full_like(ramp, 0.5), ramp)) == pytest.approx(0, abs=1e-5)


def test_the_ssim_loss_is_one_minus_the_metric() -> None:
    """It equals 1 - SSIM of the evaluation up to rounding."""
    truth = _texture()
    restored = blur(truth, 1.0)
    assert float(ssim_loss(restored, truth)) == pytest.approx(1 - ssim(restored, truth), abs=1e-4)
