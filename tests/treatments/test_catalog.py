"""The catalog: each treatment once, in the order of the chain, complete and consistent."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from restore.treatments import catalog
from restore.treatments.film_facts import FilmFacts
from restore.treatments.option import PANELS, option_of
from restore.treatments.treatment import AnyTreatment
from tests.contract.invert import INVERT

EACH = pytest.mark.parametrize(
    "treatment", catalog.TREATMENTS.values(), ids=catalog.TREATMENTS.keys()
)
FILM = FilmFacts(320, 240)


def test_the_order_does_not_depend_on_the_list() -> None:
    """Numbers decide: fields, repairs of whole shots, then color, then size."""
    listed = [*catalog.TREATMENTS.values(), INVERT]
    random.Random(1).shuffle(listed)
    names = list(catalog.in_order(listed))
    assert names.index("deinterlace") == 0
    assert names[-2:] == ["colorize", "upscale"]
    assert names.index("stabilize") < names.index("invert") < names.index("dropout")


def test_a_name_or_a_place_that_is_taken_is_an_error() -> None:
    """Two treatments of one name would hide each other; two of one place have no order."""
    with pytest.raises(ValueError, match="descratch"):
        catalog.in_order([*catalog.TREATMENTS.values(), replace(INVERT, name="descratch")])
    with pytest.raises(ValueError, match="20"):
        catalog.in_order([*catalog.TREATMENTS.values(), replace(INVERT, order=20)])


def test_the_catalog_cannot_be_changed() -> None:
    """Tests put another one in its place; nobody adds to it."""
    shared: Any = catalog.TREATMENTS
    with pytest.raises(TypeError):
        shared["invert"] = INVERT


def test_no_option_belongs_to_two_treatments() -> None:
    """Options lie side by side in a recipe."""
    names = [key for one in catalog.TREATMENTS.values() for key in one.options.model_fields]
    assert len(names) == len(set(names))


@EACH
def test_every_option_is_described(treatment: AnyTreatment) -> None:
    """With a panel of the help page; options of single shots are those that a decision depends on."""
    for name, field in treatment.options.model_fields.items():
        option = option_of(field)
        assert option is not None, name
        assert option.panel in PANELS
        assert option.help
        for other in option.excludes:
            excluded = option_of(treatment.options.model_fields[other])
            assert excluded is not None
            assert name in excluded.excludes


@EACH
def test_the_network_is_named_by_an_option_of_the_treatment(treatment: AnyTreatment) -> None:
    """Another model can be chosen for every network."""
    if treatment.network is not None:
        assert treatment.network.option in treatment.options.model_fields
        plain = treatment.options()
        assert treatment.network.named(plain, FILM) is None
        assert treatment.network.possible(plain, FILM) == ()


@EACH
def test_the_default_asks_for_nothing(treatment: AnyTreatment) -> None:
    """Without options no treatment is wanted, and none recomputes the picture."""
    plain = treatment.options()
    assert not treatment.requested(plain, FILM)
    assert not treatment.recomputes(plain, FILM)
    assert list(treatment.conflicts([plain])) == []


@EACH
def test_nothing_measured_is_described_as_nothing(treatment: AnyTreatment) -> None:
    """Figures for programs have the same keys whether something was found or not; notes are silent."""
    figures = treatment.describe.figures(None, FILM)
    assert all(value is None or value == 0 for value in figures.values())
    assert list(treatment.describe.notes([], treatment.options(), FILM)) == []
