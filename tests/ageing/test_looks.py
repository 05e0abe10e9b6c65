"""The looks by name: possible at any size, with lengths that scale with the picture."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.ageing.amounts import Ageing
from restore.ageing.looks import LINES, LOOKS, sized
from restore.ageing.shot import age

LENGTHS = ("blur", "halation_radius", "weave", "grain_size", "dust_size", "scratch_width")
"""Some amounts that are lengths in pixels."""

STRENGTHS = ("grain", "flicker", "dust", "scratches", "line_noise", "ringing", "fade", "contrast")
"""Some amounts that are not."""


@pytest.mark.parametrize("name", LOOKS)
@given(lines=st.integers(1, 4320))
def test_a_look_is_possible_at_any_size(name: str, lines: int) -> None:
    """From one line to 8K every scaled look is a valid set of amounts."""
    look = sized(LOOKS[name], lines)
    assert Ageing.model_validate(look.model_dump()) == look


@pytest.mark.parametrize("name", LOOKS)
def test_lengths_scale_with_the_picture_and_strengths_do_not(name: str) -> None:
    """Twice the lines: every length twice as long, everything else the same; no length shrinks."""
    look = LOOKS[name]
    double = sized(look, 2 * LINES)
    for amount in LENGTHS:
        assert getattr(double, amount) == pytest.approx(2 * getattr(look, amount))
    for amount in STRENGTHS:
        assert getattr(double, amount) == getattr(look, amount)
    assert double.head_switching == 2 * look.head_switching
    assert sized(look, LINES) == sized(look, 144) == look


@pytest.mark.parametrize("name", LOOKS)
def test_a_look_damages_a_film_of_any_size(name: str) -> None:
    """Odd and tiny frames have finite values and their size; the look with color keeps it."""
    for height, width in ((37, 51), (8, 8), (1, 1)):
        rgb = torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(1))
        shot = age(rgb, sized(LOOKS[name], height), 1, torch.Generator().manual_seed(2))
        assert shot.aged.shape == shot.truth.shape == (2, 1, height, width)
        assert bool(shot.aged.isfinite().all())
        assert (shot.chroma is not None) == LOOKS[name].color
        if height > 8:
            assert not torch.equal(shot.aged, shot.truth)


def test_looks_differ() -> None:
    """No two names mean the same amounts, and none is the undamaged film."""
    texts = {look.model_dump_json() for look in LOOKS.values()}
    assert len(texts) == len(LOOKS)
    assert Ageing().model_dump_json() not in texts
