"""Warm starts: what a net takes over from another, and that growing does not change its pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from restore.errors import UsageError
from restore.nets.film import FilmNet
from restore.training.warmstart import kept, started


def _file(net: FilmNet, folder: Path) -> str:
    path = folder / "weights.safetensors"
    save_file(net.state_dict(), path)
    return str(path)


@given(st.integers(0, 8), st.integers(0, 5), st.integers(0, 2))
@settings(max_examples=20, deadline=None)
def test_a_grown_net_gives_the_same_picture(wider: int, deeper: int, longer: int) -> None:
    """More channels, layers and frames change nothing at first, whatever their fresh weights."""
    import tempfile

    torch.manual_seed(wider)
    small = FilmNet(2, 3, 6, 2)
    with tempfile.TemporaryDirectory() as folder:
        grown = FilmNet(2, 3 + 2 * longer, 6 + wider, 2 + deeper)
        large = started(grown, _file(small, Path(folder)), Path())
    window = torch.rand(2, 3 + 2 * longer, 9, 11)
    middle = window[:, longer : longer + 3]
    assert torch.allclose(small.eval()(middle), large.eval()(window), atol=1e-5)


def test_every_layer_that_was_added_bends(tmp_path: Path) -> None:
    """A layer with slopes of one would be swallowed by the next: the added ones share the old slopes."""
    large = started(FilmNet(2, 3, 6, 5), _file(FilmNet(2, 3, 6, 2), tmp_path), Path())
    slopes = [value for name, value in large.state_dict().items() if name.startswith("bends.")]
    assert all(bool((slope < 0.5).all()) for slope in slopes)


def test_a_slope_beyond_its_bounds_can_come_back() -> None:
    """Held at one, it still learns that less would be better."""
    torch.manual_seed(1)  # a channel that is never below zero has no gradient here
    net = FilmNet(1, 1, 4, 1)
    bend = net.get_parameter("bends.1.weight")
    torch.nn.init.constant_(bend, 1.01)
    net(4 * torch.randn(1, 1, 32, 32)).square().mean().backward()
    assert bend.grad is not None
    assert bool((bend.grad != 0).any())  # channels without negative values ask for nothing


def test_new_channels_can_learn(tmp_path: Path) -> None:
    """What was added is not dead: after one step of training the picture differs."""
    small = FilmNet(2, 3, 6, 2)
    large = started(FilmNet(2, 3, 10, 4), _file(small, tmp_path), Path())
    window = torch.rand(2, 3, 9, 11)
    large(window).square().mean().backward()
    for name, parameter in large.named_parameters():
        assert parameter.grad is not None
        if name.startswith("tail.weight"):
            assert bool((parameter.grad[:, 6:] != 0).any())


def test_another_scale_takes_the_body(tmp_path: Path) -> None:
    """From x4 to x1: head and body are taken over, the tail starts fresh."""
    old = FilmNet(4, 5, 6, 2)
    new = started(FilmNet(1, 5, 6, 2), _file(old, tmp_path), Path())
    assert torch.equal(new.state_dict()["body.1.weight"], old.state_dict()["body.1.weight"])
    assert new.state_dict()["tail.weight"].shape[0] == 1


def test_a_share_of_the_first_weights_is_kept(tmp_path: Path) -> None:
    """A quarter of the old and three of the new, in every weight; without a share the new ones alone."""
    old, new = FilmNet(2, 3, 6, 2), FilmNet(2, 3, 6, 2).state_dict()
    file = _file(old, tmp_path)

    mixed = kept(new, file, Path(), 0.25)

    for name, value in old.state_dict().items():
        torch.testing.assert_close(mixed[name], 0.25 * value + 0.75 * new[name])
    assert all(torch.equal(value, new[name]) for name, value in kept(new, "", Path(), 0.0).items())


def test_weights_of_another_size_cannot_be_mixed_in(tmp_path: Path) -> None:
    """A net that grew has nothing to go back to, and a run without `init` neither: both are told."""
    file, grown = _file(FilmNet(2, 3, 6, 2), tmp_path), FilmNet(2, 3, 8, 2).state_dict()

    for init in (file, ""):
        with pytest.raises(UsageError, match="cannot be mixed"):
            kept(grown, init, Path(), 0.5)
