"""What all treatments share: strengths, values of spans, and defaults."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from restore.errors import UsageError
from restore.timing import Span
from restore.treatments.colorize import COLORIZE, ColorizeDecision, ColorizeOptions
from restore.treatments.deinterlace import DEINTERLACE
from restore.treatments.film_facts import FilmFacts
from restore.treatments.treatment import (
    Engine,
    of_shot,
    shots_of,
    shots_that,
    strength,
    tape_strength,
)
from restore.treatments.upscale import UPSCALE, UpscaleDecision, UpscaleOptions, UpscaleSettings
from tests.contract.invert import INVERT, InvertOptions
from tests.made import made_shot

FILM = FilmFacts(320, 240)
RECOMPUTED = FilmFacts(320, 240, recomputed=True)


@given(st.floats(0, 1))
def test_a_strength_that_is_asked_for_counts(asked: float) -> None:
    """Also zero, whether or not a network computes the luma."""
    assert strength(asked, FILM) == strength(asked, RECOMPUTED) == asked


def test_the_usual_strength_is_all_where_a_network_cleans() -> None:
    """Otherwise a film keeps its defects unless their repair was asked for."""
    assert strength(None, RECOMPUTED) == 1.0
    assert strength(None, FILM) == 0.0


@given(st.integers(0, 1000), st.integers(1, 50), st.data())
def test_values_of_a_span_are_those_of_its_frames(
    first: int, count: int, data: st.DataObject
) -> None:
    """Each frame of a shot finds its own value, wherever the shot begins in the film."""
    values = [float(first + place) for place in range(count)]
    start = data.draw(st.integers(first, first + count - 1))
    span = Span(start, data.draw(st.integers(start + 1, first + count)))
    assert list(of_shot(values, first, span)) == [float(n) for n in range(span.start, span.stop)]


def test_shots_are_counted_for_notes() -> None:
    """Those that are meant, of all."""
    assert shots_of([1, 2], [1, 2, 3]) == "2 of 3 shots"


def test_a_treatment_needs_few_of_its_fields() -> None:
    """What is left out means: acts on every decision, recomputes nothing, has no conflicts."""
    options = InvertOptions(invert=True)
    assert INVERT.acts(object())
    assert not INVERT.recomputes(options, FILM)
    assert list(INVERT.conflicts([options])) == []
    assert INVERT.override(InvertOptions(), {"invert": True}) == options
    assert UPSCALE.describe.found(object(), FILM) == ""  # type: ignore[arg-type]
    assert UPSCALE.describe.figures(None, FILM) == {}


def test_engines_are_equal_whoever_listens() -> None:
    """The listener does not decide what is computed."""
    assert Engine("cpu", "fp32", print) == Engine("cpu", "fp32")
    assert Engine("cpu", "fp32") != Engine("cpu", "bf16")
    Engine().say("nobody listens")


def test_an_engine_without_the_filter_for_fields_says_so() -> None:
    """Before the first frame; an engine that has the filter gives it, and networks need none."""
    with pytest.raises(UsageError) as caught:
        DEINTERLACE.load(DEINTERLACE.settings(model=None), Engine())
    assert caught.value.code == "deinterlacer-missing"
    assert Engine(bwdif=torch.clone).field_filter is torch.clone


@pytest.mark.parametrize(
    ("found", "shots", "text"),
    [(1, 3, "1 of 3 shots has"), (2, 3, "2 of 3 shots have"), (1, 1, "1 of 1 shot has")],
)
def test_verbs_agree_with_the_number_of_shots(found: int, shots: int, text: str) -> None:
    """One shot has, several have."""
    assert shots_that(range(found), range(shots), "has", "have") == text
    assert text.startswith(shots_of(range(found), range(shots)))


@pytest.mark.parametrize(
    ("options", "decided"),
    [
        ({}, (None, None, None, None)),
        ({"colorize": True}, ("color", "neutral", "neutral", "keep")),
        ({"recolor": True}, ("color", "neutral", "neutral", "color")),
    ],
)
def test_color_is_decided_by_content_and_color(
    options: dict[str, bool], decided: tuple[str | None, ...]
) -> None:
    """Only a scene gets colors; a shot in color keeps its own unless new ones are asked for."""
    asked = ColorizeOptions(**options)
    shots = [
        made_shot(0, 5),
        made_shot(0, 5, "card"),
        made_shot(0, 5, "black", "tint"),
        made_shot(0, 5, "scene", "color"),
    ]
    found = [COLORIZE.decide(shot, None, asked, FILM) for shot in shots]
    assert [each and each.mode for each in found] == list(decided)


def test_only_a_shot_that_is_colored_is_a_reason_to_load_the_network() -> None:
    """Neutral title cards and kept colors need none."""
    acts = {mode: COLORIZE.acts(ColorizeDecision(mode)) for mode in ("color", "neutral", "keep")}
    assert acts == {"color": True, "neutral": False, "keep": False}


@pytest.mark.parametrize(
    ("options", "clean"),
    [
        ({}, None),
        ({"clean": 0}, None),
        ({"clean": 0.5}, 0.5),
        ({"upscale": 2}, 1.0),
        ({"upscale": 2, "clean": 0}, 0.0),
        ({"to": "320x240"}, None),
        ({"to": "160x120"}, 0.0),
        ({"model": "mine"}, 1.0),
        ({"model": "mine", "clean": 0}, None),
    ],
)
def test_a_shot_is_upscaled_if_its_size_or_its_picture_changes(
    options: dict[str, object], clean: float | None
) -> None:
    """The share that is cleaned is the one asked for, all where a network runs, nothing without one."""
    decision = UPSCALE.decide(made_shot(0, 5), None, UpscaleOptions.model_validate(options), FILM)
    assert decision == (None if clean is None else UpscaleDecision(clean))


@pytest.mark.parametrize(
    ("settings", "whole"),
    [
        (UpscaleSettings(), "enlarged"),
        (UpscaleSettings(factor=1), "cleaned"),
        (UpscaleSettings(factor=2, width=320, height=240), "cleaned"),
        (UpscaleSettings(factor=1, width=160, height=120), "made smaller"),
        (UpscaleSettings(factor=1, width=640, height=240), "enlarged"),
    ],
)
def test_what_is_done_to_the_size_is_said_as_it_is(settings: UpscaleSettings, whole: str) -> None:
    """By the size that comes out, not by the network's factor."""
    assert UPSCALE.describe.whole(settings, FILM) == whole


@pytest.mark.parametrize(
    ("clean", "done"), [(0.0, "grain kept"), (1.0, "cleaned"), (0.25, "cleaned by 25%")]
)
def test_how_much_is_cleaned_is_said(clean: float, done: str) -> None:
    """Nothing, everything, or a share."""
    assert UPSCALE.describe.done(UpscaleDecision(clean)) == done


def test_facts_of_a_film_have_usual_values() -> None:
    """Square pixels, as stored, progressive."""
    assert (FILM.sar, FILM.rotation, FILM.interlaced) == (Fraction(1), 0, False)


def test_tape_damage_is_repaired_by_default_only_where_there_may_be_a_tape() -> None:
    """Dust on black-and-white film resembles dropouts: without a request it stays."""
    film = FilmFacts(320, 240, recomputed=True)
    gray, color = made_shot(0, 5), made_shot(0, 5, color="color")
    assert [tape_strength(None, shot, film) for shot in (gray, color)] == [0.0, 1.0]
    assert tape_strength(None, gray, replace(film, fields="bff")) == 1.0
    assert tape_strength(0.5, gray, film) == 0.5
    assert tape_strength(None, color, FilmFacts(320, 240)) == 0.0
