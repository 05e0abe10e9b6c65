"""Initial weights: what a network takes over from another, and that growing does not change its output."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from restore import models
from restore.errors import UsageError
from restore.nets.film import FilmNet
from restore.training.init_weights import load_init_weights, mixed_with_init


def _file(net: FilmNet, folder: Path) -> str:
    path = folder / "weights.safetensors"
    save_file(net.state_dict(), path)
    return str(path)


@given(st.integers(0, 8), st.integers(0, 5), st.integers(0, 2))
@settings(max_examples=20, deadline=None)
def test_a_grown_net_gives_the_same_picture(wider: int, deeper: int, longer: int) -> None:
    """More channels, layers and frames change nothing at first, whatever their initialization."""
    import tempfile

    torch.manual_seed(wider)
    small = FilmNet(2, 3, 6, 2)
    with tempfile.TemporaryDirectory() as folder:
        grown = FilmNet(2, 3 + 2 * longer, 6 + wider, 2 + deeper)
        large = load_init_weights(grown, _file(small, Path(folder)), Path())
    window = torch.rand(2, 3 + 2 * longer, 9, 11)
    middle = window[:, longer : longer + 3]
    assert torch.allclose(small.eval()(middle), large.eval()(window), atol=1e-5)


def test_added_layers_are_not_linear(tmp_path: Path) -> None:
    """With slopes of one, two layers would be as good as one: added layers share the old slopes."""
    large = load_init_weights(FilmNet(2, 3, 6, 5), _file(FilmNet(2, 3, 6, 2), tmp_path), Path())
    slopes = [value for name, value in large.state_dict().items() if name.startswith("bends.")]
    assert all(bool((slope < 0.5).all()) for slope in slopes)


def test_a_slope_beyond_its_bounds_has_a_gradient() -> None:
    """Clamped to one, it can still learn to become smaller."""
    torch.manual_seed(1)  # a channel that is never below zero has no gradient here
    net = FilmNet(1, 1, 4, 1)
    bend = net.get_parameter("bends.1.weight")
    torch.nn.init.constant_(bend, 1.01)
    net(4 * torch.randn(1, 1, 32, 32)).square().mean().backward()
    assert bend.grad is not None
    assert bool((bend.grad != 0).any())  # channels without negative values have no gradient


def test_new_channels_can_learn(tmp_path: Path) -> None:
    """The added channels get gradients in the first step."""
    small = FilmNet(2, 3, 6, 2)
    large = load_init_weights(FilmNet(2, 3, 10, 4), _file(small, tmp_path), Path())
    window = torch.rand(2, 3, 9, 11)
    large(window).square().mean().backward()
    for name, parameter in large.named_parameters():
        assert parameter.grad is not None
        if name.startswith("tail.weight"):
            assert bool((parameter.grad[:, 6:] != 0).any())


def test_a_network_of_another_scale_gives_its_body(tmp_path: Path) -> None:
    """From x4 to x1: head and body are taken over, the tail is initialized."""
    old = FilmNet(4, 5, 6, 2)
    new = load_init_weights(FilmNet(1, 5, 6, 2), _file(old, tmp_path), Path())
    assert torch.equal(new.state_dict()["body.1.weight"], old.state_dict()["body.1.weight"])
    assert new.state_dict()["tail.weight"].shape[0] == 1


def test_trained_weights_are_mixed_with_the_initial_ones(tmp_path: Path) -> None:
    """A quarter of the initial and three quarters of the trained weights; with 0 only the trained ones."""
    old, new = FilmNet(2, 3, 6, 2), FilmNet(2, 3, 6, 2).state_dict()
    file = _file(old, tmp_path)

    mixed = mixed_with_init(new, file, Path(), 0.25)

    for name, value in old.state_dict().items():
        torch.testing.assert_close(mixed[name], 0.25 * value + 0.75 * new[name])
    unmixed = mixed_with_init(new, "", Path(), 0.0)
    assert all(torch.equal(value, new[name]) for name, value in unmixed.items())


def test_weights_of_another_size_cannot_be_mixed_in(tmp_path: Path) -> None:
    """A network that grew, or a run without `init`, has nothing to mix with: both are refused."""
    file, grown = _file(FilmNet(2, 3, 6, 2), tmp_path), FilmNet(2, 3, 8, 2).state_dict()

    for init in (file, ""):
        with pytest.raises(UsageError, match="cannot be mixed"):
            mixed_with_init(grown, init, Path(), 0.5)


def test_initial_weights_may_be_a_model_that_ships(tmp_path: Path) -> None:
    """By its name, with or without version; an unknown name is an error with the way to earlier ones."""
    card = models.find("film-x4-fast")
    for name in (card.name, card.full_name):
        net = load_init_weights(FilmNet(**card.arguments), name, tmp_path)
        assert torch.equal(
            net.state_dict()["head.weight"], models.load(card).state_dict()["head.weight"]
        )
    with pytest.raises(UsageError) as caught:
        load_init_weights(FilmNet(**card.arguments), "film-x4-fast-v1", tmp_path)
    assert caught.value.code == "init-unreadable"
    assert "Earlier versions" in caught.value.what_to_do
