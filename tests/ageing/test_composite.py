"""Composite video: dots at color edges, color from fine detail, with the phase of the system."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.ageing.aged_planes import FilmPlanes
from restore.ageing.amounts import Ageing
from restore.ageing.composite import SUBCARRIERS, composite
from restore.ageing.shot import age
from restore.ageing.tape_chroma import bleed, stairs
from restore.filters.composite_signal import System

SYSTEMS: tuple[System, ...] = ("ntsc", "pal")


def bars(frames: int = 6, height: int = 32, width: int = 360) -> FilmPlanes:
    """Gray luma with a red patch in the middle of every line."""
    chroma = torch.zeros(frames, 2, height, width)
    chroma[:, 1, :, 120:240] = 0.4
    return FilmPlanes(torch.full((frames, 1, height, width), 0.5), chroma)


def stripes(period: float, frames: int = 6, height: int = 16, width: int = 360) -> FilmPlanes:
    """Vertical gray stripes of that period, without color."""
    wave = 0.2 * torch.sin(2 * torch.pi * torch.arange(width) / period)
    return FilmPlanes(
        (0.5 + wave).expand(frames, 1, height, width), torch.zeros(frames, 2, height, width)
    )


@pytest.mark.parametrize("system", SYSTEMS)
def test_dots_are_at_color_edges_only(system: System) -> None:
    """Far from a color edge the luma stays; at the edge it has the pattern; chroma stays."""
    film = bars()
    dotted = composite(film, 1.0, 0.0, system, 0)
    change = (dotted.luma - film.luma).abs()[:, 0].amax((0, 1))

    assert float(change[100:140].max()) > 0.1
    assert float(change[170:190].max()) < 0.01
    assert float(change[:60].max()) < 0.01
    assert dotted.chroma is not None
    assert film.chroma is not None
    assert torch.equal(dotted.chroma, film.chroma)


@pytest.mark.parametrize(("system", "frames"), [("ntsc", 1), ("pal", 2)])
def test_the_pattern_is_opposite_after_one_frame_of_ntsc_and_two_of_pal(
    system: System, frames: int
) -> None:
    """With the opposite phase, the mean of both frames has no pattern."""
    film = bars()
    dots = composite(film, 1.0, 0.0, system, 3).luma - film.luma

    torch.testing.assert_close(dots[0], -dots[frames], atol=2e-4, rtol=0)
    assert float(dots[0].abs().max()) > 0.1


@pytest.mark.parametrize("system", SYSTEMS)
def test_detail_near_the_subcarrier_becomes_color(system: System) -> None:
    """Stripes at its frequency turn to strong color, wide ones to none; luma stays."""
    period = 360 / SUBCARRIERS[system].across
    fine, wide = (composite(stripes(each * period), 0.0, 1.0, system, 0) for each in (1.05, 6.0))
    assert fine.chroma is not None
    assert wide.chroma is not None

    assert float(fine.chroma.std()) > 0.05
    assert float(wide.chroma.std()) < 0.1 * float(fine.chroma.std())
    assert torch.equal(fine.luma, stripes(1.05 * period).luma)


@given(first=st.integers(0, 50))
def test_the_phase_continues_in_the_next_part(first: int) -> None:
    """A part of a shot has the pattern of the whole shot."""
    film = bars(frames=4)
    whole = composite(bars(frames=first + 4), 1.0, 0.0, "pal", 0)
    part = composite(film, 1.0, 0.0, "pal", first)
    torch.testing.assert_close(part.luma, whole.luma[first:])


def test_gray_films_and_zero_amounts_stay() -> None:
    """Without color or without amounts nothing is decoded from composite."""
    gray = FilmPlanes(torch.rand(2, 1, 8, 8))
    assert composite(gray, 1.0, 1.0, "ntsc", 0) is gray
    film = bars()
    assert composite(film, 0.0, 0.0, "ntsc", 0) is film


def test_composite_is_damage_and_not_in_the_truth() -> None:
    """An aged shot has the dots and the rainbows, its ground truth has neither."""
    rgb = torch.rand(2, 3, 24, 64, generator=torch.Generator().manual_seed(3))
    plain, dotted = (
        age(rgb, Ageing(color=True, dot_crawl=share, cross_color=share), 1, torch.Generator())
        for share in (0.0, 0.5)
    )
    assert not torch.equal(plain.aged, dotted.aged)
    assert torch.equal(plain.truth, dotted.truth)
    assert plain.true_chroma is not None
    assert dotted.true_chroma is not None
    assert dotted.chroma is not None
    assert torch.equal(plain.true_chroma, dotted.true_chroma)
    assert not torch.equal(dotted.chroma, dotted.true_chroma)


def test_chroma_moves_in_both_directions() -> None:
    """The shift is to the right and down, fractions included; negative is to the left and up."""
    spot = torch.zeros(1, 2, 32, 32)
    spot[..., 14:18, 14:18] = 1
    place = torch.arange(32.0)
    for right, down in ((2.0, -1.5), (-0.75, 3.0)):
        moved = bleed(spot, 1.0, right, down)[0, 0]
        assert float((moved.sum(0) * place).sum() / moved.sum()) == pytest.approx(
            15.5 + right, abs=0.02
        )
        assert float((moved.sum(1) * place).sum() / moved.sum()) == pytest.approx(
            15.5 + down, abs=0.02
        )


@given(width=st.integers(1, 13))
def test_stairs_are_four_pixels_wide(width: int) -> None:
    """Four pixels of a line share their mean, at any width; rows stay separate."""
    chroma = torch.rand(1, 2, 3, width, generator=torch.Generator().manual_seed(width))
    steps = stairs(chroma)
    assert steps.shape == chroma.shape
    torch.testing.assert_close(steps, stairs(steps))
    first = steps[..., : min(4, width)]
    torch.testing.assert_close(first, first[..., :1].expand_as(first))
    if width >= 4:
        torch.testing.assert_close(first[..., 0], chroma[..., :4].mean(-1))
