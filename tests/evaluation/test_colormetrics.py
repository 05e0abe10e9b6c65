"""Color metrics against published values, and values that can be worked out by hand."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.evaluation.colormetrics import (
    ciede2000,
    colorfulness,
    histogram_intersection,
    lab,
)

SHARMA = """
50 2.6772 -79.7751 50 0 -82.7485 2.0425
50 3.1571 -77.2803 50 0 -82.7485 2.8615
50 2.8361 -74.0200 50 0 -82.7485 3.4412
50 -1.3802 -84.2814 50 0 -82.7485 1.0000
50 -1.1848 -84.8006 50 0 -82.7485 1.0000
50 -0.9009 -85.5211 50 0 -82.7485 1.0000
50 0 0 50 -1 2 2.3669
50 -1 2 50 0 0 2.3669
50 2.4900 -0.0010 50 -2.4900 0.0009 7.1792
50 2.4900 -0.0010 50 -2.4900 0.0010 7.1792
50 2.4900 -0.0010 50 -2.4900 0.0011 7.2195
50 2.4900 -0.0010 50 -2.4900 0.0012 7.2195
50 -0.0010 2.4900 50 0.0009 -2.4900 4.8045
50 -0.0010 2.4900 50 0.0010 -2.4900 4.8045
50 -0.0010 2.4900 50 0.0011 -2.4900 4.7461
50 2.5 0 50 0 -2.5 4.3065
50 2.5 0 73 25 -18 27.1492
50 2.5 0 61 -5 29 22.8977
50 2.5 0 56 -27 -3 31.9030
50 2.5 0 58 24 15 19.4535
50 2.5 0 50 3.1736 0.5854 1.0000
50 2.5 0 50 3.2972 0 1.0000
50 2.5 0 50 1.8634 0.5757 1.0000
50 2.5 0 50 3.2592 0.3350 1.0000
60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082
"""
"""L, a, b of two colors and their difference: the 34 pairs of Sharma, Wu and Dalal (2005), table 1."""


def test_ciede2000_of_the_published_pairs() -> None:
    """All 34 pairs, either way round, to the four decimals that are published."""
    table = torch.tensor(
        [[float(word) for word in line.split()] for line in SHARMA.split("\n")[1:-1]]
    )
    table = table.double()
    one, other = table[:, 0:3, None, None], table[:, 3:6, None, None]
    assert len(table) == 34
    for found in (ciede2000(one, other), ciede2000(other, one)):
        assert found.flatten().tolist() == pytest.approx(table[:, 6].tolist(), abs=1e-4)


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((1.0, 1.0, 1.0), (100.0, 0.0, 0.0)),
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
        ((1.0, 0.0, 0.0), (53.24, 80.09, 67.20)),
        ((0.0, 0.0, 1.0), (32.30, 79.19, -107.86)),
    ],
)
def test_lab_of_known_colors(rgb: tuple[float, ...], expected: tuple[float, ...]) -> None:
    """SRGB primaries have the published CIELAB values (D65)."""
    found = lab(torch.tensor(rgb).view(1, 3, 1, 1)).flatten().tolist()
    assert found == pytest.approx(expected, abs=0.05)


@given(st.floats(0, 1))
def test_grays_have_no_color(value: float) -> None:
    """Any gray: colorfulness 0, a and b 0."""
    gray = torch.full((1, 3, 4, 4), value)
    assert colorfulness(gray) == pytest.approx(0, abs=1e-6)
    assert float(lab(gray)[:, 1:].abs().max()) < 0.02


def test_colorfulness_of_two_colors() -> None:
    """Half pure red, half pure green: rg is +-255, yb 127.5 everywhere; 255 + 0.3 * 127.5."""
    rgb = torch.zeros(1, 3, 2, 4)
    rgb[:, 0, 0], rgb[:, 1, 1] = 1, 1
    assert colorfulness(rgb) == pytest.approx(255 + 0.3 * 127.5)


def test_histograms_ignore_positions() -> None:
    """The same colors at other positions: 1; with half of one plane in another bin: three quarters."""
    chroma = torch.rand(1, 2, 8, 8, generator=torch.Generator().manual_seed(1)) - 0.5
    assert histogram_intersection(chroma.flip(-1), chroma) == pytest.approx(1)
    gray = torch.zeros(1, 2, 4, 4)
    tinted = gray.clone()
    tinted[:, 0, :2] = 0.1
    assert histogram_intersection(tinted, gray) == pytest.approx(0.75)


def test_histogram_bins_are_eight_code_values() -> None:
    """Seven code values from neutral upwards are neutral's bin, eight and minus one are not."""
    gray = torch.zeros(1, 2, 4, 4)
    shared = [histogram_intersection(gray + codes / 255, gray) for codes in (0, 7, 8, -1)]
    assert shared == [1, 1, 0, 0]


COLOR = st.tuples(st.floats(0, 100), st.floats(-100, 100), st.floats(-100, 100))


def pixel(color: tuple[float, float, float]) -> torch.Tensor:
    """A CIELAB picture of one pixel."""
    return torch.tensor(color, dtype=torch.float64).view(1, 3, 1, 1)


@given(COLOR, COLOR)
def test_ciede2000_is_a_symmetric_difference(
    one: tuple[float, float, float], other: tuple[float, float, float]
) -> None:
    """Zero for equal colors, never negative or NaN, and the same whichever color comes first."""
    a, b = pixel(one), pixel(other)
    assert float(ciede2000(a, a)) == pytest.approx(0, abs=1e-6)
    assert float(ciede2000(a, b)) >= 0
    assert float(ciede2000(a, b)) == pytest.approx(float(ciede2000(b, a)), abs=1e-6)


@given(st.floats(0, 100), st.floats(0, 100))
def test_ciede2000_of_grays_is_the_weighted_lightness(one: float, other: float) -> None:
    """Without chroma only the first term is left: dL / (1 + 0.015 (L - 50)^2 / sqrt(20 + (L - 50)^2))."""
    square = ((one + other) / 2 - 50) ** 2
    weight = 1 + 0.015 * square / (20 + square) ** 0.5
    found = float(ciede2000(pixel((one, 0, 0)), pixel((other, 0, 0))))
    assert found == pytest.approx(abs(one - other) / weight, abs=1e-9)


def test_lab_is_linear_near_black() -> None:
    """Below 0.9 % of white light L is 903.3 times it (24389 / 27), so dark noise is not exaggerated."""
    code = torch.tensor([0.0, 0.01, 0.02, 0.03]).view(1, 1, 1, 4).expand(1, 3, 1, 4)
    expected = (code[0, 0, 0].double() / 12.92 * 24389 / 27).tolist()
    assert lab(code)[0, 0, 0].tolist() == pytest.approx(expected, abs=1e-3)


@given(st.floats(0, 0.5), st.integers(0, 20))
def test_colorfulness_grows_with_the_chroma(share: float, seed: int) -> None:
    """Colors mixed with their gray are less colorful in proportion to the share that is left."""
    drawn = torch.rand(1, 3, 6, 6, generator=torch.Generator().manual_seed(seed))
    gray = drawn.mean(1, keepdim=True)
    pale = gray + share * (drawn - gray)
    assert colorfulness(pale) == pytest.approx(share * colorfulness(drawn), rel=1e-4, abs=1e-4)


@given(st.integers(0, 50))
def test_histogram_intersection_is_a_symmetric_share(seed: int) -> None:
    """Within 0..1, the same whichever comes first, and 1 for itself."""
    drawn = torch.Generator().manual_seed(seed)
    one, other = (0.3 * torch.randn(2, 2, 5, 7, generator=drawn) for _ in range(2))
    found = histogram_intersection(one, other)
    assert 0 <= found <= 1
    assert found == histogram_intersection(other, one)
    assert histogram_intersection(one, one) == pytest.approx(1)


def test_chroma_outside_the_range_counts_in_the_last_bins() -> None:
    """Values beyond +-0.5 are clipped to the outermost code values, no sample is lost."""
    far, edge = torch.full((1, 2, 3, 3), 2.0), torch.full((1, 2, 3, 3), 0.499)
    assert histogram_intersection(far, edge) == 1
    assert histogram_intersection(-far, edge) == 0
