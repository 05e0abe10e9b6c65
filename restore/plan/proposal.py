"""What would suit a film: its kind, the repairs of what the survey found, and further suggestions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from restore.framemap import FrameMap, IdentityMap
from restore.plan.film_measures import with_film_measures
from restore.plan.make import map_of_fields
from restore.plan.mapped import result_shots
from restore.plan.own_rate import OwnRate, own_rate
from restore.plan.requirements import film_facts
from restore.plan.shots import shot_plan
from restore.plan.tape_evidence import SIGNAL, tape_evidence
from restore.recipe import KINDS, KindName, Recipe
from restore.survey.findings import Shot, Survey
from restore.treatments import catalog
from restore.treatments.deinterlace.shot_fields import FieldKind, ShotFields

if TYPE_CHECKING:
    from restore.media.source import Source

MOST = 0.5
"""The share of a film's frames from which a property is that of the film."""

SOUND_RATE = 23
"""Frames a second below which a film was shot without sound, whatever was added later."""

SMALL = 720
"""Films with fewer rows gain from being enlarged."""

_DISC_CODECS = ("mpeg2video", "mpeg1video")
_TELEVISION = ("mpeg", "mpegts", "mxf")
"""Containers of discs, of broadcasts and of their production."""
_TELEVISION_ROWS = 576
"""The most rows of standard television; analog tape has no more."""


@dataclass(frozen=True)
class Proposal:
    """What would suit a film.

    kind      the kind of film; None: no special one
    reasons   why, a phrase each
    repairs   what `--auto` would do, and in how many shots
    repeats   "drop": frames repeat regularly, and `--repeats drop` would remove them
    speed     the film's own rate for `--speed`, together with `repeats`: "18", "24000/1001"
    timing    why, a phrase each, and what becomes of the sound
    suggests  further options that a person may want
    """

    kind: KindName | None
    reasons: tuple[str, ...]
    repairs: tuple[str, ...]
    repeats: Literal["drop"] | None
    speed: str | None
    timing: tuple[str, ...]
    suggests: tuple[str, ...]


def propose(source: Source, survey: Survey) -> Proposal:
    """The proposal for a film whose survey has all measures."""
    own = own_rate(survey)
    kind, reasons = _kind(source, survey, own)
    return Proposal(
        kind,
        tuple(reasons),
        tuple(_repairs(source, survey)),
        repeats=None if own is None else "drop",
        speed=None if own is None or own.rate is None else str(own.rate),
        timing=() if own is None else tuple(_timing(own, _silent(source))),
        suggests=tuple(_suggests(source, survey)),
    )


def lines(proposal: Proposal) -> list[str]:
    """A proposal as text."""
    found: list[str] = []
    if proposal.kind is not None:
        why = "; ".join(proposal.reasons)
        found.append(f"--for {proposal.kind} ({KINDS[proposal.kind].title}): {why}")
    if proposal.repairs:
        found.append(f"--auto: {', '.join(proposal.repairs)}")
    if proposal.repeats is not None:
        speed = "" if proposal.speed is None else f" --speed {proposal.speed}"
        found.append(f"--repeats {proposal.repeats}{speed}: {'; '.join(proposal.timing)}")
    return found + [f"{option} may be wanted, too" for option in proposal.suggests]


def _repairs(source: Source, survey: Survey) -> Iterator[str]:
    """What the treatments without a network would do by default if everything found were repaired."""
    recipe = Recipe(auto=True)
    film = replace(film_facts(source), recomputed=True)
    options = [recipe.treatments] * len(survey.shots)
    frame_map = map_of_fields(survey, recipe, options, film)
    found = with_film_measures(result_shots(survey.shots, frame_map))
    planned = [shot_plan(shot, recipe.treatments, film) for shot in found]
    if not any("deinterlace" in shot.decisions for shot in planned):
        yield from _retimed(frame_map, len(survey.frames))
    for name, treatment in catalog.TREATMENTS.items():
        if treatment.network is not None and not treatment.fields:
            continue
        decided = [shot.decisions[name] for shot in planned if name in shot.decisions]
        summary = treatment.describe.summary or (lambda one, of=treatment: (of.describe.done(one),))
        for text, count in Counter(text for one in decided for text in summary(one)).items():
            where = "" if count == len(planned) else f" ({count} of {len(planned)} shots)"
            yield f"{text}{where}"


def _retimed(frame_map: FrameMap, frames: int) -> Iterator[str]:
    """What is done with film in video whose frames all have both fields of one source frame."""
    if frame_map.frames < frames:
        yield f"film brought back to its own {frame_map.frames} of {frames} frames"
    elif not isinstance(frame_map, IdentityMap):
        yield "frames of film shown at even times"


def _timing(own: OwnRate, silent: bool) -> Iterator[str]:
    """Why repeated frames should be dropped, and what becomes of the sound."""
    yield f"{own.repeated} of {own.frames} frames repeat the one before"
    if own.rate is None or own.seconds is None:
        yield "the other frames keep their times" + ("" if silent else ", and the sound fits")
        return
    yield _in_stored(own.rate, own.stored)
    if not silent:
        before = own.frames / own.stored
        yield (
            f"the picture lasts {float(own.seconds):.2f} instead of {float(before):.2f} seconds, the sound "
            "keeps its times (without --speed the picture keeps its times, too)"
        )


def _in_stored(rate: Fraction, stored: Fraction) -> str:
    return f"film of {_short(rate)} frames a second stored at {_short(stored)}"


def _short(rate: Fraction) -> str:
    return f"{round(float(rate), 3):g}"


def _suggests(source: Source, survey: Survey) -> Iterator[str]:
    if source.height < SMALL:
        yield "--upscale 4"
    if _share(survey, [shot for shot in survey.shots if shot.color != "color"]) > MOST:
        yield "--colorize"


def _silent(source: Source) -> bool:
    """Whether the film has no sound."""
    return not any(stream.kind == "audio" for stream in source.streams)


def _kind(source: Source, survey: Survey, own: OwnRate | None) -> tuple[KindName | None, list[str]]:
    """The kind of film, and the reasons for it."""
    gray = _share(survey, [shot for shot in survey.shots if shot.color != "color"]) > MOST
    silent = _silent(source)
    if source.codec == "dvvideo":
        return "dv", ["the codec is DV"]
    if _of_kind(survey, "video") > MOST:
        kind, why = _video_kind(source, survey)
        video = f"interlaced video ({_of_kind(survey, 'video'):.0%} of the frames)"
        return kind, [] if kind is None else [video, *why]
    transferred = _of_kind(survey, "film") + _soft(survey)
    if transferred > MOST and not gray:
        return "telecine", [f"film in video ({transferred:.0%} of the frames)", "in color"]
    reasons = ["black-and-white", "without sound" if silent else "with sound"]
    if transferred > MOST:
        reasons.insert(0, f"film in video ({transferred:.0%} of the frames)")
    if own is not None and own.rate is not None and own.rate < SOUND_RATE:
        color = "black-and-white" if gray else "in color"
        sound = (
            "without sound" if silent else "sound films have 24 or more: the sound was added later"
        )
        return "silent", [_in_stored(own.rate, own.stored), color, sound]
    if gray:
        return ("silent" if silent else "newsreel"), reasons
    return None, []


def _video_kind(source: Source, survey: Survey) -> tuple[KindName | None, list[str]]:
    """The kind of interlaced video: tape by its picture, television by codec, container and size."""
    disc = source.codec in _DISC_CODECS
    evidence = tape_evidence(survey)
    sure = set(evidence) & set(SIGNAL) or not disc
    if evidence and sure and source.height <= _TELEVISION_ROWS:
        return "vhs", [f"faults of tape: {', '.join(evidence)}"]
    if source.height > _TELEVISION_ROWS:
        return "dvd", [f"{source.height} rows, more than a tape has"]
    if disc or source.container in _TELEVISION:
        return "dvd", [f"{source.codec} in {source.container}, no faults of tape"]
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
