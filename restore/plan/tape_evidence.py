"""What shows that a film comes from an analog tape: its picture, not its size."""

from __future__ import annotations

from restore.survey.findings import Shot, Survey
from restore.treatments.chroma.chroma_faults import ChromaFaults
from restore.treatments.dropout.tape_loss import TapeLoss

LEAST = 0.25
"""The least share of the film's frames in shots with such evidence."""

SIGNAL = ("dropouts", "head switching", "jitter of the lines")
"""What only a tape does; compressed digital video can have faults of chroma, too."""


def tape_evidence(survey: Survey) -> tuple[str, ...]:
    """The faults of tape that the survey is certain of; none if too small a part of the film has any."""
    found = [(set(_of_shot(shot)), len(shot.span)) for shot in survey.shots]
    if sum(frames for names, frames in found if names) < LEAST * len(survey.frames):
        return ()
    every = set[str]().union(*(names for names, _ in found))
    return tuple(
        name for name in (*SIGNAL, "dot crawl", "chroma noise", "shifted chroma") if name in every
    )


def _of_shot(shot: Shot) -> list[str]:
    """The faults of one shot."""
    loss: TapeLoss | None = shot.measures.get("dropout")
    chroma: ChromaFaults | None = shot.measures.get("chroma")
    found = {
        "dropouts": loss is not None and loss.streaks > 0,
        "head switching": loss is not None and loss.bottom > 0,
        "jitter of the lines": shot.measures.get("linejitter") is not None,
        "dot crawl": shot.measures.get("crosscolor") is not None,
        "chroma noise": chroma is not None and chroma.noisy,
        "shifted chroma": chroma is not None and chroma.far,
    }
    return [name for name, present in found.items() if present]
