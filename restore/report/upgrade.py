"""Conversion of records of earlier versions to the current form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def upgraded(values: Any) -> Any:
    """Convert a record of version 2 to version 3; other values are returned unchanged."""
    if not isinstance(values, Mapping) or values.get("schema_version") != 2:
        return values
    try:
        return _from_2(values)
    except (KeyError, TypeError, ValueError, AttributeError):
        return values  # the validation of the current form reports what is wrong


def _from_2(record: Mapping[str, Any]) -> dict[str, Any]:
    """Version 2 had `stages` (a list), untyped decisions, `measures` for figures, and `proving` in timing."""
    settings: dict[str, dict[str, Any]] = {
        each["stage"]: dict(each["settings"]) for each in record["stages"]
    }
    strength = settings.get("descratch", {}).pop("strength", 1.0)
    clean = settings.get("upscale", {}).pop("clean", 1.0)
    shots = [_shot_from_2(shot, strength, clean, settings) for shot in record["shots"]]
    timing = {("verifying" if k == "proving" else k): v for k, v in record["timing"].items()}
    rest = {key: value for key, value in record.items() if key != "stages"}
    return rest | {
        "schema_version": 3,
        "treatments": settings,
        "shots": shots,
        "timing": timing,
    }


def _shot_from_2(
    shot: Mapping[str, Any], strength: float, clean: float, settings: Mapping[str, Any]
) -> dict[str, Any]:
    decisions = dict(shot["decisions"])
    if "upscale" not in settings:
        decisions.pop("upscale", None)
    elif "upscale" in decisions:
        decisions["upscale"] = {"clean": clean}
    if "descratch" in decisions:
        decisions["descratch"] = {
            "scratches": _scratches_from_2(decisions["descratch"]),
            "strength": strength,
        }
    rest = {key: value for key, value in shot.items() if key != "measures"}
    return rest | {"figures": shot["measures"], "decisions": decisions, "summary": ()}


def _scratches_from_2(decision: Mapping[str, Sequence[float]]) -> list[dict[str, Any]]:
    """`scratch 1`: the first frame, then its column in each; `profile 1`: what it adds to the luma."""
    numbers = [key.removeprefix("scratch ") for key in decision if key.startswith("scratch ")]
    return [
        {
            "first": round(decision[f"scratch {number}"][0]),
            "columns": [round(column) for column in decision[f"scratch {number}"][1:]],
            "profile": decision[f"profile {number}"],
        }
        for number in numbers
    ]
