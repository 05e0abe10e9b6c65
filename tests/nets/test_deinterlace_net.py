"""DeinterlaceNet: rows at the right places, gates, sizes, precision."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from restore.nets import catalog
from restore.nets.deinterlace import FIELDS, PLANES, DeinterlaceNet, merged, still

SMALL = {"channels": 6, "depth": 2, "refine_channels": 6, "refine_depth": 2}


def small_net(strength: float = 0.0) -> DeinterlaceNet:
    """A seeded net, untrained (its outputs are the first gates), or with random weights everywhere."""
    torch.manual_seed(3)
    net = DeinterlaceNet(**SMALL)
    if strength:
        for parameter in net.parameters():
            nn.init.normal_(parameter, std=strength)
    return net.eval()


def parities(*values: int) -> Tensor:
    """A tensor of parities."""
    return torch.tensor([float(value) for value in values])


def ramp(height: int, width: int = 6) -> Tensor:
    """A frame [H, W] whose value is its row's number."""
    return torch.arange(float(height))[:, None].expand(height, width)


@pytest.mark.parametrize("parity", [0, 1])
def test_an_untrained_estimate_is_at_the_missing_rows(parity: int) -> None:
    """Static fields of a vertical ramp: each missing row has its own value, for both parities."""
    frame = ramp(16)
    rows = [frame[(parity + at) % 2 :: 2] for at in range(FIELDS)]
    found, _ = small_net().estimated(torch.stack(rows)[None], parities(parity))

    wanted = frame[1 - parity :: 2]
    inside = slice(1, -1)  # at the edge of the frame one neighboring row is missing
    torch.testing.assert_close(found[0, 0, inside], wanted[inside], atol=1e-6, rtol=0)


def test_an_untrained_refinement_is_a_mean_of_its_candidates() -> None:
    """Where estimate and neighbors agree, that value; else a value between the smallest and largest."""
    planes = torch.rand(1, PLANES, 8, 10)
    found, gates = small_net().refined(planes, parities(0))
    candidates = planes[:, [1, 2, 3, 6, 7]]
    assert bool((found[:, 0] <= candidates.amax(1) + 1e-6).all())
    assert bool((found[:, 0] >= candidates.amin(1) - 1e-6).all())
    torch.testing.assert_close(gates.sum(1), torch.ones(1, 8, 10))
    torch.testing.assert_close(merged(planes, gates), found)

    planes[:, [1, 2, 3, 6, 7]] = 0.25
    agreed, _ = small_net().refined(planes, parities(1))
    assert torch.allclose(agreed, torch.full_like(agreed, 0.25))


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (3, 1), (5, 7), (8, 16)])
@pytest.mark.parametrize("planes", [FIELDS, PLANES])
def test_any_size(size: tuple[int, int], planes: int) -> None:
    """Fields from one sample on: one plane of the same size, finite, for several parities at once."""
    net = small_net(0.3)
    stage = net.estimated if planes == FIELDS else net.refined
    with torch.no_grad():
        found, _ = stage(torch.rand(3, planes, *size), parities(0, 1, 0))
    assert found.shape == (3, 1, *size)
    assert bool(found.isfinite().all())


def test_the_last_plane_in_training_is_the_parity() -> None:
    """The number of planes says which stage is meant."""
    net, generator = small_net(0.3), torch.Generator().manual_seed(1)
    for planes, stage in ((FIELDS, net.estimated), (PLANES, net.refined)):
        inputs = torch.rand(2, planes, 4, 6, generator=generator)
        sides = torch.tensor([1.0, 0.0]).view(2, 1, 1, 1).expand(2, 1, 4, 6)
        with torch.no_grad():
            found = net(torch.cat([inputs, sides], 1))
            assert torch.equal(found, stage(inputs, parities(1, 0))[0])


def test_the_parity_counts() -> None:
    """The same rows as top or as bottom field have other rows missing."""
    net, fields = small_net(0.3), torch.rand(1, FIELDS, 6, 6)
    with torch.no_grad():
        top, bottom = (net.estimated(fields, parities(parity))[0] for parity in (0, 1))
    assert not torch.allclose(top, bottom)


def test_every_plane_counts() -> None:
    """A change of any field or plane changes the result."""
    net = small_net(0.3)
    for planes, stage in ((FIELDS, net.estimated), (PLANES, net.refined)):
        inputs = torch.full((1, planes, 4, 4), 0.5)
        for at in range(planes):
            other = inputs.clone()
            other[:, at] += 0.1
            with torch.no_grad():
                assert not torch.equal(*(stage(one, parities(0))[0] for one in (inputs, other)))


def test_bf16_stays_close() -> None:
    """Only the convolutions are in bf16: a plain mean is exact, a trained-like net differs by < 1/128."""
    fields = torch.rand(1, FIELDS, 16, 16)
    plain = small_net()
    exact, _ = plain.estimated(fields, parities(0))
    assert torch.equal(plain.to(torch.bfloat16).estimated(fields, parities(0))[0], exact)

    net = small_net(0.05)
    with torch.no_grad():
        exact, _ = net.estimated(fields, parities(0))
        low, _ = net.to(torch.bfloat16).estimated(fields, parities(0))
    assert low.dtype == torch.float32
    assert float((low - exact).abs().max()) < 1 / 128


def test_stages_train_alone() -> None:
    """The loss of one stage gives no gradient to the other one."""
    net = small_net(0.1).train()
    net(torch.rand(1, PLANES + 1, 4, 4)).mean().backward()
    assert all(parameter.grad is None for parameter in net.estimate.parameters())
    assert all(parameter.grad is not None for parameter in net.refine.parameters())


@pytest.mark.parametrize("wrong", [{"frames": 5}, {"channels": 0}, {"refine_depth": 0}])
def test_impossible_nets_are_refused(wrong: dict[str, int]) -> None:
    """Another window, no channels, or no layers."""
    with pytest.raises(ValueError, match="DeinterlaceNet"):
        DeinterlaceNet(**wrong)


def test_the_standard_net_is_small() -> None:
    """About 90,000 parameters: it must be cheap compared with an upscaler."""
    net = catalog.build("DeinterlaceNet", {"frames": 7})
    assert 60_000 < sum(parameter.numel() for parameter in net.parameters()) < 100_000


def test_where_nothing_moves_the_neighbors_have_the_rows() -> None:
    """Static lines one row high: the neighboring fields' rows exactly, whatever the weights are."""
    frame = torch.tensor([0.1, 0.9]).repeat(8)[:, None].expand(16, 8)
    rows = [frame[at % 2 :: 2] for at in range(FIELDS)]
    with torch.no_grad():
        found, _ = small_net(0.3).estimated(torch.stack(rows)[None], parities(0))
    assert torch.equal(found[0, 0], frame[1::2])


def test_still_is_one_without_changes_and_zero_with_motion() -> None:
    """Up to 1.5 code values are no motion, 3.5 are, also one sample away; any of the fields may show it."""
    for at in range(FIELDS):
        fields = torch.full((1, FIELDS, 7, 7), 0.5)
        fields[:, at, 3, 3] += 1.4 / 255
        assert torch.equal(still(fields), torch.ones(1, 1, 7, 7))
        fields[:, at, 3, 3] += 2.2 / 255
        moving = still(fields) == 0
        assert bool(moving[0, 0, 2:5, 2:5].all())
        assert int(moving.sum()) == 9
