"""Repairs of nothing change nothing: a neutral decision keeps every value, shape and description."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from restore.clip import Clip, ColorSpec
from restore.timing import Span
from restore.treatments import deflicker, descratch, stabilize
from restore.treatments.colorize import COLORIZE, ColorizeDecision, ColorizeSettings
from restore.treatments.deflicker import DEFLICKER, DeflickerDecision
from restore.treatments.deflicker.flicker_curve import Flicker
from restore.treatments.descratch import DESCRATCH, DescratchDecision
from restore.treatments.descratch.scratch import Scratch, Scratches
from restore.treatments.film_facts import FilmFacts
from restore.treatments.stabilize import STABILIZE, StabilizeDecision
from restore.treatments.stabilize.weave import Weave
from restore.treatments.treatment import AnyTreatment, Engine
from restore.treatments.upscale import UPSCALE, UpscaleDecision, UpscaleSettings
from tests.made import made_shot

PROFILE = (0.0, 0.0, 0.0, 0.0, 0.2, 0.0, 0.0, 0.0, 0.0)
WORN: dict[str, Any] = {
    "descratch": Scratches((Scratch(1, (20, 21, 22), PROFILE), Scratch(3, (40,), PROFILE))),
    "deflicker": Flicker((1.1, 0.9, 1.0, 1.05), (0.0, 0.02, -0.01, 0.0)),
    "stabilize": Weave((0.02, 0.0, -0.01, 0.01), (0.0, 0.03, 0.01, -0.02), (0.1, 0.0, 0.0, 0.1)),
}
REPAIRS: dict[str, AnyTreatment] = {
    "descratch": DESCRATCH,
    "deflicker": DEFLICKER,
    "stabilize": STABILIZE,
}
FILM = FilmFacts(64, 48)
FIRST = 100


@st.composite
def clips(draw: st.DrawFn) -> Clip:
    """Four frames of noise of any small size, with chroma of any subsampling or none."""
    height, width = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 99)))
    # values outside of the nominal range must survive, too
    luma = torch.rand(4, 1, height, width, generator=generator) * 1.4 - 0.2
    down, right = draw(st.sampled_from([(0, 0), (1, 1), (1, 2), (2, 2)]))
    chroma = None
    if down:
        size = (-(-height // down), -(-width // right))
        chroma = torch.rand(4, 2, *size, generator=generator) - 0.5
    return Clip(luma, chroma, FIRST, ColorSpec("bt601", "limited"), Fraction(16, 15))


def decided(name: str, share: float) -> Any:
    """What a treatment decides for the worn shot at this strength."""
    treatment = REPAIRS[name]
    options = treatment.options.model_validate({name: share})
    return treatment.decide(made_shot(FIRST, FIRST + 4), WORN[name], options, FILM)


def treated(name: str, clip: Clip, decision: Any) -> Clip:
    """The second and third frame of the clip."""
    treat = REPAIRS[name].load(REPAIRS[name].settings(), Engine())
    return treat(clip, Span(FIRST + 1, FIRST + 3), decision)


def assert_same(one: Clip, other: Clip) -> None:
    """Bit by bit, with color description, place and aspect."""
    assert torch.equal(one.luma, other.luma)
    assert (one.chroma is None) == (other.chroma is None)
    if one.chroma is not None and other.chroma is not None:
        assert torch.equal(one.chroma, other.chroma)
    assert (one.index, one.color, one.sample_aspect) == (
        other.index,
        other.color,
        other.sample_aspect,
    )


NEUTRAL = {
    "descratch": [
        DescratchDecision(()),
        DescratchDecision((Scratch(FIRST, (5,), PROFILE),)),  # it ends before these frames
        DescratchDecision((Scratch(FIRST + 3, (5,), PROFILE),)),  # it begins behind them
        DescratchDecision((Scratch(FIRST, (5, 5, 5, 5), PROFILE),), 0.0),
    ],
    "deflicker": [DeflickerDecision(FIRST, (1.0,) * 4, (0.0,) * 4)],
    "stabilize": [
        StabilizeDecision(FIRST, (0.0,) * 4, (0.0,) * 4),
        StabilizeDecision(FIRST, (0.1, 0.0, 0.0, 0.1), (0.1, 0.0, 0.0, 0.1)),
    ],
}


@settings(max_examples=25)
@pytest.mark.parametrize("name", REPAIRS)
@given(clip=clips())
def test_a_neutral_decision_keeps_every_value(name: str, clip: Clip) -> None:
    """No scratch in these frames, gain one, no distance: any picture comes out as it went in."""
    for decision in NEUTRAL[name]:
        assert_same(treated(name, clip, decision), clip.part(FIRST + 1, FIRST + 3))


@settings(max_examples=25)
@pytest.mark.parametrize("name", REPAIRS)
@given(clip=clips())
def test_a_repair_keeps_shape_and_description(name: str, clip: Clip) -> None:
    """Whatever the size and the chroma: as many frames of the same shape, finite, and the input untouched."""
    before = replace(clip, luma=clip.luma.clone())
    result = treated(name, clip, decided(name, 1.0))
    own = clip.part(FIRST + 1, FIRST + 3)
    assert (result.luma.shape, result.luma.dtype) == (own.luma.shape, own.luma.dtype)
    assert (result.chroma is None) == (own.chroma is None)
    if result.chroma is not None and own.chroma is not None:
        assert result.chroma.shape == own.chroma.shape
    assert bool(result.luma.isfinite().all())
    assert (result.index, result.color, result.sample_aspect) == (
        own.index,
        own.color,
        own.sample_aspect,
    )
    assert torch.equal(clip.luma, before.luma)


@pytest.mark.parametrize("name", REPAIRS)
def test_strength_zero_and_no_measure_decide_nothing(name: str) -> None:
    """Without a decision the shot is not passed through the treatment at all."""
    assert decided(name, 0.0) is None
    assert decided(name, 0.01) is not None
    treatment = REPAIRS[name]
    options = treatment.options.model_validate({name: 1.0})
    assert treatment.decide(made_shot(FIRST, FIRST + 4), None, options, FILM) is None


@pytest.mark.parametrize("name", REPAIRS)
def test_strength_is_a_straight_way_from_nothing_to_all(name: str) -> None:
    """At a half every value is in the middle between the untouched and the fully repaired one."""
    if name == "stabilize":
        decisions = [decided(name, share) for share in (0.5, 1.0)]
        for half, full in zip(decisions[0].down, decisions[1].down, strict=True):
            assert half == pytest.approx(full / 2)
        assert decisions[0].bars == decisions[1].bars  # what stands still does not depend on it
        return
    ramp = torch.linspace(0.3, 0.6, 64).expand(4, 1, 48, 64).contiguous()
    clip = Clip(ramp, None, FIRST, ColorSpec("bt601", "limited"))
    half, full = (treated(name, clip, decided(name, share)).luma for share in (0.5, 1.0))
    middle = (clip.part(FIRST + 1, FIRST + 3).luma + full) / 2
    torch.testing.assert_close(half, middle, atol=2e-3, rtol=0)


def test_resampling_to_the_same_size_keeps_every_value() -> None:
    """Without a network and without a new size nothing is filtered."""
    generator = torch.Generator().manual_seed(1)
    luma = torch.rand(4, 1, 15, 17, generator=generator)
    chroma = torch.rand(4, 2, 8, 9, generator=generator) - 0.5
    clip = Clip(luma, chroma, FIRST, ColorSpec("bt709", "full", fields="tff"), Fraction(4, 3))
    plain = UpscaleSettings(model=None, factor=1)
    result = UPSCALE.load(plain, Engine())(clip, Span(FIRST, FIRST + 4), UpscaleDecision())
    assert_same(result, clip)
    sized = plain.model_copy(update={"width": 17, "height": 15})
    assert_same(
        UPSCALE.load(sized, Engine())(clip, Span(FIRST, FIRST + 4), UpscaleDecision()), clip
    )


@pytest.mark.parametrize("mode", ["keep", "neutral"])
def test_shots_that_are_not_colored_do_not_pass_the_network(
    mode: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their own chroma, or none at all; luma is the film's own bit by bit."""
    monkeypatch.setattr("restore.treatments.colorize.load_network", lambda model, engine: None)
    treat = COLORIZE.load(ColorizeSettings(), Engine())
    luma = torch.rand(2, 1, 9, 11, generator=torch.Generator().manual_seed(5))
    gray = Clip(luma, None, FIRST, ColorSpec("bt601", "limited"))
    color = replace(gray, chroma=torch.full((2, 2, 9, 6), 0.25))
    for clip, size in ((gray, (5, 6)), (color, (9, 6))):
        result = treat(clip, Span(FIRST, FIRST + 1), ColorizeDecision(mode))
        own = clip.part(FIRST, FIRST + 1)
        if mode == "keep":
            assert_same(result, own)
        else:
            assert torch.equal(result.luma, own.luma)
            assert result.chroma is not None
            assert result.chroma.shape == (1, 2, *size)
            assert not result.chroma.any()


@given(st.lists(st.integers(0, 3), min_size=1, max_size=6))
def test_measures_of_other_frames_are_those_of_the_frames_they_show(places: list[int]) -> None:
    """A frame map may drop frames or repeat them: each result frame is repaired like its source frame."""
    flicker = deflicker.at(WORN["deflicker"], places)
    assert flicker.gain == tuple(WORN["deflicker"].gain[place] for place in places)
    weave = stabilize.at(WORN["stabilize"], places)
    assert weave.right == tuple(WORN["stabilize"].right[place] for place in places)
    assert weave.bars == WORN["stabilize"].bars


@given(st.sets(st.integers(0, 3), min_size=1).map(sorted))
def test_scratches_of_frames_that_are_left_keep_their_columns(places: list[int]) -> None:
    """A scratch begins with the first frame that is left of it; without one it is gone."""
    found = descratch.at(WORN["descratch"], places)
    columns = {
        (place, column)
        for scratch in WORN["descratch"].lines
        for place, column in enumerate(scratch.columns, scratch.first)
        if place in places
    }
    assert (found is None) == (not columns)
    kept = {
        (places[number], column)
        for scratch in (found.lines if found else ())
        for number, column in enumerate(scratch.columns, scratch.first)
    }
    assert kept == columns
