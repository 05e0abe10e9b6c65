"""Deinterlacing: the missing rows of fields, so that every treatment after it gets whole frames.

Which fields show the same moment is measured by the survey; the plan makes the frame map from it
(restore/plan/field_map.py). This treatment then computes the rows that frames of one field lack.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, with_config

from restore.clip import Clip
from restore.timing import Span
from restore.treatments.deinterlace.field_windows import WHOLE, Mode, ShotFrames, field_windows
from restore.treatments.deinterlace.shot_fields import ShotFields, mapped_fields
from restore.treatments.deinterlace.unused_options import conflicts, unused
from restore.treatments.film_facts import FilmFacts, ShotKind
from restore.treatments.measure import FieldFrame, FieldMeasure
from restore.treatments.option import MACHINE, REPAIR, Option
from restore.treatments.treatment import (
    STRICT,
    Description,
    Engine,
    Example,
    Invents,
    Network,
    Treat,
    TreatedShot,
    Treatment,
    shots_of,
    shots_that,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from restore.models import Card

NETWORK = "deinterlace"
"""The network that is used by default."""

BWDIF = "bwdif"
"""The name of ffmpeg's deinterlacer as a choice instead of a network."""

RADIUS = 4
"""Fields of context on each side."""


class DeinterlaceOptions(BaseModel):
    """What is done with fields, pulldown and repeated frames."""

    model_config = STRICT

    deinterlace: Annotated[
        Literal["auto", "off", "frame", "field"] | None,
        Option(
            "auto, off, frame or field (default auto if frames are enlarged or cleaned, else off).",
            REPAIR,
            "MODE",
            choices=("auto", "off", "frame", "field"),
            per_shot=True,
            more="`auto` makes a frame of every field where the film is interlaced video; `field` does so "
            "everywhere, `frame` makes a frame of every first field "
            "([interlaced films](run.md#interlaced-films)).",
        ),
    ] = None
    deinterlacer: Annotated[
        str | None,
        Option(
            "Compute missing rows with this model, or with bwdif (ffmpeg's filter, fast).",
            MACHINE,
            "NAME",
            choices=(NETWORK, BWDIF),
            more="Names are those of `restore models list`.",
        ),
    ] = None
    field: Annotated[
        Literal["top", "bottom"] | None,
        Option(
            "Use only this field of interlaced video: the other one is missing or damaged.",
            REPAIR,
            "top|bottom",
            choices=("top", "bottom"),
            per_shot=True,
        ),
    ] = None
    pulldown: Annotated[
        Literal["auto", "keep"] | None,
        Option(
            "auto or keep (default auto with --deinterlace auto, or if frames are enlarged or cleaned).",
            REPAIR,
            "MODE",
            choices=("auto", "keep"),
            per_shot=True,
            more="`auto` finds the frames of film that was transferred to video (3:2 and other patterns) "
            "and gives them their own rate.",
        ),
    ] = None
    repeats: Annotated[
        Literal["keep", "drop"],
        Option(
            "keep or drop frames that repeat the frame before; the times of the others stay.",
            REPAIR,
            "MODE",
            choices=("keep", "drop"),
            per_shot=True,
        ),
    ] = "keep"


class DeinterlaceSettings(BaseModel):
    """What computes the missing rows: a network's name or folder; None: ffmpeg's filter bwdif."""

    model_config = STRICT

    model: str | None = NETWORK


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class DeinterlaceDecision:
    """The frames of a shot, from frame `first` on: which field each one has (t: top, b: bottom, w: both).

    `mode`, `lead` and `tail`: see ShotFrames. `joined`: whole frames are those of film in pulldown.
    Other shots whose frames all have both fields are only marked as progressive.
    """

    first: int
    kept: str
    mode: Mode = "field"
    lead: bool = False
    tail: bool = False
    joined: bool = False


@dataclass(frozen=True, slots=True)
class FieldHandling:
    """What is done with the fields of a shot, by its options.

    video    interlaced video: a frame for every field, one for every first field, or nothing
    forced   do so whatever the survey found
    single   the field that alone is used (0 top, 1 bottom)
    film     whether the frames of film in video are found
    repeats  whether repeated frames are dropped
    """

    video: Literal["off", "frame", "field"]
    forced: bool
    single: int | None
    film: bool
    repeats: bool

    @property
    def mode(self) -> Mode:
        """How frames of one field are made."""
        return (
            "single" if self.single is not None else "frame" if self.video == "frame" else "field"
        )


def field_handling(options: DeinterlaceOptions, film: FilmFacts) -> FieldHandling:
    """What these options do with the fields of a shot; by default they act if it is cleaned or resized."""
    changed = film.recomputed or film.resized
    asked = options.deinterlace or ("auto" if changed or options.field else "off")
    matched = changed or options.deinterlace == "auto"
    pulldown = options.pulldown or ("auto" if matched else "keep")
    return FieldHandling(
        video="field" if asked == "auto" else asked,
        forced=asked in ("frame", "field"),
        single=None if options.field is None else int(options.field == "bottom"),
        film=pulldown == "auto",
        repeats=options.repeats == "drop",
    )


def _requested(options: DeinterlaceOptions, film: FilmFacts) -> bool:
    asked = field_handling(options, film)
    return asked.video != "off" or asked.film or asked.repeats


def _model(options: DeinterlaceOptions, film: FilmFacts) -> str | None:
    if options.deinterlacer is not None:  # a wrong name is a mistake also where it is not needed
        return None if options.deinterlacer == BWDIF else options.deinterlacer
    return NETWORK if _requested(options, film) else None


def _possible(options: DeinterlaceOptions, film: FilmFacts) -> tuple[str, ...]:
    found = _model(options, film)
    return () if found is None else (found,)


def see(
    frames: Iterable[FieldFrame], shots: Sequence[Span], film: FilmFacts
) -> Sequence[ShotFields | None]:
    """The fields of each shot."""
    from restore.treatments.deinterlace.cadence import see_fields

    return see_fields(frames, shots, film)


def _decide(
    shot: ShotKind, measure: ShotFields | None, options: DeinterlaceOptions, film: FilmFacts
) -> DeinterlaceDecision | None:
    """Frames of one field need their other rows; whole ones of a film with fields become progressive."""
    asked = field_handling(options, film)
    if measure is None or (asked.video == "off" and not asked.film):
        return None
    kept = measure.kept or WHOLE * len(shot.span)
    if set(kept) == {WHOLE} and not (film.interlaced and _progressive(measure, asked)):
        return None
    first, lead, tail = shot.span.start, measure.lead, measure.tail
    return DeinterlaceDecision(first, kept, asked.mode, lead, tail, _joined(measure, asked))


def _joined(measure: ShotFields, asked: FieldHandling) -> bool:
    """Whether the whole frames of a shot are those of film in pulldown."""
    film = any(stretch.kind == "film" for stretch in measure.stretches)
    matched = asked.film and not asked.forced and asked.single is None
    return film and matched and not (measure.mixed or measure.swapped)


def _progressive(measure: ShotFields, asked: FieldHandling) -> bool:
    """Whether both fields of every frame show one moment, which the survey is certain of."""
    kinds = {stretch.kind for stretch in measure.stretches}
    whole = {"progressive", "unknown", *(["film"] if asked.film else [])}
    return kinds <= whole and kinds != {"unknown"}


def _load(settings: DeinterlaceSettings, engine: Engine) -> Treat[DeinterlaceDecision]:
    from restore.treatments.deinterlace.filling import by_filter, by_network, filled

    fill = by_network(settings.model, engine) if settings.model else by_filter(engine.field_filter)

    def treat(clip: Clip, span: Span, decision: DeinterlaceDecision) -> Clip:
        shot = ShotFrames(decision.kept, decision.mode, decision.lead, decision.tail)
        start, stop = (edge - decision.first for edge in (span.start, span.stop))
        windows = [*field_windows(shot, start, stop, RADIUS)]
        return filled(clip, clip.part(span.start, span.stop), windows, decision.first, fill)

    return treat


def _done(decision: DeinterlaceDecision) -> str:
    made = len(decision.kept) - decision.kept.count(WHOLE)
    if not made:
        return "fields joined to frames" if decision.joined else "marked as progressive"
    if made == len(decision.kept):
        return "deinterlaced"
    return f"{made} of {len(decision.kept)} frames deinterlaced"


def _summary(decision: DeinterlaceDecision) -> list[str]:
    made = _computes(decision)
    if decision.joined and WHOLE in decision.kept:
        return ["fields joined to frames", *(["leftover fields deinterlaced"] if made else [])]
    return ["deinterlaced" if made else "marked as progressive"]


def _found(measure: ShotFields, film: FilmFacts) -> str:
    from restore.treatments.deinterlace.describe_fields import found

    return found(measure, film)


def _figures(measure: ShotFields | None, film: FilmFacts) -> Mapping[str, object]:
    from restore.treatments.deinterlace.describe_fields import figures

    return figures(measure, film)


def _blended(measure: ShotFields) -> bool:
    return any(stretch.kind == "blended" for stretch in measure.stretches)


def _computes(decision: DeinterlaceDecision) -> bool:
    """Whether a frame of the shot lacks rows."""
    return decision.kept.count(WHOLE) < len(decision.kept)


def _woven(measure: ShotFields | None, asked: FieldHandling) -> bool:
    """Whether frames of a shot that is not treated have fields of two moments."""
    kinds = {"video", *([] if asked.film else ["film"])}
    return measure is not None and any(each.kind in kinds for each in measure.stretches)


def _notes(
    shots: Sequence[TreatedShot[ShotFields, DeinterlaceDecision]],
    options: DeinterlaceOptions,
    film: FilmFacts,
) -> Iterator[str]:
    made = [shot for shot in shots if shot.decision and _computes(shot.decision)]
    if made:
        yield (
            f"{shots_of(made, shots)} deinterlaced: half of the rows of these frames are invented "
            "(--deinterlace off leaves the fields as they are)"
        )
    asked = field_handling(options, film)
    woven = [shot for shot in shots if not shot.decision and _woven(shot.measure, asked)]
    if woven and len(woven) < len(shots) and any(shot.decision for shot in shots):
        yield (
            f"{shots_that(woven, shots, 'keeps', 'keep')} both fields in each frame, but the result is "
            "marked as progressive: motion has combs there (--deinterlace auto treats all shots)"
        )
    seen = [shot.measure for shot in shots if shot.measure is not None]
    for found, what in (
        ([each for each in seen if _blended(each)], "fields that mix two moments: they stay"),
        ([each for each in seen if each.swapped], "exchanged fields: they stay"),
        ([each for each in seen if each.mixed], "video over film: they are treated as video"),
        (
            [each for each in seen if each.unsettled],
            "fields without a regular cadence: they are treated as video",
        ),
        ([each for each in seen if each.progressive_chroma], "chroma stored as if progressive"),
    ):
        if found:
            yield f"{shots_that(found, shots, 'has', 'have')} {what}"
    yield from unused(shots, made, options)


def _example(clip: Clip) -> DeinterlaceDecision:
    """Top and bottom fields in turn."""
    return DeinterlaceDecision(clip.index, ("tb" * len(clip))[: len(clip)])


def _settle(options: DeinterlaceOptions, film: FilmFacts, card: Card | None) -> DeinterlaceSettings:
    if card is None:
        return DeinterlaceSettings(model=None)
    named = options.deinterlacer is not None and Path(options.deinterlacer) == card.place
    return DeinterlaceSettings(model=options.deinterlacer if named else card.full_name)


DEINTERLACE = Treatment(
    name="deinterlace",
    title="fields",
    order=10,
    options=DeinterlaceOptions,
    settings=DeinterlaceSettings,
    decision=DeinterlaceDecision,
    requested=_requested,
    decide=_decide,
    settle=_settle,
    radius=lambda settings: RADIUS,
    load=_load,
    describe=Description(
        done=_done,
        whole=lambda settings, film: "deinterlaced",
        found=_found,
        figures=_figures,
        notes=_notes,
        invents=Invents(
            "rows",
            lambda settings, decision: _computes(decision),
            "frames of interlaced video were made of one field each. The rows of the field are those of the "
            "source, the rows between them were computed from the fields before and after it.",
        ),
        summary=_summary,
    ),
    example=Example(DeinterlaceSettings(), _example),
    network=Network("deinterlacer", _model, _possible),
    measure=FieldMeasure(ShotFields, see, mapped_fields),
    conflicts=conflicts,
    fields=True,
)
