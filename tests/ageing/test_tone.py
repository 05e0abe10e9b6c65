"""Printing curves, vignettes, stocks, dyes and planes, computed by hand."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.ageing import dyes, motion, stock, tape_chroma, tone
from restore.ageing.aged_planes import FilmPlanes, joined, split
from restore.clip import LUMA_WEIGHTS

UNIT = st.floats(0, 1, width=32)


def value(level: float) -> torch.Tensor:
    """A picture of one sample."""
    return torch.tensor([[[[level]]]], dtype=torch.float64)


@given(level=UNIT, gamma=st.floats(0.3, 3), contrast=st.floats(-1, 1))
def test_the_printing_curve_by_hand(level: float, gamma: float, contrast: float) -> None:
    """x^gamma, then x + contrast * (3 x^2 - 2 x^3 - x), then from black to white."""
    x = level**gamma
    x += contrast * (3 * x**2 - 2 * x**3 - x)
    found = tone.print_tone(value(level), gamma, contrast, 0.1, 0.8)
    assert float(found) == pytest.approx(0.1 + 0.7 * x, abs=1e-6)


@given(level=st.floats(-0.5, 1.5), contrast=st.floats(-1, 1))
def test_contrast_keeps_black_middle_and_white(level: float, contrast: float) -> None:
    """0, 0.5 and 1 stay; what lies outside keeps its distance from them."""
    for fixed in (0.0, 0.5, 1.0):
        assert float(tone.steepen(value(fixed), contrast)) == pytest.approx(fixed)
    if not 0 <= level <= 1:
        assert float(tone.steepen(value(level), contrast)) == level


@given(contrast=st.floats(-1, 1))
def test_no_contrast_folds_the_curve(contrast: float) -> None:
    """The curve rises throughout, so that no two tones are exchanged."""
    ramp = torch.linspace(-0.2, 1.2, 400, dtype=torch.float64).view(1, 1, 1, -1)
    assert float(tone.steepen(ramp, contrast).diff().min()) >= -1e-12


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (5, 1), (4, 6)])
def test_a_vignette_is_symmetric_at_any_size(size: tuple[int, int]) -> None:
    """Darkest in the corners, which lose the stated share; all four quarters are alike."""
    light = tone.vignette(torch.ones(1, 2, *size), 0.4)
    assert torch.equal(light, light.flip(-1))
    assert torch.equal(light, light.flip(-2))
    assert float(light.min()) >= 0.6 - 1e-6
    if min(size) > 1:
        assert float(light[0, 0, 0, 0]) == pytest.approx(0.6)


@given(red=UNIT, green=UNIT, blue=UNIT)
def test_light_adds_up_in_linear_light(red: float, green: float, blue: float) -> None:
    """The response weighs light, not code values: (sum of w * x^2.2)^(1/2.2)."""
    rgb = torch.tensor([red, green, blue], dtype=torch.float64).view(1, 3, 1, 1)
    for response in (stock.PANCHROMATIC, stock.ORTHOCHROMATIC):
        light = sum(w * x**2.2 for w, x in zip(response, (red, green, blue), strict=True))
        assert float(stock.expose(rgb, response)) == pytest.approx(light ** (1 / 2.2), abs=1e-6)


@given(red=UNIT, green=UNIT, blue=UNIT)
def test_planes_and_rgb_are_the_same_picture(red: float, green: float, blue: float) -> None:
    """Split and joined again the color is the same; luma has the weights of BT.709."""
    rgb = torch.tensor([red, green, blue], dtype=torch.float64).view(1, 3, 1, 1)
    film = split(rgb)
    torch.testing.assert_close(joined(film), rgb, atol=1e-9, rtol=0)
    weights = LUMA_WEIGHTS["bt709"]
    expected = sum(w * x for w, x in zip(weights, (red, green, blue), strict=True))
    assert float(film.luma) == pytest.approx(expected)


def test_changes_reach_the_planes_that_they_name() -> None:
    """Of both, luma or chroma alone; a film without chroma stays without, and is gray as R'G'B'."""

    def halve(plane: torch.Tensor) -> torch.Tensor:
        return plane / 2

    luma, chroma = torch.rand(1, 1, 2, 2), torch.rand(1, 2, 2, 2)
    film, gray = FilmPlanes(luma, chroma), FilmPlanes(luma)
    for changed, expected in (
        (film.both(halve), (luma / 2, chroma / 2)),
        (film.on_luma(halve), (luma / 2, chroma)),
        (film.on_chroma(halve), (luma, chroma / 2)),
    ):
        assert changed.chroma is not None
        assert torch.equal(changed.luma, expected[0])
        assert torch.equal(changed.chroma, expected[1])
    assert gray.both(halve).chroma is None
    assert gray.on_chroma(halve) is gray
    assert torch.equal(joined(gray), luma.expand(-1, 3, -1, -1))


@given(amount=st.floats(0, 1), red=UNIT, green=UNIT, blue=UNIT)
def test_faded_dyes_absorb_less(amount: float, red: float, green: float, blue: float) -> None:
    """1 - R'G'B', what the dyes absorb, is less by the amount: cyan all of it, magenta 0.35, yellow 0.5."""
    rgb = torch.tensor([red, green, blue], dtype=torch.float64).view(1, 3, 1, 1)
    found = joined(dyes.fade(split(rgb), amount)).flatten().tolist()
    losses = (1.0, 0.35, 0.5)
    expected = [
        1 - (1 - x) * (1 - amount * loss)
        for x, loss in zip((red, green, blue), losses, strict=True)
    ]
    assert found == pytest.approx(expected, abs=1e-6)


@given(first=st.integers(0, 20), seed=st.integers(0, 50))
def test_flicker_and_weave_go_on_from_part_to_part(first: int, seed: int) -> None:
    """Frames from number `first` on have the light and the place that they have in the whole shot."""

    def generator() -> torch.Generator:
        return torch.Generator().manual_seed(seed)

    shape = torch.Size((4, 1, 3, 3))
    whole = motion.exposure(torch.Size((24, 1, 3, 3)), 0.1, 0.1, 0.1, 0, generator())
    part = motion.exposure(shape, 0.1, 0.1, 0.1, first, generator())
    assert whole is not None
    assert part is not None
    assert torch.equal(whole[first : first + 4], part)
    path = motion.weave_path(24, 1.5, 0.3, 0, generator())
    assert motion.weave_path(4, 1.5, 0.3, first, generator()) == path[first : first + 4]


def test_light_is_never_negative() -> None:
    """However strong the flicker: the darkest frame is black, not a negative."""
    light = motion.exposure(torch.Size((500, 1, 2, 2)), 5.0, 5.0, 5.0, 0, torch.Generator())
    assert light is not None
    assert float(light.min()) == 0


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 5), (8, 7)])
def test_halved_and_doubled_chroma_keeps_flat_fields_and_sizes(size: tuple[int, int]) -> None:
    """At odd sizes the last sample is shared with its own copy; a flat field stays."""
    chroma = torch.full((1, 2, *size), 0.2)
    half = tape_chroma.halved(chroma)
    assert half.shape[-2:] == (-(-size[0] // 2), -(-size[1] // 2))
    assert torch.equal(tape_chroma.doubled(half, *size), chroma)
