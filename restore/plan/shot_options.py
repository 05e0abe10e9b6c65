"""The options of every shot: those of the recipe, replaced by those of its `[[shot]]` tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from restore.errors import UsageError
from restore.recipe import Recipe, ShotOverride, overridden
from restore.survey.findings import Survey

if TYPE_CHECKING:
    from restore.plan.requirements import Options


def options_of_shots(recipe: Recipe, survey: Survey, start: Fraction) -> list[Options]:
    """The options of the survey's shots; if several tables select a shot, the last one applies.

    `start` is the time of the film's first frame. Raises UsageError for tables that select no shot, unless
    the survey has only some shots.
    """
    options: list[Options] = [recipe.treatments] * len(survey.shots)
    unknown: list[str] = []
    for each in recipe.shot:
        named = shots_named(each, survey, start)
        if not named and not survey.partial:
            unknown.append(each.where)
        for shot in named:
            options[shot] = overridden(options[shot], each.options)
    if unknown:
        length = float(survey.frames.end - survey.frames.start)
        raise UsageError(
            "The recipe selects shots that do not exist.",
            f"{'; '.join(unknown)}: {len(survey.shots)} shots of {length:.2f} seconds are restored",
            "restore inspect FILM lists the shots of a film, --dry-run those of a run.",
            code="no-such-shot",
        )
    return options


def shots_named(override: ShotOverride, survey: Survey, start: Fraction) -> list[int]:
    """The indices in the survey of the shots that a table selects."""
    if override.number is not None:
        return [override.number - 1] if override.number <= len(survey.shots) else []
    spans = (shot.span for shot in survey.shots)
    times = [(survey.frames.seconds(s.start), survey.frames.part(s).end) for s in spans]
    return [
        place
        for place, (begin, end) in enumerate(times)
        if _shows(override, begin - start, end - start)
    ]


def _shows(override: ShotOverride, begin: Fraction, end: Fraction) -> bool:
    """Whether a table selects a frame between these times."""
    if override.at is not None:
        return begin <= override.at < end
    assert override.first is not None
    assert override.stop is not None
    return begin < override.stop and end > override.first


def about_overrides(recipe: Recipe, survey: Survey, start: Fraction) -> Iterator[str]:
    """The changes by the tables, a line each."""
    for each in recipe.shot:
        if named := shots_named(each, survey, start):
            yield f"{_numbers(named)} by the recipe ({each.where}): {each.what}"


def _numbers(places: Sequence[int]) -> str:
    """`shot 3`, `shots 3 to 5`; the shots of a table are consecutive."""
    first, last = places[0] + 1, places[-1] + 1
    return f"shot {first}" if first == last else f"shots {first} to {last}"
