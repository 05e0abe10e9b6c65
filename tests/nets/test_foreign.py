"""A network that another library built, behind the same attributes as ours."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from restore.filters.tiling import run_tiled
from restore.nets.foreign import ForeignNet


def doubled(picture: Tensor) -> Tensor:
    """A picture of twice the size."""
    return picture.repeat_interleave(2, -1).repeat_interleave(2, -2)


def test_the_library_s_call_gives_the_picture() -> None:
    """Not the module itself: the call pads sizes that the network does not support."""
    net = ForeignNet(nn.Identity(), doubled, 2, 8)
    picture = torch.rand(1, 3, 5, 7)
    assert torch.equal(net(picture), doubled(picture))
    assert (net.scale, net.frames, net.size_multiple) == (2, 1, 8)
    assert net.bf16 is False


def test_its_weights_move_with_it() -> None:
    """The module is a part of the network: its type and device change with it."""
    net = ForeignNet(nn.Conv2d(3, 3, 1), doubled, 2, 1)
    assert [name for name, _ in net.named_parameters()] == ["net.weight", "net.bias"]
    assert next(net.double().parameters()).dtype == torch.float64


def test_tiles_have_a_margin_of_its_radius() -> None:
    """A network whose radius is not known is cut with 64 pixels around each tile, at its multiple."""
    sizes: list[tuple[int, int]] = []

    def noted(picture: Tensor) -> Tensor:
        sizes.append((picture.shape[-2], picture.shape[-1]))
        return doubled(picture)

    net = ForeignNet(nn.Identity(), noted, 2, 8)
    picture = torch.rand(1, 1, 40, 300)
    tiled = run_tiled(net, picture, net.scale, net.receptive_radius, 64, net.size_multiple)
    assert torch.equal(tiled, doubled(picture))
    assert len(sizes) > 1
    assert max(width for _, width in sizes) <= 64 + 2 * (net.receptive_radius + net.size_multiple)
