"""Clips: parts with the film's numbers, and single fields."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from restore.clip import Clip, ColorSpec

LUMA = torch.arange(4 * 6 * 8.0).view(4, 1, 6, 8)

CHROMA = torch.arange(4 * 2 * 3 * 4.0).view(4, 2, 3, 4)

CLIP = Clip(LUMA, CHROMA, 20, ColorSpec("bt601", "limited", fields="bff"), Fraction(16, 15))


def test_a_part_is_numbered_as_the_film_is() -> None:
    """Its first frame keeps its number, and its color facts are those of the clip."""
    part = CLIP.part(21, 23)
    assert (part.index, len(part), part.color) == (21, 2, CLIP.color)
    assert torch.equal(part.luma, LUMA[1:3])
    assert part.chroma is not None
    assert torch.equal(part.chroma, CHROMA[1:3])


@pytest.mark.parametrize("parity", [0, 1])
def test_a_field_has_every_second_row(parity: int) -> None:
    """Of luma and of chroma; it is progressive, and has the number and the aspect of its frames."""
    field = CLIP.field(parity)
    assert torch.equal(field.luma, LUMA[..., parity::2, :])
    assert field.chroma is not None
    assert torch.equal(field.chroma, CHROMA[..., parity::2, :])
    assert field.color.fields is None
    assert (field.index, field.sample_aspect) == (20, Fraction(16, 15))


def test_a_gray_field_has_no_chroma() -> None:
    """As its frames have none."""
    assert Clip(LUMA, None, 0, CLIP.color).field(0).chroma is None


@pytest.mark.parametrize(
    ("luma", "chroma"),
    [(LUMA[:, 0], None), (CHROMA, None), (LUMA, LUMA), (LUMA, CHROMA[:3])],
    ids=["no channel", "two channels", "chroma with one channel", "fewer frames of chroma"],
)
def test_planes_of_another_form_are_refused(
    luma: torch.Tensor, chroma: torch.Tensor | None
) -> None:
    """A clip has luma [T, 1, H, W] and chroma [T, 2, h, w] of the same frames."""
    with pytest.raises(ValueError, match="must be"):
        Clip(luma, chroma, 0, CLIP.color)
