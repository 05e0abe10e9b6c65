"""FilmNet: sizes, tiling, and the enlargement that it starts from."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from restore.nets.film import FilmNet, enlarge

SMALL = {"frames": 3, "channels": 8, "depth": 2}


def small_net(scale: int = 2) -> FilmNet:
    """A seeded net whose tail is strong enough that every layer shows in the output."""
    torch.manual_seed(3)
    net = FilmNet(scale, **SMALL).eval()
    with torch.no_grad():
        net.tail.weight.mul_(10)
    return net


@settings(max_examples=20, deadline=None)
@given(
    scale=st.sampled_from([1, 2, 3, 4]),
    height=st.integers(1, 13),
    width=st.integers(1, 13),
    count=st.integers(1, 2),
)
def test_any_size_comes_out_scaled(scale: int, height: int, width: int, count: int) -> None:
    """Every height and width from one pixel on comes out times the scale, one luma plane a window."""
    result = FilmNet(scale, **SMALL)(torch.rand(count, 3, height, width))

    assert (count, 1, height * scale, width * scale) == result.shape


def test_an_untrained_net_nearly_gives_the_enlargement() -> None:
    """Before training the result is near the bilinear enlargement of the middle frame."""
    torch.manual_seed(0)
    window = torch.rand(1, 5, 24, 24)

    difference = FilmNet(4)(window) - enlarge(window[:, 2:3], 4)

    assert difference.abs().mean() < 0.1


def test_tile_with_context_equals_the_whole() -> None:
    """With `receptive_radius` pixels of context, a tile's inside equals that part of the whole picture."""
    net, window = small_net(), torch.rand(1, 3, 40, 40)
    radius = net.receptive_radius
    inside = slice(15 - radius, 25 + radius)
    crop = slice(2 * radius, -2 * radius)

    whole = net(window)[..., 30:50, 30:50]
    tile = net(window[..., inside, inside])[..., crop, crop]

    torch.testing.assert_close(tile, whole, atol=1e-5, rtol=0)


def test_nothing_beyond_the_radius_counts() -> None:
    """A pixel further away than `receptive_radius` does not change the output, one at the radius does."""
    net, window = small_net(), torch.rand(1, 3, 31, 31)
    before = net(window)[..., 30:32, 30:32]

    def changed_at(distance: int) -> torch.Tensor:
        other = window.clone()
        other[..., 15, 15 + distance] += 1
        return net(other)[..., 30:32, 30:32]

    assert torch.equal(before, changed_at(net.receptive_radius + 1))
    assert not torch.equal(before, changed_at(net.receptive_radius))


def test_every_frame_of_the_window_counts() -> None:
    """Changing any one frame of the window changes the result."""
    net, window = small_net(), torch.rand(1, 3, 8, 8)
    for frame in range(3):
        other = window.clone()
        other[:, frame] += 0.5
        assert not torch.allclose(net(window), net(other))


def test_bf16_is_within_its_precision() -> None:
    """bf16 with channels_last differs from fp32 by less than three steps of bf16 (1/128 at white)."""
    torch.manual_seed(1)
    net, window = FilmNet(2), torch.rand(1, 5, 16, 16)

    exact = net(window)
    low = net.to(torch.bfloat16).to(memory_format=torch.channels_last)(window.bfloat16())

    assert (low.float() - exact).abs().max() < 3 / 128


def test_training_and_evaluation_mode_give_the_same() -> None:
    """Both forms of the activation give the same bits, also with slopes out of range."""
    net, window = small_net(), torch.rand(2, 3, 9, 9)
    with torch.no_grad():
        net.bends[1].weight.copy_(torch.linspace(-0.5, 1.5, 8))

    assert torch.equal(net.train()(window), net.eval()(window))


@pytest.mark.parametrize(("scale", "frames"), [(5, 5), (2, 4), (0, 5)])
def test_impossible_nets_are_refused(scale: int, frames: int) -> None:
    """A scale outside 1-4 or a window without a middle is an error when the net is built."""
    with pytest.raises(ValueError, match="odd window"):
        FilmNet(scale, frames=frames)


def test_standard_size_is_compact() -> None:
    """The default net has about 0.3 million parameters (the cost per frame that was planned for)."""
    assert 290_000 < sum(p.numel() for p in FilmNet(4).parameters()) < 310_000
