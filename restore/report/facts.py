"""The parts of a record, made from plan, survey and source: pure functions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from restore.plan import Plan, result_shots
from restore.report.record import (
    MARK,
    ModelFacts,
    ResultFacts,
    ShotFacts,
    SourceFacts,
)
from restore.survey.findings import Survey
from restore.timing import Span
from restore.treatments import catalog

if TYPE_CHECKING:
    from restore.media.source import Source
    from restore.models import Card


def source_facts(source: Source, survey: Survey, sha256: str) -> SourceFacts:
    """The source; duration and rate are those of the frames that were used."""
    return SourceFacts(
        name=source.path.name,
        sha256=sha256,
        size=source.size,
        container=source.container,
        codec=source.codec,
        pixel_format=source.stored_format,
        width=source.width,
        height=source.height,
        sar=source.sar,
        color=source.color,
        field_order=source.field_order,
        rotation=source.rotation,
        seconds=_thousandths(survey.frames.end - survey.frames.start),
        rate=survey.frames.rate.limit_denominator(10_000),
        origin=source.zero,
        streams=tuple(stream.summary for stream in source.streams),
        tags=dict(source.tags),
    )


def result_facts(
    plan: Plan, name: str, size: int, tags: Mapping[str, str], digests: Sequence[str]
) -> ResultFacts:
    """The result, a file or a folder; `digests` are the MD5s of its decoded frames."""
    return ResultFacts(
        name=name,
        size=size,
        container=plan.suffix,
        video=plan.output,
        tags=dict(tags),
        frames_sha256=frames_digest(digests),
    )


def model_facts(cards: Mapping[str, Card]) -> tuple[ModelFacts, ...]:
    """The networks that were used."""
    return tuple(
        ModelFacts(
            task=task,
            name=card.full_name,
            sha256=card.sha256,
            architecture=card.architecture,
            licence=card.licence,
        )
        for task, card in cards.items()
    )


def seed(plan: Plan) -> int | None:
    """The seed of the random numbers, if any treatment draws some."""
    seeds = (getattr(settings, "seed", None) for settings in plan.treatments.values())
    return next((each for each in seeds if each is not None), None)


def shot_facts(
    plan: Plan, survey: Survey, surprises: Sequence[float | None] = ()
) -> tuple[ShotFacts, ...]:
    """What the survey found in every shot, what was decided for it, and how surprising its colors are."""
    frames = plan.frame_map.table(survey.frames)
    found = result_shots(survey.shots, plan.frame_map)
    surprises = surprises or [None] * len(plan.shots)
    return tuple(
        ShotFacts(
            frames=shot.span,
            start=_thousandths(frames.seconds(shot.span.start)),
            seconds=_thousandths(frames.part(shot.span).end - frames.seconds(shot.span.start)),
            content=shot.content,
            color=shot.color,
            tint=shot.tint,
            figures=shot.figures,
            decisions={
                name: catalog.TREATMENTS[name].recorded(one)
                for name, one in decided.decisions.items()
            },
            summary=tuple(
                catalog.TREATMENTS[name].describe.done(one)
                for name, one in decided.decisions.items()
            ),
            surprise=surprise,
        )
        for shot, decided, surprise in zip(found, plan.shots, surprises, strict=True)
    )


def frames_digest(digests: Sequence[str]) -> str:
    """SHA-256 over the frames' MD5s, each on a separate line."""
    return hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode()).hexdigest()


def marks(digests: Sequence[str], frames: Span) -> str:
    """The marks of some frames, from the MD5s of the whole film's."""
    return "".join(digest[:MARK] for digest in digests[frames.start : frames.stop])


def _thousandths(seconds: Fraction) -> float:
    """Seconds rounded to milliseconds."""
    return round(float(seconds), 3)
