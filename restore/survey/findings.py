"""The survey as a value: the film's frames and its shots with their kinds and measures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from restore.timing import FrameTable, Span
from restore.treatments.film_facts import Color, Content
from restore.treatments.typed_values import TreatmentMeasures


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures that determined a shot's kind (for the record and the log).

    brightness  mean luma, 0 = nominal black, 1 = nominal white
    contrast    distance between the 99th and the 1st percentile of luma, same unit
    motion      share of the frame that moved, apart from weave and flicker, 0..1
    lettering   share of the shapes on the background that form lines, 0..1 (0: none resembles letters)
    ground      share of the frame around the lettering that is plain background, 0..1
    chroma      root mean square of chroma, nominally 0..0.5
    hues        root mean square of the chroma that one tint does not explain, same unit
    """

    brightness: float
    contrast: float
    motion: float
    lettering: float
    ground: float
    chroma: float
    hues: float


@dataclass(frozen=True, slots=True)
class Shot:
    """Consecutive frames of one camera run, and their kind.

    `tint` is the mean (Cb, Cr) of a tinted shot, nominally ±0.5; None for mono and color. `measures` has the
    results of the treatments' measures (restore/treatments), except of those without a result and those that
    were not requested.
    """

    span: Span
    content: Content
    color: Color
    tint: tuple[float, float] | None
    figures: Figures
    measures: TreatmentMeasures = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        if (self.color == "tint") != (self.tint is not None):
            raise ValueError("a tinted shot has a tint, and no other has one")


@dataclass(frozen=True)
class Survey:
    """The survey of a film: the time of every frame, its shots, and damage.

    `damage` is in its video and sound; `notes` are messages about other streams of the file, `changes`
    size and format of later frames if not all are like the first, `unmeasured` what could not be measured
    in which shots (one line for each measure). `partial` marks a survey of some of the film's shots only.
    `shots` cover the frames of `frames` once and in order; a shot's span counts from the first of them.
    `digest` is a SHA-256 over the PTS and thumbnails of all frames, so that a changed film is noticed.
    """

    frames: FrameTable
    shots: tuple[Shot, ...]
    damage: tuple[str, ...]
    digest: str
    notes: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    unmeasured: tuple[str, ...] = ()
    partial: bool = False

    def __post_init__(self) -> None:
        edges = [shot.span.start for shot in self.shots] + [len(self.frames)]
        if edges[0] != 0 or [shot.span.stop for shot in self.shots] != edges[1:]:
            raise ValueError("shots must cover all frames once and in order")

    def shot_at(self, index: int) -> Shot:
        """The shot of a frame; raises IndexError outside the film."""
        for shot in self.shots:
            if index in shot.span:
                return shot
        raise IndexError(f"no frame {index}: the film has {len(self.frames)}")


def survey_to_json(survey: Survey) -> bytes:
    """The survey as JSON text (UTF-8), the same for the same survey."""
    return TypeAdapter(Survey).dump_json(survey, indent=1)


def survey_from_json(data: bytes) -> Survey:
    """The survey that `survey_to_json` wrote; raises ValueError for anything else."""
    try:
        return TypeAdapter(Survey).validate_json(data)
    except ValidationError as error:
        raise ValueError(f"not a survey: {error}") from error
