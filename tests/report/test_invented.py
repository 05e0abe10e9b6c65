"""What a result shows that its source does not: which treatments, in which shots."""

from __future__ import annotations

import html
from typing import Any

import pytest

from restore.report.invented import invented, invents_in, treated
from restore.report.record import Record
from tests.report.made import made_record


def record_of(*modes: str, **changes: Any) -> Record:
    """A record whose shots of ten frames were colored in these modes."""
    shot = made_record().shots[0].model_dump()
    shots = [
        shot
        | {
            "frames": {"start": 10 * at, "stop": 10 * at + 10},
            "decisions": {"colorize": {"mode": mode}, "upscale": {"clean": 1.0}},
        }
        for at, mode in enumerate(modes)
    ]
    values = made_record().model_dump(mode="json") | {"shots": shots, "frames": 10 * len(modes)}
    return Record.model_validate(values | changes)


def sentence(record: Record, what: str) -> str:
    """The line about color or detail."""
    found = html.unescape(invented(record).html)
    return found.split(f"<strong>{what}</strong>")[1].split("</li>")[0]


@pytest.mark.parametrize(
    ("modes", "where"),
    [
        (("color", "color"), " in all 20 frames"),
        (("color", "neutral", "color"), " in 2 of 3 shots (20 of 30 frames)"),
        (("neutral", "color", "keep", "keep"), " in 1 of 4 shots (10 of 40 frames)"),
    ],
)
def test_shots_with_invented_color_are_counted(modes: tuple[str, ...], where: str) -> None:
    """Only colored shots count; shots that stay neutral or keep their color invent nothing."""
    record = record_of(*modes)
    assert sentence(record, "Color").startswith(where)
    assert [invents_in(record, "colorize", shot) for shot in record.shots] == [
        mode == "color" for mode in modes
    ]


def test_detail_is_invented_wherever_a_network_enlarges() -> None:
    """All shots, whatever their color."""
    assert sentence(record_of("color", "keep"), "Detail").startswith(" in all 20 frames")


def test_the_network_that_invents_is_named() -> None:
    """By its name and version, in the line of its treatment."""
    record = record_of("color")
    assert "color-v2" in sentence(record, "Color")
    assert "film-x2-v2" in sentence(record, "Detail")
    assert "color-v2" not in sentence(record, "Detail")


def test_a_treatment_that_was_not_used_invents_nothing() -> None:
    """A decision without its settings, or settings without a decision, counts for no shot."""
    record = record_of("color")
    without = record.model_copy(update={"treatments": {}})
    assert not invents_in(without, "colorize", record.shots[0])
    undecided = record.shots[0].model_copy(update={"decisions": {}})
    assert not invents_in(record, "colorize", undecided)
    assert not invents_in(record, "descratch", record.shots[0])


def test_nothing_invented_is_said_as_well() -> None:
    """The box is there all the same, with another title."""
    box = invented(record_of("keep", synthetic=())).html
    assert "Nothing is invented" in box
    assert "<li>" not in box


def test_treatments_are_named_in_their_order() -> None:
    """As a phrase for the lead; no treatment at all has its own."""
    assert treated(made_record()) == "colored, enlarged"
    assert treated(made_record(treatments={}, models=(), synthetic=())) == "no treatment"
