"""Flicker, weave and scratches as values: how strong they are, for notes and for programs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.treatments.deflicker import DEFLICKER, DeflickerDecision, DeflickerOptions
from restore.treatments.deflicker.flicker_curve import Flicker
from restore.treatments.descratch import DESCRATCH, DescratchDecision, DescratchOptions
from restore.treatments.descratch.scratch import Scratch, Scratches, reach
from restore.treatments.film_facts import FilmFacts
from restore.treatments.stabilize import STABILIZE, StabilizeDecision, StabilizeOptions
from restore.treatments.stabilize.weave import Weave
from restore.treatments.treatment import TreatedShot
from tests.made import made_shot

FILM = FilmFacts(200, 100)
SHARES = st.lists(st.tuples(st.floats(-0.03, 0.03), st.floats(-0.03, 0.03)), min_size=1, max_size=9)
LINE = Scratch(0, (1, 2), (0.0, 0.1, 0.0))


@given(SHARES, st.floats(0, 1))
def test_the_depth_of_flicker_follows_its_strength(
    curve: list[tuple[float, float]], share: float
) -> None:
    """Half of the change is half as deep; no change has no depth."""
    gain, offset = (tuple(side) for side in zip(*curve, strict=True))
    whole = Flicker(tuple(1 + value for value in gain), offset)
    part = Flicker(
        tuple(1 + share * value for value in gain), tuple(share * value for value in offset)
    )
    assert part.depth == pytest.approx(share * whole.depth, abs=1e-9)


def test_depth_is_the_change_of_middle_gray() -> None:
    """A gain of 1.1 changes 0.5 by 0.05; gain and offset may cancel each other there."""
    assert Flicker((1.1, 1.1), (0.0, 0.0)).depth == pytest.approx(0.05)
    assert Flicker((1.1,), (-0.05,)).depth == pytest.approx(0)
    assert Flicker((1.0, 1.0), (0.03, -0.04)).depth == pytest.approx(math.sqrt(0.00125))


@given(SHARES)
def test_weave_in_pixels_follows_the_size(curve: list[tuple[float, float]]) -> None:
    """Shares of the picture: twice the size has twice the distance, and sides count by themselves."""
    down, right = (tuple(side) for side in zip(*curve, strict=True))
    weave = Weave(down, right)
    assert weave.pixels(400, 200) == pytest.approx(2 * weave.pixels(200, 100))
    still = (0.0,) * len(down)
    both = (Weave(down, still).pixels(200, 100), Weave(still, right).pixels(200, 100))
    assert weave.pixels(200, 100) == pytest.approx(math.hypot(*both))


@pytest.mark.parametrize(
    ("width", "columns"), [(1, 4), (64, 4), (720, 4), (800, 5), (1920, 12), (3840, 24)]
)
def test_the_reach_of_a_scratch_grows_with_the_film(width: int, columns: int) -> None:
    """Four columns at least, and about a 160th of the width of large scans."""
    assert reach(width) == columns


@pytest.mark.parametrize(
    ("count", "text"), [(1, "1 vertical scratch"), (3, "3 vertical scratches")]
)
def test_scratches_are_counted(count: int, text: str) -> None:
    """As text, and as a figure; without any the figure is 0."""
    found = Scratches((LINE,) * count)
    assert DESCRATCH.describe.found(found, FILM) == text
    assert DESCRATCH.describe.figures(found, FILM) == {"scratches": count}
    assert DESCRATCH.describe.figures(None, FILM) == {"scratches": 0}


def test_flicker_and_weave_are_described_in_their_units() -> None:
    """Percent of white, and pixels of the film; null for programs where nothing was found."""
    flicker, weave = Flicker((1.1,), (0.0,)), Weave((0.01,), (0.0,))
    assert DEFLICKER.describe.found(flicker, FILM) == "flickers by 5.0%"
    assert STABILIZE.describe.found(weave, FILM) == "weaves by 1.0 pixels"
    assert STABILIZE.describe.figures(weave, FILM) == {"weave_pixels": 1.0}
    assert DEFLICKER.describe.figures(None, FILM) == {"flicker": None}
    assert STABILIZE.describe.figures(None, FILM) == {"weave_pixels": None}


def test_notes_count_the_shots_that_are_repaired() -> None:
    """A shot that was measured but is left as it is does not count; the worst one is named."""
    shot = made_shot(0, 1)
    small, large = Flicker((1.02,), (0.0,)), Flicker((1.2,), (0.0,))
    decision = DeflickerDecision(0, (1.0,), (0.0,))
    shots = [
        TreatedShot(shot, small, decision),
        TreatedShot(shot, large, None),
        TreatedShot(shot, None, None),
    ]
    (note,) = DEFLICKER.describe.notes(shots, DeflickerOptions(), FILM)
    assert note.startswith("1 of 3 shots flickers (1.0% of white")
    moved = StabilizeDecision(0, (0.0,), (0.0,))
    woven = [TreatedShot(shot, Weave((0.02,), (0.0,)), moved)]
    (note,) = STABILIZE.describe.notes(woven, StabilizeOptions(), FILM)
    assert note.startswith("1 of 1 shot weaves in the gate (2.0 pixels")
    lines = [TreatedShot(shot, Scratches((LINE,)), DescratchDecision((LINE,)))]
    (note,) = DESCRATCH.describe.notes([*lines, *lines], DescratchOptions(), FILM)
    assert note.startswith("vertical scratches run through 2 of 2 shots")


def test_an_interlaced_film_says_that_it_is_not_stabilized() -> None:
    """Only to somebody who asked for it."""
    film = FilmFacts(200, 100, fields="tff")
    asked = STABILIZE.describe.notes([], StabilizeOptions(stabilize=1), film)
    assert len(list(asked)) == 1
    assert list(STABILIZE.describe.notes([], StabilizeOptions(), film)) == []
    assert (
        STABILIZE.decide(
            made_shot(0, 1), Weave((0.1,), (0.1,)), StabilizeOptions(stabilize=1), film
        )
        is None
    )


def test_examples_stay_within_their_picture() -> None:
    """The scratch of the example has the profile of its reach, one column a frame."""
    made = DESCRATCH.example.clip
    assert made is not None
    clip = made()
    (scratch,) = DESCRATCH.example.decision(clip).scratches
    width = int(clip.luma.shape[-1])
    assert len(scratch.profile) == 2 * reach(width) + 1
    assert len(scratch.columns) == len(clip)
    assert all(reach(width) <= column < width - reach(width) for column in scratch.columns)
    assert max(scratch.profile) == pytest.approx(0.2)
    assert np.argmax(scratch.profile) == reach(width)
