"""Segments of the work, and the decisions for one shot."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.plan.shots import pack_segments, shot_plan
from restore.recipe import Recipe
from restore.timing import Span
from restore.treatments import catalog
from restore.treatments.deflicker import DeflickerDecision
from restore.treatments.deflicker.flicker_curve import Flicker
from restore.treatments.film_facts import FilmFacts
from tests.made import made_shot

FILM = FilmFacts(320, 240)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=20), st.integers(1, 60))
def test_neighboring_segments_do_not_fit_into_one(lengths: list[int], bound: int) -> None:
    """As few segments as possible without dividing more shots: each has a cost of its own."""
    shots: list[Span] = []
    for length in lengths:
        start = shots[-1].stop if shots else 0
        shots.append(Span(start, start + length))
    segments = pack_segments(shots, bound)
    assert all(len(one) + len(other) > bound for one, other in pairwise(segments))


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [([48, 48], [96]), ([48, 49], [48, 49]), ([97], [49, 48]), ([1, 96, 1], [1, 96, 1])],
)
def test_a_segment_may_be_as_long_as_the_bound(lengths: list[int], expected: list[int]) -> None:
    """Exactly 96 frames are one segment, one more are two of about the same length."""
    shots = [Span(sum(lengths[:n]), sum(lengths[: n + 1])) for n in range(len(lengths))]
    assert sorted(map(len, pack_segments(shots, 96))) == sorted(expected)


def test_nothing_to_do_has_no_segments() -> None:
    """A film without shots has no work."""
    assert pack_segments([], 96) == ()


def test_a_shot_is_decided_by_every_treatment() -> None:
    """Each sees its own measure and its own options; what decides nothing is left out."""
    flicker = Flicker((1.1, 0.9), (0.0, 0.0))
    shot = replace(made_shot(5, 7), measures={"deflicker": flicker})
    options = Recipe(deflicker=1, stabilize=1, descratch=1).treatments
    planned = shot_plan(shot, options, FILM)
    assert (planned.span, planned.content, planned.color) == (Span(5, 7), "scene", "mono")
    assert planned.decisions == {"deflicker": DeflickerDecision(5, (1.1, 0.9), (0.0, 0.0))}
    assert shot_plan(shot, Recipe().treatments, FILM).decisions == {}
    assert set(options) == set(catalog.TREATMENTS)
