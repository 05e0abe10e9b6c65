"""Values by treatment: typed by the catalog, in JSON and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from restore.treatments import catalog
from restore.treatments.borders import BordersDecision, BordersOptions
from restore.treatments.borders.insets import DarkDepths
from restore.treatments.chroma import ChromaDecision
from restore.treatments.chroma.chroma_faults import ChromaFaults
from restore.treatments.colorize import ColorizeDecision, ColorizeSettings
from restore.treatments.crosscolor import CrosscolorDecision
from restore.treatments.crosscolor.composite_faults import CompositeFaults
from restore.treatments.deflicker import DeflickerDecision
from restore.treatments.deflicker.flicker_curve import Flicker
from restore.treatments.deinterlace import DeinterlaceDecision
from restore.treatments.deinterlace.shot_fields import ShotFields, Stretch
from restore.treatments.descratch import DescratchDecision
from restore.treatments.descratch.scratch import Scratch, Scratches
from restore.treatments.dropout import DropoutDecision
from restore.treatments.dropout.tape_loss import TapeLoss
from restore.treatments.halo import HaloDecision
from restore.treatments.halo.halo_observer import Halo
from restore.treatments.linejitter import LineJitterDecision
from restore.treatments.linejitter.jitter_observer import LineJitter
from restore.treatments.stabilize import StabilizeDecision
from restore.treatments.stabilize.weave import Weave
from restore.treatments.typed_values import (
    TreatmentDecisions,
    TreatmentMeasures,
    TreatmentOptions,
    TreatmentSettings,
    options_of,
    type_of,
)
from restore.treatments.upscale import UpscaleDecision, UpscaleOptions, UpscaleSettings
from tests.contract.invert import INVERT, Brightness, InvertDecision, InvertOptions

NUMBER = st.floats(-1, 1)
CURVE = st.lists(NUMBER, max_size=3).map(tuple)
FRAME = st.integers(0, 10**6)
SCRATCH = st.builds(Scratch, FRAME, st.lists(FRAME, max_size=3).map(tuple), CURVE)
DEPTHS = st.lists(FRAME, max_size=3).map(tuple)
BARS = st.tuples(NUMBER, NUMBER, NUMBER, NUMBER)
ORDER = st.sampled_from([None, "tff", "bff"])
STRETCH = st.builds(
    Stretch, st.just(0), st.integers(1, 99), st.just("film"), ORDER, st.just((2, 3))
)
DECISION: dict[str, st.SearchStrategy[Any]] = {
    "deinterlace": st.builds(DeinterlaceDecision, FRAME, st.text("tbw"), st.just("frame")),
    "descratch": st.builds(DescratchDecision, st.lists(SCRATCH, max_size=2).map(tuple), NUMBER),
    "deflicker": st.builds(DeflickerDecision, FRAME, CURVE, CURVE),
    "stabilize": st.builds(StabilizeDecision, FRAME, CURVE, CURVE, BARS),
    "dropout": st.builds(DropoutDecision, st.booleans(), FRAME, NUMBER),
    "linejitter": st.builds(LineJitterDecision, NUMBER),
    "halo": st.builds(HaloDecision, NUMBER, NUMBER, NUMBER, FRAME, NUMBER),
    "borders": st.builds(
        BordersDecision, st.sampled_from(["crop", "fill"]), FRAME, FRAME, FRAME, FRAME
    ),
    "chroma": st.builds(ChromaDecision, NUMBER, NUMBER, NUMBER, NUMBER, st.none() | FRAME, NUMBER),
    "crosscolor": st.builds(
        CrosscolorDecision, FRAME, NUMBER, NUMBER, st.sampled_from(["ntsc", "pal"]), NUMBER, NUMBER
    ),
    "colorize": st.builds(ColorizeDecision, st.sampled_from(["color", "neutral", "keep"])),
    "upscale": st.builds(UpscaleDecision, NUMBER),
}
MEASURE: dict[str, st.SearchStrategy[Any]] = {
    "deinterlace": st.builds(ShotFields, st.tuples(STRETCH), st.tuples(FRAME), st.booleans()),
    "descratch": st.builds(Scratches, st.lists(SCRATCH, max_size=2).map(tuple)),
    "deflicker": st.builds(Flicker, CURVE, CURVE),
    "stabilize": st.builds(Weave, CURVE, CURVE, BARS),
    "dropout": st.builds(TapeLoss, NUMBER, FRAME),
    "linejitter": st.builds(LineJitter, NUMBER, NUMBER),
    "halo": st.builds(Halo, NUMBER, NUMBER, NUMBER, FRAME, NUMBER),
    "borders": st.builds(DarkDepths, FRAME, FRAME, DEPTHS, DEPTHS, DEPTHS, DEPTHS, FRAME),
    "chroma": st.builds(
        ChromaFaults,
        st.none() | st.tuples(NUMBER, NUMBER),
        NUMBER,
        NUMBER,
        st.none() | FRAME,
        NUMBER,
    ),
    "crosscolor": st.builds(CompositeFaults, FRAME, NUMBER, NUMBER),
}
DECISIONS: TypeAdapter[Any] = TypeAdapter(TreatmentDecisions)
MEASURES: TypeAdapter[Any] = TypeAdapter(TreatmentMeasures)
SETTINGS: TypeAdapter[Any] = TypeAdapter(TreatmentSettings)
OPTIONS: TypeAdapter[Any] = TypeAdapter(TreatmentOptions)


def test_every_treatment_is_tried_here() -> None:
    """A new treatment needs decisions, and measures if it has some, in this file."""
    assert set(DECISION) == set(catalog.TREATMENTS)
    assert set(MEASURE) == {name for name, one in catalog.TREATMENTS.items() if one.measure}


@given(st.fixed_dictionaries({}, optional=DECISION), st.fixed_dictionaries({}, optional=MEASURE))
def test_decisions_and_measures_survive_json(
    decisions: dict[str, Any], measures: dict[str, Any]
) -> None:
    """Equal values of equal types come back, exact to the last digit."""
    for kind, values in ((DECISIONS, decisions), (MEASURES, measures)):
        back = kind.validate_json(kind.dump_json(values))
        assert back == values
        assert {n: type(one) for n, one in back.items()} == {n: type(values[n]) for n in values}


def test_settings_survive_json() -> None:
    """Those of every treatment, with values other than the defaults."""
    values = {
        "colorize": ColorizeSettings(model="color-v1", size=160, doubt=0.25),
        "upscale": UpscaleSettings(model=None, factor=1, width=10, height=20, tile=64),
    }
    assert SETTINGS.validate_json(SETTINGS.dump_json(values)) == values


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (DECISIONS, {"paint": {}}),
        (DECISIONS, {"": {}}),
        (MEASURES, {"upscale": {}}),
        (DECISIONS, {"colorize": {"mode": "paint"}}),
        (DECISIONS, {"colorize": {}}),
        (DECISIONS, {"colorize": {"mode": "keep", "hue": 3}}),
        (SETTINGS, {"upscale": {"factor": 2.5}}),
        (OPTIONS, {"upscale": {"upscale": 3}}),
        (OPTIONS, {"descratch": {"descratch": 1.01}}),
        (OPTIONS, []),
        (DECISIONS, "upscale"),
        (DECISIONS, None),
    ],
)
def test_unknown_names_fields_and_values_are_refused(kind: TypeAdapter[Any], values: Any) -> None:
    """ValidationError, also for a treatment that has no value of this kind."""
    with pytest.raises(ValidationError):
        kind.validate_python(values)
    with pytest.raises(ValidationError):
        kind.validate_json(json.dumps(values))


def test_what_is_unset_can_be_left_out() -> None:
    """Of options only those that differ from their defaults are written where that is asked for."""
    options = OPTIONS.validate_python({"upscale": {"upscale": "4"}, "colorize": {}})
    plain = OPTIONS.dump_python(options, mode="json", exclude_defaults=True)
    assert plain == {"upscale": {"upscale": 4}, "colorize": {}}
    assert OPTIONS.dump_python(options)["upscale"]["clean"] is None


def test_the_schema_lists_the_treatments_that_have_such_a_value() -> None:
    """Programs in other languages read the published schema."""
    schema = MEASURES.json_schema()
    assert set(schema["properties"]) == set(MEASURE)
    assert schema["additionalProperties"] is False
    assert set(DECISIONS.json_schema()["properties"]) == set(catalog.TREATMENTS)


def test_the_catalog_of_the_moment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A treatment that joins later is read by the adapters that exist already."""
    monkeypatch.setattr(catalog, "TREATMENTS", catalog.in_order([INVERT]))
    assert DECISIONS.validate_python({"invert": {"brightness": 3}}) == {
        "invert": InvertDecision(3.0)
    }
    assert MEASURES.validate_json('{"invert": {"mean": 2}}') == {"invert": Brightness(2.0)}
    with pytest.raises(ValidationError):
        DECISIONS.validate_python({"upscale": {}})


def test_options_are_found_by_their_type() -> None:
    """Without any of that type, the defaults: code that reads them needs no other case."""
    options = {"invert": InvertOptions(invert=True), "upscale": UpscaleOptions(upscale=2)}
    assert options_of(options, UpscaleOptions) is options["upscale"]
    assert options_of(options, BordersOptions) == BordersOptions()


def test_a_type_for_each_kind_of_value() -> None:
    """Options, settings and decisions of every treatment; a measure only where something is measured."""
    for treatment in catalog.TREATMENTS.values():
        assert type_of(treatment, "options") is treatment.options
        assert type_of(treatment, "settings") is treatment.settings
        assert type_of(treatment, "decision") is treatment.decision
        assert (type_of(treatment, "measure") is None) == (treatment.measure is None)
