"""The ways to measure: values of single frames, and the shots that are measured."""

from __future__ import annotations

import pytest

from restore.treatments import catalog
from restore.treatments.film_facts import Color, Content
from restore.treatments.measure import FieldMeasure, FrameMeasure, Measure, picked, unchanged
from tests.contract.invert import INVERT
from tests.made import made_shot


def test_values_may_be_picked_twice() -> None:
    """A frame map may show a frame again, or leave one out."""
    assert picked([1.0, 2.0, 3.0], [0, 2, 2]) == (1.0, 3.0, 3.0)
    assert picked([1.0], []) == ()


def test_a_measure_without_values_for_frames_stays_as_it_is() -> None:
    """That is the default: only measures with a value for every frame say what some of them have."""
    assert isinstance(INVERT.measure, Measure)
    assert INVERT.measure.at is unchanged
    assert unchanged("the whole shot", [3, 3, 1]) == "the whole shot"


@pytest.mark.parametrize(
    ("content", "color", "wanted"),
    [
        ("scene", "color", True),
        ("card", "color", True),
        ("black", "color", False),
        ("scene", "mono", False),
        ("scene", "tint", False),
    ],
)
def test_whole_frames_are_examined_in_color_only(
    content: Content, color: Color, wanted: bool
) -> None:
    """Their measures are about chroma, which other shots have not."""
    measure = catalog.TREATMENTS["chroma"].measure
    assert isinstance(measure, FrameMeasure)
    assert measure.wanted(made_shot(0, 5, content, color)) is wanted


def test_every_measure_but_that_of_fields_has_values_for_frames() -> None:
    """A frame map that drops frames or repeats them can ask each of them."""
    measures = [each.measure for each in catalog.TREATMENTS.values() if each.measure is not None]
    others = [each for each in measures if not isinstance(each, FieldMeasure)]
    assert len(others) == len(measures) - 1
    assert all(callable(each.at) for each in others)
