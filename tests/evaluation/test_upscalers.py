"""Networks and baselines behind one interface."""

import pytest
import torch
from torch import nn

from restore.evaluation.upscalers import (
    BASELINES,
    cost_of,
    denoised,
    enlarged,
    lanczos,
    network,
    nlmeans,
    noise_level,
)
from restore.nets.film import FilmNet
from restore.treatments.treatment import Engine


def slope(noise: float = 0.0) -> torch.Tensor:
    """One frame of a gradient with white noise of that deviation."""
    line = torch.linspace(0.2, 0.8, 80).expand(1, 1, 60, 80)
    drawn = torch.randn(1, 1, 60, 80, generator=torch.Generator().manual_seed(1))
    return line + noise * drawn


@pytest.mark.parametrize("sigma", [0.01, 0.05])
def test_noise_is_estimated(sigma: float) -> None:
    """White noise on a gradient is estimated within a tenth; a clean frame has none."""
    assert noise_level(slope(sigma)) == pytest.approx(sigma, rel=0.1)
    assert noise_level(slope()) < 1e-6


def test_denoising_removes_noise() -> None:
    """The remaining error is less than half of the noise; a clean frame changes by rounding only."""
    clean = slope()
    assert float((denoised(slope(0.05)) - clean).std()) < 0.025
    assert float((denoised(clean) - clean).abs().max()) <= 0.5 / 255 + 1e-6


def test_baselines_work_on_the_frame_asked_for() -> None:
    """Lanczos is the enlarged frame; a flat frame is flat after either baseline."""
    shot = torch.cat([slope(), torch.full((1, 1, 60, 80), 0.4)])
    assert torch.equal(*lanczos(2).restore(shot, range(1)), enlarged(shot[:1], 2))
    for upscaler in (lanczos(2), nlmeans(2)):
        (result,) = upscaler.restore(shot, range(1, 2))
        assert result.shape == (1, 1, 120, 160)
        assert float((result - 0.4).abs().max()) < 1e-5


def test_a_network_gets_its_window() -> None:
    """The result depends on the frame and its two neighbors, and on no others."""
    torch.manual_seed(2)
    net = FilmNet(2, frames=3, channels=4, depth=1).eval()
    upscaler = network("tiny", net, Engine())
    shot = torch.rand(6, 1, 10, 12)
    changed = shot.clone()
    changed[4:] = 0

    with torch.inference_mode():
        expected = net(shot[1:4, 0][None])
    before, after = (list(upscaler.restore(film, range(2, 4))) for film in (shot, changed))
    assert torch.allclose(before[0], expected, atol=1e-6)
    assert torch.equal(after[0], before[0])
    assert not torch.equal(after[1], before[1])


def test_costs_are_counted() -> None:
    """A 3x3 layer from 2 to 5 channels, and a 1x1 layer at half size: 90 + 4 * 5 / 4 per pixel."""
    net = nn.Sequential(
        nn.Conv2d(2, 5, 3, padding=1, bias=False), nn.AvgPool2d(2), nn.Conv2d(5, 4, 1)
    )
    cost = cost_of(net, 2)
    assert cost.macs == 2 * 5 * 9 + 4 * 5 / 4
    assert cost.parameters == 90 + 20 + 4


def test_baselines_are_called_untouched_at_the_films_own_size() -> None:
    """At scale 1 Lanczos is the film itself, bit for bit, and the names say that nothing is enlarged."""
    shot = slope(0.05)
    (result,) = lanczos(1).restore(shot, range(1))
    torch.testing.assert_close(result, shot, atol=1e-6, rtol=0)
    assert (lanczos(1).name, nlmeans(1).name) == ("untouched", "nlmeans")
    assert (lanczos(2).name, nlmeans(2).name) == ("Lanczos", "nlmeans + Lanczos")
    assert {lanczos(1).name, nlmeans(1).name, lanczos(2).name, nlmeans(2).name} == set(BASELINES)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 2), (33, 1)])
def test_lanczos_enlarges_any_size_and_keeps_flat_fields(size: tuple[int, int]) -> None:
    """Down to one pixel: the size is exact and a flat field stays flat."""
    for scale in (2, 3, 4):
        result = enlarged(torch.full((2, 1, *size), 0.3), scale)
        assert result.shape == (2, 1, size[0] * scale, size[1] * scale)
        assert float((result - 0.3).abs().max()) < 1e-5


def test_results_come_one_by_one() -> None:
    """A frame is restored when it is asked for, so memory does not grow with the shot."""
    seen: list[int] = []

    class Noted(nn.Module):
        """Notes each window and gives its middle frame."""

        frames, scale = 3, 1

        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 1, 1)

        def forward(self, window: torch.Tensor) -> torch.Tensor:
            """Note that a window arrived."""
            seen.append(len(window))
            return window[:, 1:2]

    upscaler = network("noted", Noted(), Engine())
    seen.clear()  # the cost was counted
    results = upscaler.restore(torch.rand(6, 1, 8, 8), range(2, 5))
    next(results)
    assert seen == [1]
    assert len(list(results)) == 2
    assert seen == [1, 1, 1]


def test_the_ends_of_a_shot_repeat_their_frame() -> None:
    """Beyond the first and last frame the window holds that frame again."""
    windows: list[torch.Tensor] = []

    class Seen(nn.Module):
        """Keeps the windows."""

        frames, scale = 3, 1

        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 1, 1)

        def forward(self, window: torch.Tensor) -> torch.Tensor:
            """Keep the window and give its middle frame."""
            windows.append(window[0, :, 0, 0])
            return window[:, 1:2]

    shot = torch.arange(4.0).view(4, 1, 1, 1).expand(4, 1, 4, 4)
    upscaler = network("seen", Seen(), Engine())
    windows.clear()
    list(upscaler.restore(shot, range(4)))
    assert [window.tolist() for window in windows] == [[0, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 3]]
