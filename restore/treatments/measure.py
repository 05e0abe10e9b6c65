"""What the survey measures in a film for a treatment: from which frames, and how it is asked for.

Frames are planes [h, w], uint8, limited range, or clips as treatments get them. An observer takes the frames
of one shot in order and returns the measure at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from restore.treatments.film_facts import FilmFacts, ShotKind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from restore.clip import Clip
    from restore.framemap import MappedFrame
    from restore.timing import Span

    Plane = NDArray[np.uint8]

MeasureT = TypeVar("MeasureT")
MeasuredT = TypeVar("MeasuredT", covariant=True)


class SurveyFrame(Protocol):
    """A reduced frame of the survey: planes [h, w], uint8, limited range, of one size."""

    @property
    def y(self) -> Plane:
        """Luma."""
        ...

    @property
    def cb(self) -> Plane:
        """Chroma, blue."""
        ...

    @property
    def cr(self) -> Plane:
        """Chroma, red."""
        ...


class Observer(Protocol[MeasuredT]):
    """Takes the frames of one shot in order, and returns the measure at its end."""

    def see(self, frame: SurveyFrame, /) -> None:
        """The shot's next frame."""
        ...

    def result(self) -> MeasuredT | None:
        """The measure; None if there is nothing to treat, or if the measure is not certain."""
        ...


def unchanged(measure: MeasureT, places: Sequence[int]) -> MeasureT:
    """A measure without values for single frames: the same for any frames of its shot."""
    return measure


@dataclass(frozen=True, slots=True)
class Measure(Generic[MeasureT]):
    """A measure of every shot from the survey's reduced frames, in its first pass.

    start   gives an observer for the next shot
    result  the type of what it finds
    at      the measure for the frames with these indices of the shot, in this order
    """

    result: type[MeasureT]
    start: Callable[[], Observer[MeasureT]]
    at: Callable[[MeasureT, Sequence[int]], MeasureT | None] = unchanged


ALL_ROWS = 1 << 16
"""The number of bands for whole frames: there are never more bands than rows."""


@dataclass(frozen=True, slots=True)
class BandMeasure(Generic[MeasureT]):
    """A measure from the mean luma of horizontal bands at the film's full width, in a further pass.

    The observer's frames have `bands` rows (ALL_ROWS: whole frames); `start` gets the number of frames of the
    shot; `result` and `at` are those of `Measure`. Measures with the same number of bands share a pass.
    """

    result: type[MeasureT]
    bands: int
    start: Callable[[int], Observer[MeasureT]]
    at: Callable[[MeasureT, Sequence[int]], MeasureT | None] = unchanged


class FieldFrame(Protocol):
    """A frame with all its rows, so that its fields are separate; planes [h, w], uint8, limited range.

    Luma has a quarter of the film's columns; chroma has its own rows. PTS and duration are in the film's
    time base.
    """

    @property
    def y(self) -> Plane:
        """Luma."""
        ...

    @property
    def cb(self) -> Plane | None:
        """Chroma, blue; None for gray films."""
        ...

    @property
    def cr(self) -> Plane | None:
        """Chroma, red; None for gray films."""
        ...

    @property
    def pts(self) -> int:
        """When it is shown."""
        ...

    @property
    def duration(self) -> int:
        """For how long."""
        ...


@dataclass(frozen=True, slots=True)
class FieldMeasure(Generic[MeasureT]):
    """A measure of the fields of a whole film, in a pass of its own: shots without motion follow others.

    result  the type of what it finds
    see     (all frames in order, the shots' spans of them, facts of the film) -> the measure of each shot
    mapped  the measure of a shot of result frames that are made of these source frames and fields; None: the
            shot was not measured, or there is nothing to say
    """

    result: type[MeasureT]
    see: Callable[[Iterable[FieldFrame], Sequence[Span], FilmFacts], Sequence[MeasureT | None]]
    mapped: Callable[[MeasureT | None, Sequence[MappedFrame]], MeasureT | None]


class ClipObserver(Protocol[MeasuredT]):
    """Takes a few short clips of one shot in order, and returns the measure at its end."""

    def see(self, clip: Clip, /) -> None:
        """Consecutive frames of the shot, as treatments get them."""
        ...

    def result(self) -> MeasuredT | None:
        """The measure; None if there is nothing to treat, or if the measure is not certain."""
        ...


def _in_color(shot: ShotKind) -> bool:
    return shot.color == "color" and shot.content != "black"


@dataclass(frozen=True, slots=True)
class FrameMeasure(Generic[MeasureT]):
    """A measure from a few whole frames of a shot, at the film's full size, in a pass of its own.

    The observer sees up to PLACES clips of up to TOGETHER frames. `wanted` are the shots that are measured;
    `result` and `at` are those of `Measure`. All such measures share one pass.
    """

    result: type[MeasureT]
    start: Callable[[], ClipObserver[MeasureT]]
    at: Callable[[MeasureT, Sequence[int]], MeasureT | None] = unchanged
    wanted: Callable[[ShotKind], bool] = _in_color


PLACES, TOGETHER = 5, 5
"""How many clips, and how many consecutive frames in each, the observer of a `FrameMeasure` sees."""


AnyMeasure = (
    Measure[MeasureT] | BandMeasure[MeasureT] | FrameMeasure[MeasureT] | FieldMeasure[MeasureT]
)
"""Any way to measure shots."""


def picked(values: Sequence[float], places: Sequence[int]) -> tuple[float, ...]:
    """The values for the frames with these indices, of values for every frame of a shot."""
    return tuple(values[place] for place in places)
