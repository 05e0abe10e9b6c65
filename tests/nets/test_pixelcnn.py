"""PixelCNN: no value sees the future, the distribution is exact, and fast samples equal slow ones."""

from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from restore.nets.layers.pixelcnn import PixelCNN, log_likelihood
from restore.nets.layers.pixelcnn_sampler import Draw, sample, sample_naive


def _net(channels: int = 2, levels: int = 5, kernel: int = 3, condition: int = 0) -> PixelCNN:
    """A seeded network in double precision, whose logits differ clearly."""
    torch.manual_seed(3)
    net = PixelCNN(channels, levels, 6, 3, kernel, condition, embedding=4).double().eval()
    with torch.no_grad():
        for head in net.heads:
            head.get_parameter("scores.weight").mul_(8)
    return net


def _uniforms(*shape: int, seed: int = 1) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


HEIGHT, WIDTH, CHANNELS = 4, 5, 3


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("place", list(product(range(HEIGHT), range(WIDTH), range(CHANNELS))))
def test_no_value_sees_itself_or_the_future(kernel: int, place: tuple[int, int, int]) -> None:
    """The gradient of a value's logits with respect to it and to all later values is exactly 0.

    With respect to what is embedded, because levels have no gradient.
    """
    net = _net(CHANNELS, 4, kernel)
    values = (_uniforms(1, CHANNELS, HEIGHT, WIDTH) * 4).long()
    y, x, channel = place
    changed = values.clone()
    later = [
        (c, row, column)
        for row, column, c in product(range(HEIGHT), range(WIDTH), range(CHANNELS))
        if (row, column, c) >= (y, x, channel)
    ]
    for c, row, column in later:
        changed[0, c, row, column] = (changed[0, c, row, column] + 1) % 4
    with torch.no_grad():
        one, other = (net(given)[0, channel, :, y, x] for given in (values, changed))
    assert torch.equal(one, other)

    seen: list[Tensor] = []
    hooks = [each.register_forward_hook(lambda _m, _i, out: seen.append(out)) for each in net.embed]
    logits = net(values)[0, channel, :, y, x]
    for hook in hooks:
        hook.remove()
    gradients = torch.autograd.grad(logits.square().sum(), seen, allow_unused=True)
    for gradient in gradients:
        after = torch.zeros(HEIGHT, WIDTH) if gradient is None else gradient[0].abs().sum(-1)
        assert not after.flatten()[y * WIDTH + x :].any()


def test_every_earlier_value_is_seen() -> None:
    """There is no blind spot: a value near the border depends on each pixel before it, and own channels."""
    net = PixelCNN(2, 4, 6, 6, 3, embedding=4).double()
    values = (_uniforms(1, 2, HEIGHT, WIDTH) * 4).long()
    y, x = HEIGHT - 1, 2
    with torch.no_grad():
        before = net(values)[0, 1, :, y, x]
        for row, column, c in product(range(HEIGHT), range(WIDTH), range(2)):
            if (row, column, c) < (y, x, 1):
                changed = values.clone()
                changed[0, c, row, column] = (changed[0, c, row, column] + 1) % 4
                assert not torch.equal(before, net(changed)[0, 1, :, y, x]), (row, column, c)


def test_probabilities_of_all_pictures_add_up_to_one() -> None:
    """All 3^8 pictures of 2x2 pixels, two channels and three levels, with features."""
    net = _net(2, 3, condition=2)
    every = torch.tensor(list(product(range(3), repeat=8))).view(-1, 2, 2, 2)
    features = _uniforms(1, 2, 2, 2).expand(len(every), -1, -1, -1)
    with torch.no_grad():
        logs = log_likelihood(net(every, features), every)
    assert float(logs.exp().sum()) == pytest.approx(1, abs=1e-9)


def test_features_change_every_pixel() -> None:
    """The first pixel depends on them, too: it has nothing else."""
    net = _net(condition=2)
    values = torch.zeros(1, 2, 3, 3, dtype=torch.int64)
    with torch.no_grad():
        one, other = (net(values, torch.full((1, 2, 3, 3), v).double()) for v in (0.0, 1.0))
    assert float((one - other).abs().amax(2).min()) > 0


@settings(deadline=None, max_examples=25)
@given(
    st.integers(1, 3),
    st.integers(1, 5),
    st.integers(1, 6),
    st.sampled_from([3, 5]),
    st.sampled_from([0, 2]),
    st.floats(0.3, 2),
    st.floats(0.05, 1),
)
def test_cached_samples_equal_naive_ones(
    channels: int,
    height: int,
    width: int,
    kernel: int,
    condition: int,
    temperature: float,
    top_p: float,
) -> None:
    """For any size, condition, temperature and share of the likely levels."""
    net = _net(channels, 5, kernel, condition)
    uniforms = _uniforms(3, channels, height, width)
    features = _uniforms(3, condition, height, width, seed=2) if condition else None
    added = 3 * _uniforms(3, channels, 5, height, width, seed=4)
    given_to = (net, uniforms, features, Draw(temperature, top_p), added)
    assert torch.equal(sample(*given_to), sample_naive(*given_to))


def test_a_batch_equals_its_members() -> None:
    """A sample does not depend on the batch that it is drawn in."""
    net = _net(condition=2)
    uniforms, features = _uniforms(4, 2, 5, 6), _uniforms(4, 2, 5, 6, seed=2)
    together = sample(net, uniforms, features)
    alone = [sample(net, uniforms[n : n + 1], features[n : n + 1]) for n in range(4)]
    assert torch.equal(together, torch.cat(alone))
    assert not torch.equal(together[0], together[1])


def test_samples_have_the_distribution_of_the_network() -> None:
    """The shares of 20,000 samples of one pixel are the probabilities, within four standard errors."""
    net = _net(1, 4)
    count = 20_000
    found = sample(net, _uniforms(count, 1, 1, 1)).flatten()
    with torch.no_grad():
        expected = net(torch.zeros(1, 1, 1, 1, dtype=torch.int64)).softmax(2).flatten()
    shares = torch.bincount(found, minlength=4) / count
    assert bool(((shares - expected).abs() < 4 * (expected / count).sqrt() + 1e-9).all())


def test_only_likely_levels_are_drawn() -> None:
    """The most likely levels that reach the share are possible, and no others; at least one is."""
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log().expand(1000, 4)
    numbers = torch.arange(1000) / 1000
    assert set(Draw(1, 0.75)(logits, numbers).tolist()) == {0, 1}
    assert set(Draw(1, 0.85)(logits, numbers).tolist()) == {0, 1, 2}
    assert set(Draw(1, 1e-6)(logits, numbers).tolist()) == {0}
    assert set(Draw(1, 1)(logits, numbers).tolist()) == {0, 1, 2, 3}


def test_low_temperatures_draw_the_most_likely_level() -> None:
    """Near 0 the choice no longer depends on the random number."""
    logits = torch.tensor([[0.0, 1.0, 0.5]]).expand(50, 3)
    assert set(Draw(0.01)(logits, (torch.arange(50) + 0.5) / 50).tolist()) == {1}
