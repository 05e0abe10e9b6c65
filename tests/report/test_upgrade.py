"""Records of version 2 are converted to the current form without loss."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from restore.report.page import page
from restore.report.record import Record
from restore.report.upgrade import upgraded
from restore.treatments.colorize import ColorizeDecision
from restore.treatments.deflicker import DeflickerDecision
from restore.treatments.descratch import DescratchDecision
from restore.treatments.descratch.scratch import Scratch
from restore.treatments.stabilize import StabilizeDecision
from restore.treatments.upscale import UpscaleDecision
from tests.report.made import made_record

DECISIONS = {
    "upscale": {},
    "descratch": {"scratch 1": [7.0, 40.0, 41.0], "profile 1": [0.0, 0.2, 0.1]},
    "deflicker": {"first": 0.0, "gain": [1.0, 0.9], "offset": [0.0, 0.01]},
    "stabilize": {"first": 0.0, "down": [0.1, 0.0], "right": [0.0, 0.2], "bars": [0.0] * 4},
    "colorize": {"mode": "color"},
}
"""The decisions of a shot in version 2."""


def _version_2(**changes: Any) -> dict[str, Any]:
    """A record as version 2 wrote it, with half of the scratches and a quarter of the grain removed."""
    values = json.loads(made_record().model_dump_json())
    settings = values.pop("treatments")
    settings["upscale"]["clean"] = 0.25
    settings = {"descratch": {"strength": 0.5}, "deflicker": {}, "stabilize": {}} | settings
    values["stages"] = [{"stage": name, "settings": each} for name, each in settings.items()]
    for shot in values["shots"]:
        shot["measures"] = shot.pop("figures")
        shot["decisions"] = DECISIONS
        del shot["summary"]
    values["timing"]["proving"] = values["timing"].pop("verifying")
    return values | {"schema_version": 2} | changes


def test_decisions_of_version_2_get_their_types() -> None:
    """Numbered scratches become a list; settings of the film that are now decisions of a shot are moved."""
    record = Record.model_validate_json(json.dumps(_version_2()))
    assert record.schema_version == 3
    assert record.timing == made_record().timing
    assert list(record.treatments) == ["descratch", "deflicker", "stabilize", "colorize", "upscale"]
    assert record.treatments["upscale"].model == "film-x2-v2"
    assert record.shots[0].figures == made_record().shots[0].figures
    assert record.shots[0].decisions == {
        "upscale": UpscaleDecision(0.25),
        "descratch": DescratchDecision((Scratch(7, (40, 41), (0.0, 0.2, 0.1)),), 0.5),
        "deflicker": DeflickerDecision(0, (1.0, 0.9), (0.0, 0.01)),
        "stabilize": StabilizeDecision(0, (0.1, 0.0), (0.0, 0.2)),
        "colorize": ColorizeDecision("color"),
    }


def test_a_page_is_made_of_version_2() -> None:
    """It shows the same for each treatment."""
    text = page(Record.model_validate(_version_2()))
    for words in ("scratches removed", "flicker removed", "weave removed", "cleaned by 25%"):
        assert words in text


def test_today_s_records_stay_as_they_are() -> None:
    """Only version 2 is changed; other data are returned unchanged."""
    values = json.loads(made_record().model_dump_json())
    assert upgraded(values) is values
    assert upgraded("no record") == "no record"


@pytest.mark.parametrize("key", ["stages", "shots"])
def test_a_broken_record_of_version_2_is_refused(key: str) -> None:
    """Incomplete records are reported by the validation of the current form."""
    with pytest.raises(ValidationError, match="schema_version"):
        Record.model_validate(_version_2(**{key: None}))


def test_a_film_that_was_not_cleaned_or_enlarged_has_no_such_decision() -> None:
    """Version 2 wrote a decision for every shot: without the treatment it is dropped."""
    values = _version_2()
    values["stages"] = [each for each in values["stages"] if each["stage"] != "upscale"]
    record = Record.model_validate(values | {"synthetic": ["color"]})
    assert "upscale" not in record.treatments
    assert all("upscale" not in shot.decisions for shot in record.shots)


def test_strengths_of_version_2_default_to_one() -> None:
    """A film whose settings did not say how strong: everything was removed."""
    values = _version_2()
    for each in values["stages"]:
        each["settings"].pop("clean", None)
        each["settings"].pop("strength", None)
    decisions = Record.model_validate(values).shots[0].decisions
    assert decisions["upscale"] == UpscaleDecision(1.0)
    assert decisions["descratch"].strength == 1.0


def test_several_scratches_keep_their_order_and_profiles() -> None:
    """Numbered from 1 in version 2, a list now; frames and columns are whole numbers."""
    numbered = {
        "scratch 1": [3.0, 10.0],
        "profile 1": [0.1],
        "scratch 2": [5.0, 20.0, 21.0],
        "profile 2": [0.2],
    }
    values = _version_2()
    for shot in values["shots"]:
        shot["decisions"] = {"descratch": numbered}
    (found, _) = Record.model_validate(values).shots
    assert found.decisions["descratch"].scratches == (
        Scratch(3, (10,), (0.1,)),
        Scratch(5, (20, 21), (0.2,)),
    )


def test_upgrading_leaves_the_old_values_alone() -> None:
    """The dictionary that was read from the file is not changed."""
    values = _version_2()
    before = json.dumps(values)
    upgraded(values)
    assert json.dumps(values) == before
