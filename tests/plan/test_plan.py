"""The plan as a value: what it says of a frame, of its inventions, and in short."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from restore.plan import decisions_in_short, inventions, plan_from_json, plan_to_json
from restore.timing import Span
from restore.treatments.colorize import ColorizeDecision
from restore.treatments.deflicker import DeflickerDecision
from restore.treatments.stabilize import StabilizeDecision
from restore.treatments.upscale import UpscaleDecision, UpscaleSettings
from tests.run.made import plan


def test_a_frame_belongs_to_one_shot() -> None:
    """The first frame of a shot is its own; outside the result there is none."""
    made = plan()
    found = [made.shot_at(index).content for index in (0, 19, 20, 119)]
    assert found == ["card", "card", "scene", "scene"]
    for index in (-1, 120):
        with pytest.raises(IndexError):
            made.shot_at(index)


def test_what_is_invented_follows_the_decisions() -> None:
    """Color is invented where a shot is colored, detail where a network makes the picture."""
    made = plan()
    assert made.invents == ("color", "detail")
    neutral = [
        replace(shot, decisions={"colorize": ColorizeDecision("keep")}) for shot in made.shots
    ]
    assert inventions(made.treatments, neutral) == ()
    resampled = {"upscale": UpscaleSettings(model=None, factor=1)}
    assert inventions(resampled, made.shots) == ()


def test_decisions_in_short_leave_out_what_every_frame_has() -> None:
    """The record has a line a shot, not a number a frame."""
    decided = {
        "deflicker": DeflickerDecision(3, (1.0, 1.1), (0.0, 0.1)),
        "upscale": UpscaleDecision(0.5),
    }
    shot = replace(plan().shots[0], decisions=decided)
    assert decisions_in_short(shot) == {"deflicker": {"first": 3}, "upscale": {"clean": 0.5}}


def test_the_moves_are_those_of_shots_that_are_stabilized() -> None:
    """The audit expects frames elsewhere only there."""
    made = plan()
    moved = StabilizeDecision(20, (0.1,) * 100, (0.0,) * 100)
    assert made.moves == ()
    shots = (made.shots[0], replace(made.shots[1], decisions={"stabilize": moved}))
    assert replace(made, shots=shots).moves == ((Span(20, 120), moved),)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("device",), None),
        (("shots", 0, "content"), "poem"),
        (("shots", 0, "decisions", "upscale", "clean"), "much"),
        (("shots", 0, "decisions", "paint"), {}),
        (("treatments", "upscale", "wide"), 3),
        (("treatments", "paint"), {}),
        (("segments", 0), {"start": 5, "stop": 5}),
        (("frame_map", "kind"), "guess"),
    ],
)
def test_a_plan_file_with_a_mistake_is_refused(place: tuple[str | int, ...], value: object) -> None:
    """Unknown treatments, fields and kinds raise ValueError: a worker never guesses."""
    stored = json.loads(plan_to_json(plan()))
    table = stored
    for key in place[:-1]:
        table = table[key]
    table[place[-1]] = value
    with pytest.raises(ValueError, match=str(place[0])):
        plan_from_json(json.dumps(stored).encode())


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b"null"])
def test_what_is_no_plan_is_refused(data: bytes) -> None:
    """A file that was cut off, or is another one, raises ValueError."""
    with pytest.raises(ValueError, match=r"Plan|JSON"):
        plan_from_json(data)
