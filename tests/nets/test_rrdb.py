"""RRDBNet: three generations of names, pixels packed, bands that do not show."""

import re

import pytest
import torch

from restore.filters.tiling import run_tiled
from restore.nets import catalog, rrdb
from restore.nets.rrdb import RRDBNet

NEWEST = ((r"conv_up\.(\d)\.", r"conv_up\1."),)
MIDDLE = (
    (r"body\.(\d+)\.rdb(\d)\.", r"RRDB_trunk.\1.RDB\2."),
    (r"conv_up\.(\d)\.", r"upconv\1."),
    (r"conv_body\.", "trunk_conv."),
    (r"conv_hr\.", "HRconv."),
)
OLDEST = (
    (r"body\.(\d+)\.rdb(\d)\.conv(\d)\.", r"model.1.sub.\1.RDB\2.conv\3.0."),
    (r"conv_body\.", "model.1.sub.2."),
    (r"conv_first\.", "model.0."),
    (r"conv_up\.1\.", "model.3."),
    (r"conv_up\.2\.", "model.6."),
    (r"conv_hr\.", "model.8."),
    (r"conv_last\.", "model.10."),
)


def small(doublings: int = 2, unshuffle: int = 1, blocks: int = 2) -> RRDBNet:
    """A few blocks of six channels, seeded."""
    torch.manual_seed(4)
    return RRDBNet(doublings, unshuffle, channels=6, blocks=blocks, growth=3).eval()


@pytest.mark.parametrize("names", [(), NEWEST, MIDDLE, OLDEST], ids=["ours", "new", "mid", "old"])
def test_every_generation_of_names_is_read(names: tuple[tuple[str, str], ...]) -> None:
    """The names of 2018, 2019 and 2021 give the same arguments and the same picture."""
    net = small()
    state: dict[str, torch.Tensor] = {}
    for key, value in net.state_dict().items():
        for ours, theirs in names:
            key = re.sub(f"^{ours}", theirs, key)
        state[key] = value
    found = catalog.recognize(state)
    assert found is not None
    assert found.architecture == "RRDBNet"
    again = catalog.build(*found[:2]).eval()
    again.load_state_dict(found.state)
    picture = torch.rand(1, 3, 6, 5)
    assert torch.equal(again(picture), net(picture))


@pytest.mark.parametrize(
    ("doublings", "unshuffle", "scale"), [(2, 1, 4), (2, 2, 2), (2, 4, 1), (1, 1, 2), (0, 1, 1)]
)
def test_the_scale_follows_from_the_shapes(doublings: int, unshuffle: int, scale: int) -> None:
    """Doublings and packed pixels are found again; odd sizes come out exactly."""
    net = small(doublings, unshuffle)
    found = catalog.recognize(net.state_dict())
    assert found is not None
    assert (found.arguments["doublings"], found.arguments["unshuffle"]) == (doublings, unshuffle)
    for height, width in ((9, 7), (1, 1), (4, 8)):
        assert net(torch.rand(1, 3, height, width)).shape[-2:] == (height * scale, width * scale)


def test_bands_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """Computing the enlargement a few rows at a time only reduces the memory."""
    net, picture = small(), torch.rand(1, 3, 23, 12)
    with torch.inference_mode():
        whole = net(picture)
        monkeypatch.setattr(rrdb, "BAND", 5 * 12)
        banded = net(picture)
        monkeypatch.setattr(rrdb, "_TAIL_RADIUS", 1)
        seamed = net(picture)
    assert (whole - banded).abs().max() < 1e-6
    assert (whole - seamed).abs().max() > 1e-6


@pytest.mark.parametrize("unshuffle", [1, 2])
@pytest.mark.parametrize("tile", [9, 16, 40])
def test_tiled_equals_untiled(unshuffle: int, tile: int) -> None:
    """With the net's radius and multiple, tiles do not change the result."""
    net = small(2, unshuffle, blocks=1)
    picture = torch.rand(1, 3, 21, 70)
    margin, multiple = net.receptive_radius, net.size_multiple
    with torch.inference_mode():
        whole = net(picture)
        tiled = run_tiled(net, picture, net.scale, margin, tile, multiple)
    assert (whole - tiled).abs().max() < 1e-5


def test_other_networks_are_not_recognized() -> None:
    """State dicts with the extra convolutions of ESRGAN+, or without a bias, are other networks."""
    state = small().state_dict()
    assert (
        catalog.recognize({**state, "body.0.rdb1.conv1x1.weight": torch.zeros(3, 6, 1, 1)}) is None
    )
    assert catalog.recognize({k: v for k, v in state.items() if k != "conv_hr.bias"}) is None


@pytest.mark.parametrize("unshuffle", [2, 4])
def test_packed_pixels_are_padded_by_mirroring(unshuffle: int) -> None:
    """A picture that is no multiple has the result of its mirrored continuation, cropped."""
    net = small(2, unshuffle, blocks=1)
    picture = torch.rand(1, 3, 2 * unshuffle + 1, 3 * unshuffle - 1)
    below, right = -picture.shape[-2] % unshuffle, -picture.shape[-1] % unshuffle
    wide = torch.nn.functional.pad(picture, (0, right, 0, below), mode="reflect")
    with torch.inference_mode():
        expected = net(wide)[..., : picture.shape[-2] * net.scale, : picture.shape[-1] * net.scale]
        assert torch.equal(net(picture), expected)
    assert net.scale == 4 // unshuffle


def test_a_network_that_would_shrink_is_another_one() -> None:
    """More packing than doublings has no whole scale: not recognized."""
    state = RRDBNet(1, 2, channels=6, blocks=1, growth=3).state_dict()
    wide = torch.zeros(6, 3 * 16, 3, 3)
    assert catalog.recognize(state) is not None
    assert rrdb.recognize({**state, "conv_first.weight": wide}) is None
