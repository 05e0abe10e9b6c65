"""Pixel Recursive Super Resolution: what each part sees, and what is scored."""

import math

import pytest
import torch

from restore.nets.layers.pixelcnn import log_likelihood
from restore.nets.layers.pixelcnn_sampler import sample
from restore.nets.prsr import (
    LARGE,
    LEVELS,
    SCORED_SHARE,
    SMALL,
    PixelRecursive,
    PixelRegression,
    from_levels,
    reduced,
    scored_pixels,
    to_levels,
)


@pytest.fixture(scope="module")
def net() -> PixelRecursive:
    """A small seeded net."""
    torch.manual_seed(7)
    return PixelRecursive(channels=8, blocks=1, width=8, layers=2).eval()


def _pictures(number: int = 2) -> torch.Tensor:
    return torch.rand(number, 3, LARGE, LARGE, generator=torch.Generator().manual_seed(1))


def test_levels_are_code_values() -> None:
    """Every 8-bit value comes back exactly."""
    values = torch.arange(LEVELS).view(1, 1, 16, 16)
    assert torch.equal(to_levels(from_levels(values)), values)


def test_the_input_is_the_mean_of_blocks() -> None:
    """The reduction has no aliasing: each pixel is the mean of 4x4."""
    large = _pictures(1)
    assert reduced(large).shape == (1, 3, SMALL, SMALL)
    assert float(reduced(large)[0, 0, 1, 2]) == pytest.approx(
        float(large[0, 0, 4:8, 8:12].mean()), abs=1e-6
    )


def test_training_scores_the_sum_and_the_conditioning_alone(net: PixelRecursive) -> None:
    """Nats per value of the sum of both logits, and of the conditioning logits."""
    large = _pictures()
    values = to_levels(large)
    with torch.no_grad():
        found = net(large)
        conditioned = net.conditioned(reduced(large))
        both = log_likelihood(conditioned + net.prior(values), values)
        alone = log_likelihood(conditioned, values)
    count = 3 * LARGE * LARGE
    torch.testing.assert_close(found, -torch.stack([both, alone], 1) / count)
    assert 0.5 * math.log(LEVELS) < float(found.mean()) < 2 * math.log(LEVELS)


def test_each_pixel_is_scored_in_one_of_the_batches() -> None:
    """The phases share all pixels of a picture, and each has as many of every row and column."""
    places = torch.arange(LARGE * LARGE).view(1, 1, LARGE, LARGE)
    parts = [scored_pixels(places, phase).flatten() for phase in range(SCORED_SHARE)]
    assert torch.equal(torch.cat(parts).sort().values, places.flatten())
    for part in parts:
        for lines in (part // LARGE, part % LARGE):
            assert set(lines.bincount().tolist()) == {LARGE // SCORED_SHARE}
    assert torch.equal(scored_pixels(places, None).flatten(), places.flatten())


def test_training_scores_a_quarter_that_the_batch_decides(net: PixelRecursive) -> None:
    """The same batch scores the same pixels; the four quarters together are the whole likelihood."""
    large = _pictures()
    found: list[torch.Tensor] = []
    with torch.no_grad():
        whole = net(large)
        net.train()
        same = [net(large) for _ in range(2)]
        for number in range(SCORED_SHARE):  # the sum of the values decides
            other = large.clone()
            other[0, 0, 0, 0] = number / (LEVELS - 1)
            found.append(net(other)[1])
        net.eval()
    assert torch.equal(*same)
    assert not torch.equal(same[0], whole)
    torch.testing.assert_close(torch.stack(found).mean(0), whole[1])


def test_the_input_decides_the_conditioning_logits_only(net: PixelRecursive) -> None:
    """Pictures with the same 8x8 means have the same conditioning logits, but not the same prior."""
    large = _pictures(1) * 0.5 + 0.25
    other = large.clone()
    other[..., ::2, :] += 0.1
    other[..., 1::2, :] -= 0.1
    with torch.no_grad():
        one, two = (net.conditioned(reduced(x)) for x in (large, other))
        torch.testing.assert_close(one, two, atol=1e-4, rtol=1e-4)
        assert not torch.equal(net.prior(to_levels(large)), net.prior(to_levels(other)))


def test_before_training_the_conditioning_logits_are_near_the_input(net: PixelRecursive) -> None:
    """The most likely level at a pixel is about that of the input there."""
    large = torch.tensor([0.2, 0.5, 0.9]).view(1, 3, 1, 1).expand(1, 3, LARGE, LARGE)
    with torch.no_grad():
        likely = net.conditioned(reduced(large)).argmax(2).float().mean((0, 2, 3)) / (LEVELS - 1)
    assert torch.allclose(likely, torch.tensor([0.2, 0.5, 0.9]), atol=0.25)
    assert bool((likely.diff() > 0).all())


def test_samples_use_both_logits(net: PixelRecursive) -> None:
    """Strong conditioning logits decide the samples; without them the prior does."""
    uniforms = torch.rand(1, 3, 4, 4)
    wanted = (torch.rand(1, 3, 4, 4) * LEVELS).long()
    strong = torch.zeros(1, 3, LEVELS, 4, 4).scatter_(2, wanted[:, :, None], 100.0)
    assert torch.equal(sample(net.prior, uniforms, added_logits=strong), wanted)
    assert not torch.equal(sample(net.prior, uniforms), wanted)


def test_the_regression_is_scored_by_its_square_error() -> None:
    """The baseline gives one picture, near the repeated input before it is trained."""
    net = PixelRegression(channels=8, blocks=1).eval()
    large = _pictures()
    with torch.no_grad():
        error = (net.enlarged(reduced(large)) - large).square().flatten(1).mean(1)
        torch.testing.assert_close(net(large)[:, 0], error)
