"""ColorResNet: sizes, context, and a trunk that published ResNet50 v2 weights fit."""

from pathlib import Path

import pytest
import torch

from restore.nets.color_resnet import ColorResNet
from restore.nets.layers.resnet import ResNetStages
from restore.training.init_weights import load_init_weights

TRUNK = Path("../shared/data/weights/resnet50v2_stages.safetensors")


@pytest.fixture(scope="module")
def net() -> ColorResNet:
    """A seeded net with few bins."""
    torch.manual_seed(5)
    return ColorResNet(bins=7, width=16, context=8).eval()


@pytest.mark.parametrize("size", [(32, 32), (64, 96), (128, 32)])
def test_scores_come_at_a_quarter_of_the_size(net: ColorResNet, size: tuple[int, int]) -> None:
    """Any multiple of 32 goes in; one score a bin for every 4x4 pixels comes out."""
    with torch.no_grad():
        assert (2, 7, size[0] // 4, size[1] // 4) == net(torch.rand(2, 1, *size)).shape


def test_the_decoder_has_features_at_an_eighth_and_a_quarter(net: ColorResNet) -> None:
    """Other networks start from these features: an eighth with the full width, a quarter with half of it."""
    with torch.no_grad():
        eighth, quarter = net.decoded(torch.rand(1, 1, 64, 96))
    assert eighth.shape == (1, 16, 8, 12)
    assert quarter.shape == (1, 8, 16, 24)


def test_every_score_depends_on_the_whole_picture(net: ColorResNet) -> None:
    """The mean over the picture is part of each position's context."""
    gray = torch.rand(1, 1, 256, 64, requires_grad=True)
    net(gray)[0, :, 0, 0].square().sum().backward()
    assert gray.grad is not None
    assert float(gray.grad[..., -32:, :].abs().max()) > 0


def test_batch_norms_stay_on_stored_statistics(net: ColorResNet) -> None:
    """Training mode neither uses nor changes a batch's statistics: pictures do not influence each other."""
    pictures = torch.rand(2, 1, 64, 64)
    net.train()
    mean_before = net.trunk.get_buffer("norm3.running_mean").clone()

    together, alone = net(pictures), net(pictures[:1])
    net.eval()

    torch.testing.assert_close(together[:1], alone, atol=1e-4, rtol=1e-4)
    assert torch.equal(mean_before, net.trunk.get_buffer("norm3.running_mean"))


def test_the_trunk_starts_from_a_file_of_the_trunk_alone(tmp_path: Path) -> None:
    """A file with the trunk's own names gives its weights to `trunk`; the decoder stays as initialized."""
    from safetensors.torch import save_file

    torch.manual_seed(1)
    given = ResNetStages().state_dict()
    save_file(given, tmp_path / "trunk.safetensors")
    net = ColorResNet(bins=3, width=16, context=8)
    scores = net.scores.weight.clone()

    load_init_weights(net, "trunk.safetensors", tmp_path)

    assert torch.equal(
        given["layer2.1.conv2.weight"], net.trunk.state_dict()["layer2.1.conv2.weight"]
    )
    assert torch.equal(scores, net.scores.weight)


@pytest.mark.skipif(not TRUNK.is_file(), reason="needs the published trunk")
def test_published_weights_fill_the_trunk() -> None:
    """All weights of the published stages have a place, and its last features are of their stated size."""
    from safetensors.torch import load_file

    given = load_file(TRUNK)
    trunk = ResNetStages()
    names = {name for name in trunk.state_dict() if not name.endswith("num_batches_tracked")}
    assert names == set(given)
    trunk.load_state_dict({k: v.float() for k, v in given.items()}, strict=False)
    torch.manual_seed(2)
    with torch.no_grad():
        deep = trunk.eval()(torch.rand(1, 1, 96, 96)).sixteenth
    assert 0.005 < float(deep.std()) < 0.2
