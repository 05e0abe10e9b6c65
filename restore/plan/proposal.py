"""What would suit a film: its kind, the repairs of what the survey found, and further suggestions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from restore.plan.film_measures import with_film_measures
from restore.plan.make import map_of_fields
from restore.plan.mapped import result_shots
from restore.plan.requirements import film_facts
from restore.plan.shots import shot_plan
from restore.recipe import KINDS, KindName, Recipe
from restore.survey.findings import Shot, Survey
from restore.treatments import catalog
from restore.treatments.deinterlace.shot_fields import FieldKind, ShotFields

if TYPE_CHECKING:
    from restore.media.source import Source

MOST = 0.5
"""The share of a film's frames from which a property is that of the film."""

REPEATED = 0.04
"""The share of repeated frames from which they are a pattern: one in 25."""

SMALL = 720
"""Films with fewer rows gain from being enlarged."""

_DISC_CODECS = ("mpeg2video", "mpeg1video")
_TELEVISION_ROWS = 576
"""The most rows of standard television; analog tape has no more."""


@dataclass(frozen=True)
class Proposal:
    """What would suit a film.

    kind      the kind of film; None: no special one
    reasons   why, a phrase each
    repairs   what `--auto` would do, and in how many shots
    suggests  further options that a person may want
    """

    kind: KindName | None
    reasons: tuple[str, ...]
    repairs: tuple[str, ...]
    suggests: tuple[str, ...]


def propose(source: Source, survey: Survey) -> Proposal:
    """The proposal for a film whose survey has all measures."""
    kind, reasons = _kind(source, survey)
    return Proposal(
        kind, tuple(reasons), tuple(_repairs(source, survey)), tuple(_suggests(source, survey))
    )


def lines(proposal: Proposal) -> list[str]:
    """A proposal as text."""
    found: list[str] = []
    if proposal.kind is not None:
        why = "; ".join(proposal.reasons)
        found.append(f"--for {proposal.kind} ({KINDS[proposal.kind].title}): {why}")
    if proposal.repairs:
        found.append(f"--auto: {', '.join(proposal.repairs)}")
    return found + [f"{option} may be wanted, too" for option in proposal.suggests]


def _repairs(source: Source, survey: Survey) -> Iterator[str]:
    """What the treatments without a network would do by default if everything found were repaired."""
    recipe = Recipe(auto=True)
    film = replace(film_facts(source), recomputed=True)
    options = [recipe.treatments] * len(survey.shots)
    frame_map = map_of_fields(survey, recipe, options, film)
    found = with_film_measures(result_shots(survey.shots, frame_map))
    planned = [shot_plan(shot, recipe.treatments, film) for shot in found]
    for name, treatment in catalog.TREATMENTS.items():
        if treatment.network is not None and not treatment.fields:
            continue
        decided = [shot.decisions[name] for shot in planned if name in shot.decisions]
        for text, count in Counter(treatment.describe.done(one) for one in decided).items():
            where = "" if count == len(planned) else f" ({count} of {len(planned)} shots)"
            yield f"{text}{where}"


def _suggests(source: Source, survey: Survey) -> Iterator[str]:
    if source.height < SMALL:
        yield "--upscale 4"
    if _share(survey, [shot for shot in survey.shots if shot.color != "color"]) > MOST:
        yield "--colorize"


def _kind(source: Source, survey: Survey) -> tuple[KindName | None, list[str]]:
    """The kind of film, and the reasons for it."""
    gray = _share(survey, [shot for shot in survey.shots if shot.color != "color"]) > MOST
    silent = not any(stream.kind == "audio" for stream in source.streams)
    if source.codec == "dvvideo":
        return "dv", ["the codec is DV"]
    if _of_kind(survey, "video") > MOST:
        reasons = [f"interlaced video ({_of_kind(survey, 'video'):.0%} of the frames)"]
        if source.codec in _DISC_CODECS or source.height > _TELEVISION_ROWS:
            return "dvd", [*reasons, f"{source.codec}, {source.height} rows"]
        return "vhs", [*reasons, f"{source.height} rows"]
    transferred = _of_kind(survey, "film") + _soft(survey)
    if transferred > MOST and not gray:
        return "telecine", [f"film in video ({transferred:.0%} of the frames)", "in color"]
    reasons = ["black-and-white", "without sound" if silent else "with sound"]
    if transferred > MOST:
        reasons.insert(0, f"film in video ({transferred:.0%} of the frames)")
    if repeated := _repeated(survey):
        reasons.append(f"{repeated:.0%} of the frames are repeated")
    if gray:
        return ("silent" if silent else "newsreel"), reasons
    return None, []


def _share(survey: Survey, shots: Sequence[Shot]) -> float:
    """The share of the film's frames that these shots have."""
    return sum(len(shot.span) for shot in shots) / len(survey.frames)


def _fields(shot: Shot) -> ShotFields | None:
    return shot.measures.get("deinterlace")


def _of_kind(survey: Survey, kind: FieldKind) -> float:
    """The share of the film's fields that are of this kind."""
    found = [fields for shot in survey.shots if (fields := _fields(shot)) is not None]
    stretches = [stretch for fields in found for stretch in fields.stretches]
    count = sum(each.stop - each.start for each in stretches if each.kind == kind)
    return count / (2 * len(survey.frames))


def _soft(survey: Survey) -> float:
    return _share(survey, [s for s in survey.shots if (f := _fields(s)) is not None and f.soft])


def _repeated(survey: Survey) -> float:
    """The share of frames that repeat the one before; 0 if it is too small for a pattern."""
    found = [fields for shot in survey.shots if (fields := _fields(shot)) is not None]
    share = sum(len(fields.repeats) for fields in found) / len(survey.frames)
    return share if share >= REPEATED else 0.0
