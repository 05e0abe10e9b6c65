"""Colorize: luma untouched, neutral cards, steady colors, another matrix for the same color."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
import torch
from torch.nn import functional

from restore.clip import Clip, ColorSpec
from restore.filters.rgb import to_rgb
from restore.timing import Span
from restore.treatments.colorize import COLORIZE, ColorizeDecision, ColorizeSettings
from restore.treatments.treatment import Engine, Treat

SD = ColorSpec(matrix="bt601", range="limited")


@pytest.fixture(scope="module")
def treat() -> Treat[ColorizeDecision]:
    """The treatment with the shipped model."""
    return COLORIZE.load(ColorizeSettings(), Engine())


def _landscape(frames: int = 12) -> Clip:
    """A bright sky over a dark textured ground, still but for grain."""
    generator = torch.Generator().manual_seed(5)
    y, x = torch.meshgrid(torch.arange(96), torch.arange(128), indexing="ij")
    ground = 0.3 + 0.08 * torch.sin(x * 1.3) * torch.cos(y * 0.9)
    picture = torch.where(y < 45, 0.85 - 0.002 * y, ground)
    grain = torch.randn(frames, 1, 96, 128, generator=generator) * 0.02
    return Clip(picture + grain, None, 0, SD)


def test_luma_is_the_films_own(treat: Treat[ColorizeDecision]) -> None:
    """Only chroma is made: luma comes out bit by bit as it went in."""
    clip = _landscape()
    result = treat(clip, Span(2, 5), ColorizeDecision("color"))
    assert torch.equal(result.luma, clip.luma[2:5])
    assert result.chroma is not None
    assert result.chroma.abs().max() > 0.005


def test_cards_are_exactly_neutral(treat: Treat[ColorizeDecision]) -> None:
    """Title cards, leader and black get no chroma at all, whatever the source's chroma was."""
    clip = replace(_landscape(3), chroma=torch.full((3, 2, 48, 64), 0.07))
    result = treat(clip, Span(0, 3), ColorizeDecision("neutral"))
    assert result.chroma is not None
    assert not result.chroma.any()


def test_color_films_keep_their_color(treat: Treat[ColorizeDecision]) -> None:
    """`keep` hands the source's chroma through unchanged."""
    clip = replace(_landscape(3), chroma=torch.rand(3, 2, 48, 64) - 0.5)
    result = treat(clip, Span(1, 3), ColorizeDecision("keep"))
    assert result.chroma is not None
    assert clip.chroma is not None
    assert torch.equal(result.chroma, clip.chroma[1:3])


def test_color_does_not_flicker_with_grain(treat: Treat[ColorizeDecision]) -> None:
    """Over a still shot with grain, chroma changes by less than one 8-bit code value a frame."""
    chroma = treat(_landscape(24), Span(8, 16), ColorizeDecision("color")).chroma
    assert chroma is not None
    assert (chroma[1:] - chroma[:-1]).abs().mean() < 0.5 / 255


@pytest.mark.parametrize("siting", ["left", "center", "topleft"])
def test_color_edges_lie_at_luma_edges(treat: Treat[ColorizeDecision], siting: str) -> None:
    """Chroma made for any siting has its edge where the luma has it, not half a sample away."""
    luma = torch.full((1, 1, 96, 128), 0.25)
    luma[..., 64:] = 0.8
    clip = Clip(luma, None, 0, replace(SD, siting=siting))  # type: ignore[arg-type]
    chroma = treat(clip, Span(0, 1), ColorizeDecision("color")).chroma
    assert chroma is not None
    column = chroma[0, :, 20:28].mean(dim=(0, 1))
    before, after = column[20:28].mean(), column[36:44].mean()
    crossing = int(((column - before).abs() > (after - before).abs() / 2).nonzero()[0])
    # column k of left-sited chroma lies at luma 2k, of centered chroma at 2k + 0.5
    assert crossing == 32


def test_the_net_sees_the_display_aspect(treat: Treat[ColorizeDecision]) -> None:
    """A picture stored squeezed to half its width gets the colors of the same picture in square pixels."""
    wide = functional.interpolate(_landscape(3).luma, scale_factor=3, mode="bilinear")
    squeezed = functional.avg_pool2d(wide, (1, 2))
    square, anamorphic, unmarked = (
        treat(clip, Span(1, 2), ColorizeDecision("color")).chroma
        for clip in (
            Clip(wide, None, 0, SD),
            Clip(squeezed, None, 0, SD, sample_aspect=Fraction(2)),
            Clip(squeezed, None, 0, SD),
        )
    )
    assert square is not None
    assert anamorphic is not None
    assert unmarked is not None
    wanted = functional.avg_pool2d(square, (1, 2))
    assert (anamorphic - wanted).abs().mean() < 0.5 / 255
    assert (unmarked - wanted).abs().mean() > 1.5 / 255


def test_impossible_sample_aspects_cost_no_memory(treat: Treat[ColorizeDecision]) -> None:
    """A header's 1:1000 is taken for 1:4: what the net sees stays small."""
    clip = replace(_landscape(1), sample_aspect=Fraction(1, 1000))
    quarter = replace(clip, sample_aspect=Fraction(1, 4))
    one, other = (treat(c, Span(0, 1), ColorizeDecision("color")).chroma for c in (clip, quarter))
    assert one is not None
    assert other is not None
    assert torch.equal(one, other)


def test_the_matrix_changes_numbers_not_colors(treat: Treat[ColorizeDecision]) -> None:
    """The same film tagged BT.709 or BT.601 gets the same colors, by different chroma values."""
    clip = _landscape(2)
    hd = replace(clip, color=ColorSpec(matrix="bt709", range="limited"))
    one, other = (treat(c, Span(0, 1), ColorizeDecision("color")) for c in (clip, hd))
    assert one.chroma is not None
    assert other.chroma is not None
    assert not torch.equal(one.chroma, other.chroma)
    # the color apart from its luma: red and blue over green; only the gamut's border may differ
    apart = [rgb[:, ::2] - rgb[:, 1:2] for rgb in (to_rgb(one), to_rgb(other))]
    assert (apart[0] - apart[1]).abs().mean() < 1e-3
    assert apart[0].abs().mean() > 5e-3
