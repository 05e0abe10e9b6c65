"""What every luma network promises: sizes, locality, gradients, precision, memory formats."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from restore.nets import catalog
from restore.nets.film import FilmNet
from restore.nets.luma import LumaOfRgb
from restore.nets.rrdb import RRDBNet
from restore.nets.span import SPAN
from restore.nets.spanf import SPANF
from restore.nets.srvgg import SRVGGNetCompact

NETS = {
    "film-x2": lambda: FilmNet(2, frames=3, channels=6, depth=2),
    "film-x4": lambda: FilmNet(4, frames=5, channels=6, depth=1),
    "film-x1": lambda: FilmNet(1, frames=1, channels=6, depth=3),
    "srvgg": lambda: SRVGGNetCompact(2, channels=6, depth=2),
    "rrdb-x4": lambda: RRDBNet(2, 1, channels=6, blocks=1, growth=3),
    "rrdb-x2": lambda: RRDBNet(1, 1, channels=6, blocks=1, growth=3),
    "rrdb-x1": lambda: RRDBNet(0, 1, channels=6, blocks=1, growth=3),
    "rrdb-packed": lambda: RRDBNet(2, 2, channels=6, blocks=1, growth=3),
    "span": lambda: SPAN(2, channels=6, joined=6, centred=0),
    "spanf": lambda: SPANF(2, channels=6),
}
"""Small networks of every architecture that enlarges luma."""


def built(name: str, strength: float = 0.3) -> nn.Module:
    """A seeded network for windows of luma, in double precision, in which every layer counts."""
    torch.manual_seed(7)
    net = NETS[name]()
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=strength)
    architecture = type(net).__name__
    return catalog.for_luma(architecture, net).double().eval()


def window(net: nn.Module, height: int, width: int, count: int = 1) -> Tensor:
    """Windows of random luma for a network."""
    drawn = torch.Generator().manual_seed(8)
    return torch.rand(count, net.frames, height, width, generator=drawn, dtype=torch.float64)  # type: ignore[call-overload]


@pytest.mark.parametrize("size", [(1, 1), (1, 6), (5, 1), (3, 7), (9, 4)])
@pytest.mark.parametrize("name", NETS)
def test_any_size_comes_out_scaled(name: str, size: tuple[int, int]) -> None:
    """Odd sizes down to one pixel: one luma plane of exactly `scale` times the size, finite."""
    net = built(name)
    scale = int(net.scale)  # type: ignore[arg-type]
    with torch.no_grad():
        result = net(window(net, *size, count=2))
    assert result.shape == (2, 1, size[0] * scale, size[1] * scale)
    assert bool(result.isfinite().all())


@pytest.mark.parametrize("direction", ["right", "left", "down", "up"])
@pytest.mark.parametrize("name", NETS)
def test_the_declared_radius_is_the_measured_one(name: str, direction: str) -> None:
    """A pixel beyond `receptive_radius` changes no output sample, and the radius is not much too large.

    Tiles are cut by it: too small shows seams, too large costs time. Measured by changing one pixel.
    """
    net = built(name)
    radius, scale = int(net.receptive_radius), int(net.scale)  # type: ignore[arg-type]
    multiple = int(getattr(net, "size_multiple", 1))
    length = 2 * radius + 9
    length += -length % multiple
    shape = (2 * multiple, length) if direction in ("right", "left") else (length, 2 * multiple)
    # all positions of the other pixel within a packed block
    place = (length // 2) // multiple * multiple
    side = -1 if direction in ("right", "left") else -2
    before = window(net, *shape)
    after = before.clone()
    after.narrow(side, place, 1).add_(1)
    with torch.no_grad():
        difference = (net(after) - net(before)).abs()
    changed = difference.amax(dim=(0, 1, 2 if side == -1 else 3)) > 0
    reached = [at // scale - place for at in changed.nonzero().flatten().tolist()]
    farthest = max(reached) if direction in ("right", "down") else -min(reached)
    assert farthest <= radius
    assert farthest >= radius - 3 * multiple


@pytest.mark.parametrize("name", NETS)
def test_every_weight_gets_a_gradient(name: str) -> None:
    """No layer is cut off: the loss of a batch reaches every parameter, and the input."""
    net = built(name)
    inputs = window(net, 8, 8, count=2).requires_grad_()
    net(inputs).square().sum().backward()
    without = [n for n, p in net.named_parameters() if p.grad is None or not bool(p.grad.any())]
    assert without == []
    few = window(net, 3, 4).requires_grad_()
    assert torch.autograd.gradcheck(net, (few,), fast_mode=True)  # equal to small differences


@pytest.mark.parametrize("name", NETS)
def test_frames_of_a_batch_are_independent(name: str) -> None:
    """Restored together or alone, a frame is the same, in either order of memory."""
    net = built(name)
    batch = window(net, 6, 8, count=3)
    with torch.no_grad():
        together = net(batch)
        alone = torch.cat([net(one) for one in batch.split(1)])
        strided = net(batch.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(together, alone, atol=1e-10, rtol=0)
    torch.testing.assert_close(strided, together, atol=1e-10, rtol=0)


@pytest.mark.parametrize("name", NETS)
def test_bf16_is_as_exact_as_its_eight_bits(name: str) -> None:
    """Weak networks (their output is near their input) lose what rounding to 8 bits of mantissa loses.

    Ten layers of relative error 2^-8 each are 0.04 of the largest value.
    """
    net = built(name, strength=0.1).float()
    inputs = window(net, 8, 8).float()
    with torch.no_grad():
        exact = net(inputs)
        low = net.to(torch.bfloat16)(inputs.bfloat16()).float()
    assert bool(low.isfinite().all())
    assert float((low - exact).abs().max()) <= 0.04 * max(1.0, float(exact.abs().max()))


@pytest.mark.parametrize("name", NETS)
def test_weights_survive_their_file(name: str) -> None:
    """The state dict of one network makes another one equal, bit for bit."""
    net, other = built(name), built(name, strength=0.2)
    inputs = window(net, 5, 6)
    with torch.no_grad():
        assert not torch.equal(net(inputs), other(inputs))
        other.load_state_dict(net.state_dict())
        assert torch.equal(net(inputs), other(inputs))


def test_the_adapter_takes_luma_as_a_gray_picture() -> None:
    """Equal red, green and blue go in; of what comes out the weights of BT.709 make luma."""
    seen: list[Tensor] = []

    class Tinted(nn.Module):
        """Gives three different planes."""

        scale, frames, receptive_radius = 1, 1, 0

        def forward(self, picture: Tensor) -> Tensor:
            """Note the picture; red is once, green twice, blue three times its value."""
            seen.append(picture)
            return picture * torch.tensor([1.0, 2.0, 3.0]).view(1, 3, 1, 1)

    luma = torch.rand(2, 1, 4, 5)
    result = LumaOfRgb(Tinted())(luma)
    assert torch.equal(seen[0], luma.expand(-1, 3, -1, -1))
    torch.testing.assert_close(result, luma * (0.2126 + 2 * 0.7152 + 3 * 0.0722))


@pytest.mark.parametrize("multiple", [1, 4])
def test_the_adapter_has_the_properties_of_its_network(multiple: int) -> None:
    """Scale, window, radius and the multiple of tiles are the inner network's; bf16 is not used."""
    inner = RRDBNet(2, multiple, channels=4, blocks=1, growth=2)
    outer = LumaOfRgb(inner)
    for name in ("scale", "frames", "receptive_radius", "size_multiple"):
        assert getattr(outer, name) == getattr(inner, name)
    assert outer.bf16 is False
    assert LumaOfRgb(SRVGGNetCompact(2, 4, 1)).size_multiple == 1


def test_only_networks_for_rgb_get_the_adapter() -> None:
    """FilmNet takes luma as it is."""
    film = NETS["film-x2"]()
    assert catalog.for_luma("FilmNet", film) is film
    assert isinstance(catalog.for_luma("SPAN", NETS["span"]()), LumaOfRgb)
