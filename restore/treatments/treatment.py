"""The definition of a treatment: its options, measure, decision, and how frames are treated.

A treatment is one file (or one folder) with one `Treatment` in it, listed in `catalog.py`. Recipe, command
line, survey, plan, inspect, record, page and docs read it from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from restore.clip import Clip
from restore.errors import UsageError
from restore.timing import Span
from restore.treatments.film_facts import FilmFacts, ShotKind
from restore.treatments.measure import AnyMeasure

if TYPE_CHECKING:
    from torch import Tensor

    from restore.models import Card

Invention = Literal["rows", "color", "detail"]
"""The kinds of invented content that a treatment can add."""

STRICT = ConfigDict(frozen=True, extra="forbid")
"""How options, settings and decisions are read: unknown keys are errors."""


class NoSettings(BaseModel):
    """The settings of a treatment that decides everything for each shot."""

    model_config = STRICT


OptionsT = TypeVar("OptionsT", bound=BaseModel)
SettingsT = TypeVar("SettingsT", bound=BaseModel)
MeasureT = TypeVar("MeasureT")
DecisionT = TypeVar("DecisionT")


Treat = Callable[[Clip, Span, DecisionT], Clip]
"""A treatment ready to work: (clip, frames to treat, decision for their shot) -> exactly these frames.

The clip contains the frames to treat and up to the treatment's radius more on both sides; if it has fewer,
there is a cut or the end of the film. All frames belong to one shot. The span counts frames of the result, as
`clip.index` and `clip.part` do: its first frame is number `span.start - clip.index` of the clip.
"""


FieldFilter = Callable[["Tensor"], "Tensor"]
"""Deinterlaces planes [T, C, H, W] of nominal values, top field first -> [2T, C, H, W], a frame a field.

A frame depends on the frames next to its own only.
"""


def _silent(line: str) -> None:
    """Ignores the line."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The machine that networks run on.

    `device` is torch's name; `precision` one of fp32, bf16, fp16; `say` takes one line for the user
    (smaller tiles after running out of memory). `bwdif` is ffmpeg's deinterlacer, which `run/chain.py` gives
    to the treatments of a plan; networks work without it.
    """

    device: str = "cpu"
    precision: str = "fp32"
    say: Callable[[str], None] = field(default=_silent, compare=False)
    bwdif: FieldFilter | None = field(default=None, compare=False)

    @property
    def field_filter(self) -> FieldFilter:
        """The deinterlacer of ffmpeg; raises UsageError if this engine was made without it."""
        if self.bwdif is None:
            raise UsageError(
                "This engine has no deinterlacer.",
                "It was made without the filter bwdif.",
                "Make it as Engine(bwdif=restore.run.bwdif_planes.bwdif_planes).",
                code="deinterlacer-missing",
            )
        return self.bwdif


@dataclass(frozen=True, slots=True)
class Network(Generic[OptionsT]):
    """The network that a treatment needs.

    option    the recipe's option that names another one
    named     the name of the model for these options and this film; None: no network
    possible  the names of the models that these options may need for films like this one, whatever their size
    """

    option: str
    named: Callable[[OptionsT, FilmFacts], str | None]
    possible: Callable[[OptionsT, FilmFacts], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class TreatedShot(Generic[MeasureT, DecisionT]):
    """A shot with its measure and its decision."""

    shot: ShotKind
    measure: MeasureT | None
    decision: DecisionT | None


@dataclass(frozen=True, slots=True)
class Invents(Generic[SettingsT, DecisionT]):
    """Invented content that a treatment adds.

    `where` decides whether it does so in a shot; `text` explains it to people, `{network}` in it
    is the name of the network.
    """

    what: Invention
    where: Callable[[SettingsT, DecisionT], bool]
    text: str


def _no_notes(*_: Any) -> Iterator[str]:
    """No notes."""
    return iter(())


def _no_figures(*_: Any) -> Mapping[str, float | None]:
    """No figures."""
    return {}


def _no_text(*_: Any) -> str:
    """No text about what was measured."""
    return ""


@dataclass(frozen=True, slots=True)
class Description(Generic[OptionsT, SettingsT, MeasureT, DecisionT]):
    """The description of a treatment for people: for `inspect`, `--dry-run`, notes, record and page.

    done     what is done with a shot: "flicker removed"
    summary  the same in phrases without figures, which are counted over shots; None: `done`
    whole    what is done with the film: "enlarged"
    found    what was measured of a shot: "flickers by 1.2%"
    figures  the same as keys and values for programs; null where nothing was found
    notes    notes for the user before the run, a line each
    invents  invented content that the treatment adds
    """

    done: Callable[[DecisionT], str]
    whole: Callable[[SettingsT, FilmFacts], str]
    found: Callable[[MeasureT, FilmFacts], str] = _no_text
    figures: Callable[[MeasureT | None, FilmFacts], Mapping[str, object]] = _no_figures
    notes: Callable[
        [Sequence[TreatedShot[MeasureT, DecisionT]], OptionsT, FilmFacts], Iterable[str]
    ] = _no_notes
    invents: Invents[SettingsT, DecisionT] | None = None
    summary: Callable[[DecisionT], Sequence[str]] | None = None


@dataclass(frozen=True, slots=True)
class Example(Generic[SettingsT, DecisionT]):
    """Settings and a decision with which the treatment changes something.

    `decision` is made for a clip that is one whole shot; `clip` is a shot that the treatment must change,
    None: any moving, grainy clip.
    """

    settings: SettingsT
    decision: Callable[[Clip], DecisionT]
    clip: Callable[[], Clip] | None = None


def _always(*_: Any) -> bool:
    return True


def _never(*_: Any) -> bool:
    return False


def _replaced(options: OptionsT, values: Mapping[str, Any]) -> OptionsT:
    return options.model_copy(update=dict(values))


def _as_is(decision: DecisionT) -> DecisionT:
    return decision


def _no_conflicts(*_: Any) -> Iterator[tuple[str, str]]:
    return iter(())


@dataclass(frozen=True, slots=True)
class Treatment(Generic[OptionsT, SettingsT, MeasureT, DecisionT]):
    """One treatment of a film; everything that the program knows about it.

    name      in recipes' decisions, plans and records
    title     what it treats, for people
    order     its place in the chain: treatments with smaller numbers come before
    options   a frozen pydantic model with the options for the user; all have defaults
    settings  a frozen pydantic model with the settings for the whole film; all have defaults
    decision  a frozen dataclass, `with_config(STRICT)`: what is decided for one shot
    requested whether these options ask for the treatment, for this film
    decide    what to do with a shot; None: the shot keeps every code value
    settle    the settings for this film, with the card of the network (None: there is none); None: the
              treatment cannot work
    acts      whether a decision alone is a reason to treat the film
    radius    frames of context on each side that these settings need
    load      makes the treatment ready: reads weights, moves them to the device
    describe  the description of the treatment for people
    example   settings and a decision with which it changes something
    measure   what the survey measures for it
    network   the network that it needs
    recomputes whether a network computes the luma with these options
    resizes   whether frames get another size with these options
    conflicts options that cannot be combined: (option, why), for a recipe's mistakes. It gets the
              options of the whole film, then those of every shot that has others
    override  the options of a shot: those of the film with some values replaced
    fields    whether it computes the missing rows of result frames that are made of one field: such frames
              come with both fields of their source frame
    of_film   the measure of the whole film from those of its shots: every shot is decided with it
    recorded  the decision as records keep it: without large data that only workers need
    """

    name: str
    title: str
    order: int
    options: type[OptionsT]
    settings: type[SettingsT]
    decision: type[DecisionT]
    requested: Callable[[OptionsT, FilmFacts], bool]
    decide: Callable[[ShotKind, MeasureT | None, OptionsT, FilmFacts], DecisionT | None]
    settle: Callable[[OptionsT, FilmFacts, Card | None], SettingsT | None]
    radius: Callable[[SettingsT], int]
    load: Callable[[SettingsT, Engine], Treat[DecisionT]]
    describe: Description[OptionsT, SettingsT, MeasureT, DecisionT]
    example: Example[SettingsT, DecisionT]
    measure: AnyMeasure[MeasureT] | None = None
    network: Network[OptionsT] | None = None
    recomputes: Callable[[OptionsT, FilmFacts], bool] = _never
    resizes: Callable[[OptionsT, FilmFacts], bool] = _never
    acts: Callable[[DecisionT], bool] = _always
    conflicts: Callable[[Sequence[OptionsT]], Iterable[tuple[str, str]]] = _no_conflicts
    override: Callable[[OptionsT, Mapping[str, Any]], OptionsT] = _replaced
    fields: bool = False
    of_film: Callable[[Sequence[MeasureT | None]], MeasureT | None] | None = None
    recorded: Callable[[DecisionT], DecisionT] = _as_is


AnyTreatment = Treatment[Any, Any, Any, Any]
"""A treatment whose types are only known in its own file."""


def strength(asked: float | None, film: FilmFacts) -> float:
    """How much of a defect is removed, 0..1: as requested, else all if a network computes the luma."""
    return float(film.recomputed) if asked is None else asked


def tape_strength(asked: float | None, shot: ShotKind, film: FilmFacts) -> float:
    """The same for damage of tape, by default only in shots that may come from one.

    These are in color, or tagged as interlaced: dust on black-and-white film resembles dropouts.
    """
    may_be = shot.color == "color" or film.interlaced
    return 0.0 if asked is None and not may_be else strength(asked, film)


def of_shot(values: Sequence[float], first: int, span: Span) -> Sequence[float]:
    """The values for the frames of `span`, of values for every frame of a shot that begins at `first`."""
    return values[span.start - first : span.stop - first]


def shots_of(found: Sequence[object], shots: Sequence[object]) -> str:
    """`2 of 3 shots`."""
    return f"{len(found)} of {len(shots)} shot{'' if len(shots) == 1 else 's'}"


def shots_that(found: Sequence[object], shots: Sequence[object], one: str, many: str) -> str:
    """`1 of 3 shots has`, `2 of 3 shots have`: with the verb that agrees."""
    return f"{shots_of(found, shots)} {one if len(found) == 1 else many}"
