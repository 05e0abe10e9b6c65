"""Crosstalk of composite video: what color predicts in luma, and luma in color."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from restore.ageing.aged_planes import FilmPlanes
from restore.ageing.composite import composite
from restore.ageing.tape_chroma import halved
from restore.clip import Clip, ColorSpec, Fields, Siting
from restore.filters.composite_signal import CYCLES, GAINS, System
from restore.filters.crosstalk import (
    Crosstalk,
    color_edges,
    dots,
    field_sums,
    rainbows,
    sharp,
    subcarrier,
    without_crosstalk,
)
from restore.filters.gaussian import blurred

WIDTH, HEIGHT = 720, 96
PERIOD = {system: WIDTH / cycles for system, cycles in CYCLES.items()}
SYSTEMS: tuple[System, ...] = ("ntsc", "pal")


def fine(frames: int = 4) -> FilmPlanes:
    """Soft luma with some fine detail, and patches of color with sharp edges, as wide as video."""
    draw = torch.Generator().manual_seed(4)
    luma = 0.5 + 0.3 * blurred(torch.randn(1, 1, HEIGHT, WIDTH, generator=draw), 0.8, 0.6)
    colors = 0.5 * torch.rand(1, 2, HEIGHT // 16, WIDTH // 24, generator=draw) - 0.25
    chroma = colors.repeat_interleave(16, -2).repeat_interleave(24, -1)
    return FilmPlanes(luma.expand(frames, -1, -1, -1), chroma.expand(frames, -1, -1, -1))


def clip_of(film: FilmPlanes, siting: Siting = "center", fields: Fields | None = None) -> Clip:
    """In 4:2:0; frames with fields have the chroma of each field."""
    assert film.chroma is not None
    spec = ColorSpec("bt601", "limited", siting=siting, fields=fields)
    chroma = halved(film.chroma)
    if fields:
        chroma = torch.stack([halved(film.chroma[..., row::2, :]) for row in (0, 1)], 3).flatten(
            2, 3
        )
    return Clip(film.luma.clone(), chroma, 100, spec)


def worn(system: System, crawl: float, share: float, first: int = 0) -> Clip:
    """The same frames from composite video."""
    return clip_of(composite(fine(), crawl, share, system, first))


def rms(values: Tensor) -> float:
    """Root mean square."""
    return float(values.square().mean().sqrt())


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("first", [0, 1, 7])
def test_dots_are_removed_whatever_the_number_of_the_frame(system: System, first: int) -> None:
    """Every field shows its phase and, in PAL, the sign of V; color edges are only known at half width."""
    clip, true = worn(system, 0.6, 0.0, first), clip_of(fine())
    clean, most = without_crosstalk(clip, Crosstalk(system, CYCLES[system], 0.6, 0.0))
    assert rms(clean.luma - true.luma) < 0.5 * rms(clip.luma - true.luma)
    assert bool(((clean.luma - clip.luma).abs() <= most + 1e-6).all())
    assert clean.chroma is clip.chroma or torch.equal(clean.chroma, clip.chroma)  # type: ignore[arg-type]


@pytest.mark.parametrize("system", SYSTEMS)
def test_rainbows_are_removed_from_chroma(system: System) -> None:
    """The fine detail of luma predicts them; the color itself stays."""
    clip, true = worn(system, 0.4, 0.4), clip_of(fine())
    clean, _ = without_crosstalk(clip, Crosstalk(system, CYCLES[system], 0.4, 0.4))
    assert clean.chroma is not None
    assert clip.chroma is not None
    assert true.chroma is not None
    assert rms(clean.chroma - true.chroma) < 0.6 * rms(clip.chroma - true.chroma)


def test_each_frame_is_computed_by_itself() -> None:
    """A part of a clip gives the same values as the whole."""
    clip, found = worn("pal", 0.6, 0.3), Crosstalk("pal", CYCLES["pal"], 0.6, 0.3)
    whole, _ = without_crosstalk(clip, found)
    part, _ = without_crosstalk(clip.part(102, 103), found)
    assert torch.equal(part.luma[0], whole.luma[2])
    assert part.chroma is not None
    assert whole.chroma is not None
    assert torch.equal(part.chroma[0], whole.chroma[2])


def test_fields_without_the_pattern_keep_every_value() -> None:
    """Rows that were computed again, as in a deinterlaced frame, do not show it; the other field does."""
    clip = worn("ntsc", 0.6, 0.0)
    true = clip_of(fine())
    luma = clip.luma.clone()
    luma[..., 1::2, :] = 0.5
    clean, _ = without_crosstalk(
        replace(clip, luma=luma), Crosstalk("ntsc", CYCLES["ntsc"], 0.6, 0.0)
    )
    assert torch.equal(clean.luma[..., 1::2, :], luma[..., 1::2, :])
    left = rms(clean.luma[..., ::2, :] - true.luma[..., ::2, :])
    assert left < 0.5 * rms(luma[..., ::2, :] - true.luma[..., ::2, :])


def test_woven_fields_of_different_frames_are_treated_like_any() -> None:
    """Frames of film from inverse pulldown have fields whose phases do not belong together."""
    clip, true = worn("ntsc", 0.6, 0.0), clip_of(fine())
    woven = clip.luma.clone()
    woven[:-1, :, 1::2] = clip.luma[1:, :, 1::2]
    clean, _ = without_crosstalk(
        replace(clip, luma=woven), Crosstalk("ntsc", CYCLES["ntsc"], 0.6, 0.0)
    )
    assert rms(clean.luma - true.luma) < 0.5 * rms(woven - true.luma)


@pytest.mark.parametrize("fields", [None, "tff"])
@pytest.mark.parametrize("siting", ["center", "left"])
def test_edges_of_color_lie_where_chroma_says(siting: Siting, fields: Fields | None) -> None:
    """In the middle of two samples of chroma, with either siting; the weights are those of U and V."""
    chroma = torch.zeros(1, 2, 16, 32)
    chroma[..., 16:] = 0.1
    spec = ColorSpec("bt601", "limited", siting=siting, fields=fields)
    edges = color_edges(Clip(torch.zeros(1, 1, 32, 64), chroma, 0, spec), 4.0)
    row = edges[0, 0, 15]
    if siting == "center":
        assert float(row[31]) == pytest.approx(-float(row[32]), rel=0.01)
    else:
        assert abs(float(row[31])) < 0.3 * abs(float(row[30]))
    torch.testing.assert_close(edges[0, 1] * GAINS[0], edges[0, 0] * GAINS[1])
    assert float(edges[..., :10].abs().max()) < 1e-6


def test_chroma_of_interlaced_frames_belongs_to_its_field() -> None:
    """Color in the top field only has edges in rows 0, 2, 4 ... only."""
    chroma = torch.zeros(1, 2, 16, 32)
    chroma[..., ::2, 16:] = 0.1
    spec = ColorSpec("bt601", "limited", siting="center", fields="tff")
    edges = color_edges(Clip(torch.zeros(1, 1, 32, 64), chroma, 0, spec), 4.0)
    assert float(edges[..., ::2, :].abs().max()) > 0.02
    assert not edges[..., 1::2, :].any()


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_phase_of_every_field_is_measured(system: System) -> None:
    """Also the sign of V, from luma that is made of the dots alone."""
    edges = color_edges(clip_of(fine()), PERIOD[system])
    band = sharp(dots(edges, _waves(system)), PERIOD[system])
    found = subcarrier(band, edges, Crosstalk(system, CYCLES[system], 1, 0))
    torch.testing.assert_close(found, _waves(system), atol=0.1, rtol=0)


def _waves(system: System) -> Tensor:
    """The subcarrier of Cb and Cr without the weights, as the simulation has it."""
    from restore.ageing.composite import SUBCARRIERS
    from restore.ageing.composite import _waves as made  # pyright: ignore[reportPrivateUsage]

    waves = made(torch.zeros(4, 1, HEIGHT, WIDTH), SUBCARRIERS[system], 0)
    return waves / torch.tensor(GAINS).view(1, 2, 1, 1)


def test_a_wave_at_another_frequency_is_not_taken_for_it() -> None:
    """A hundredth of the frequency away the sum over a line vanishes nearly."""
    clip = worn("ntsc", 0.6, 0.0)
    edges, band = (color_edges(clip, PERIOD["ntsc"]), sharp(clip.luma, PERIOD["ntsc"]))
    found = field_sums(band, edges, "ntsc", 0)
    there, _ = found.at(CYCLES["ntsc"])
    other, _ = found.at(CYCLES["ntsc"] * 1.03)
    assert bool((there.abs() > 0.25).all())
    assert bool((other.abs() < 0.3 * there.abs()).all())


def test_rainbows_of_gray_stripes_have_the_phase_of_the_wave() -> None:
    """Stripes at the subcarrier become even color; wide ones become none."""
    across = 2 * math.pi * torch.arange(WIDTH) / 4
    stripes = 0.5 + 0.1 * torch.sin(across).expand(1, 1, HEIGHT, WIDTH)
    wide = 0.5 + 0.1 * torch.sin(across / 12).expand(1, 1, HEIGHT, WIDTH)
    waves = (
        torch.stack([torch.sin(across), torch.cos(across)])
        .view(1, 2, 1, -1)
        .expand(1, 2, HEIGHT, -1)
    )
    empty = torch.zeros(1, 2, HEIGHT // 2, WIDTH // 2)
    for luma, expected in ((stripes, 0.1 / GAINS[0]), (wide, 0.0)):
        color = rainbows(Clip(luma, empty, 0, ColorSpec("bt601", "limited")), waves, 4.0)
        inside = color[..., 10:-10]
        assert float(inside[:, 0].mean()) == pytest.approx(expected, rel=0.12, abs=0.004)
        assert abs(float(inside[:, 1].mean())) < 0.004


@pytest.mark.parametrize("size", [(7, 9), (1, 1), (33, 21)])
@pytest.mark.parametrize("fields", [None, "bff"])
def test_odd_and_tiny_frames_have_finite_values(
    size: tuple[int, int], fields: Fields | None
) -> None:
    """4:2:0 of odd sizes has one sample more; one row has no second field."""
    height, width = size
    chroma = torch.rand(2, 2, (height + 1) // 2, (width + 1) // 2) - 0.5
    spec = ColorSpec("bt601", "limited", fields=fields)
    clip = Clip(torch.rand(2, 1, height, width), chroma, 0, spec)
    clean, most = without_crosstalk(clip, Crosstalk("pal", width / 4, 0.5, 0.5))
    assert clean.luma.shape == clip.luma.shape == most.shape
    assert clean.chroma is not None
    assert clean.chroma.shape == chroma.shape
    assert bool(clean.luma.isfinite().all())
    assert bool(clean.chroma.isfinite().all())
