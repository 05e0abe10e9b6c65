"""ColorNet: sizes, bins, and a trunk that published MobileNetV2 weights fit."""

import pytest
import torch

from restore.nets.color import ColorNet


@pytest.fixture(scope="module")
def net() -> ColorNet:
    """A seeded net with few bins."""
    torch.manual_seed(5)
    return ColorNet(bins=7, width=16).eval()


@pytest.mark.parametrize("size", [(32, 32), (64, 96), (128, 32)])
def test_scores_come_at_a_quarter_of_the_size(net: ColorNet, size: tuple[int, int]) -> None:
    """Any multiple of 32 goes in; one score a bin for every 4x4 pixels comes out."""
    assert (2, 7, size[0] // 4, size[1] // 4) == net(torch.rand(2, 1, *size)).shape


def test_batch_norms_stay_on_stored_statistics(net: ColorNet) -> None:
    """Training mode neither uses nor changes a batch's statistics: pictures do not influence each other."""
    pictures = torch.rand(2, 1, 64, 64)
    net.train()
    mean_before = net.features[0][1].running_mean.clone()

    together, alone = net(pictures), net(pictures[:1])
    net.eval()

    torch.testing.assert_close(together[:1], alone, atol=1e-4, rtol=1e-4)
    assert torch.equal(mean_before, net.features[0][1].running_mean)


def test_gray_is_normalized_as_three_equal_channels(net: ColorNet) -> None:
    """The trunk gets the gray in all three channels, each with ImageNet's mean and deviation."""
    seen: list[torch.Tensor] = []
    hook = net.features[0].register_forward_pre_hook(lambda _module, given: seen.append(given[0]))
    net(torch.full((1, 1, 32, 32), 0.5))
    hook.remove()

    expected = [(0.5 - m) / s for m, s in ((0.485, 0.229), (0.456, 0.224), (0.406, 0.225))]
    assert seen[0][0, :, 9, 9].tolist() == pytest.approx(expected)


def test_trunk_has_torchvision_names(net: ColorNet) -> None:
    """Names and shapes are those of torchvision's mobilenet_v2 `features`, so its weights start ours."""
    state = net.state_dict()
    for name, shape in {
        "features.0.0.weight": (32, 3, 3, 3),
        "features.1.conv.0.0.weight": (32, 1, 3, 3),
        "features.1.conv.1.weight": (16, 32, 1, 1),
        "features.2.conv.1.0.weight": (96, 1, 3, 3),
        "features.2.conv.3.running_var": (24,),
        "features.17.conv.2.weight": (320, 960, 1, 1),
    }.items():
        assert shape == tuple(state[name].shape)


def test_bin_centers_are_saved_with_the_weights(net: ColorNet) -> None:
    """`centres` is part of the state dict; the normalization constants are not."""
    names = net.state_dict().keys()
    assert "centres" in names
    assert not {"mean", "std"} & set(names)


def test_it_runs_in_bf16(net: ColorNet) -> None:
    """A copy in bf16 and channels last gives finite scores near the fp32 ones."""
    torch.manual_seed(5)
    low = ColorNet(bins=7, width=16).eval().to(torch.bfloat16)
    picture = torch.rand(1, 1, 64, 64)

    scores = low(picture.bfloat16().contiguous(memory_format=torch.channels_last))

    assert torch.isfinite(scores).all()
    torch.testing.assert_close(scores.float(), net(picture), atol=0.1, rtol=0.1)


def test_every_weight_gets_a_gradient(net: ColorNet) -> None:
    """Trunk, skips and decoder are connected: the loss reaches every parameter."""
    torch.manual_seed(3)
    fresh = ColorNet(bins=5, width=8)
    fresh.train()
    fresh(torch.rand(2, 1, 64, 64)).square().sum().backward()
    without = [n for n, p in fresh.named_parameters() if p.grad is None or not bool(p.grad.any())]
    assert without == []


def test_the_whole_picture_decides_about_every_place(net: ColorNet) -> None:
    """The scene's mean reaches the far corner: colors depend on more than the neighborhood."""
    picture = torch.rand(1, 1, 256, 256)
    other = picture.clone()
    other[..., :32, :32] = 1
    with torch.no_grad():
        difference = (net(picture) - net(other)).abs()
    assert float(difference[..., -1, -1].max()) > 0


def test_pictures_of_a_batch_are_independent(net: ColorNet) -> None:
    """The scores are the same whether a picture is computed alone or in a batch."""
    batch = torch.rand(3, 1, 64, 96)
    with torch.no_grad():
        together, alone = net(batch), torch.cat([net(one) for one in batch.split(1)])
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=1e-4)
