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
