"""The table from which a color model's readout is chosen."""

import pytest
import torch

from restore.nets.color import ColorNet
from restore.training.readout import SATURATIONS, TEMPERATURES, operating_points


def test_every_point_is_tried_and_vividness_follows_saturation() -> None:
    """All temperatures with all saturations; at one temperature more saturation is more colorful."""
    torch.manual_seed(1)
    net = ColorNet(5, 8).eval()
    net.centres.copy_(torch.tensor([[0.0, 0], [0.1, 0], [0, 0.1], [-0.1, 0], [0, -0.1]]))
    stills = [torch.rand(1, 3, 32, 40, generator=torch.Generator().manual_seed(2))]

    points = list(operating_points(net, stills, None, size=32))

    assert [(t, s) for t in TEMPERATURES for s in SATURATIONS] == [
        (point.temperature, point.saturation) for point in points
    ]
    coldest = [point.colorfulness for point in points[: len(SATURATIONS)]]
    assert coldest == pytest.approx(sorted(coldest))
    assert coldest[0] < coldest[-1]
