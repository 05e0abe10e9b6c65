"""What shows that a film comes from a tape."""

from __future__ import annotations

from dataclasses import replace

import pytest

from restore.plan.tape_evidence import tape_evidence
from restore.survey.findings import Shot
from restore.treatments.chroma.chroma_faults import ChromaFaults
from restore.treatments.crosscolor.composite_faults import CompositeFaults
from restore.treatments.dropout.tape_loss import TapeLoss
from restore.treatments.linejitter.jitter_observer import LineJitter
from tests.made import made_shot, made_survey

LOSS = TapeLoss(0.5, 8)


def shot(start: int, stop: int, **measures: object) -> Shot:
    """A shot with these measures."""
    return replace(made_shot(start, stop, color="color"), measures=measures)


@pytest.mark.parametrize(
    ("measures", "evidence"),
    [
        ({"dropout": LOSS}, ("dropouts", "head switching")),
        ({"dropout": TapeLoss(0.0, 8)}, ("head switching",)),
        ({"linejitter": LineJitter(0.8, 0.1)}, ("jitter of the lines",)),
        ({"crosscolor": CompositeFaults(1, 180.0, 0.1)}, ("dot crawl",)),
        ({"chroma": ChromaFaults(None, 0.02, 3.0)}, ("chroma noise",)),
        ({"chroma": ChromaFaults((3.0, 0.0), 0.001, 0.0)}, ("shifted chroma",)),
        ({"chroma": ChromaFaults(None, 0.001, 0.0, stairs=1)}, ()),
        ({}, ()),
    ],
)
def test_faults_of_tape_are_evidence(
    measures: dict[str, object], evidence: tuple[str, ...]
) -> None:
    """What tape and composite video do; stairs of 4:1:1 are those of DV, too."""
    assert tape_evidence(made_survey(shot(0, 20, **measures))) == evidence


@pytest.mark.parametrize(("frames", "evidence"), [(4, ()), (8, ("dropouts", "head switching"))])
def test_a_small_part_of_a_film_shows_nothing(frames: int, evidence: tuple[str, ...]) -> None:
    """A quarter of the frames must be in shots with faults: one shot of tape makes no tape of a film."""
    survey = made_survey(shot(0, frames, dropout=LOSS), shot(frames, 32))
    assert tape_evidence(survey) == evidence
