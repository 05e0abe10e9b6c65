"""The options of every shot: those of the recipe, replaced by those of its `[[shot]]` tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from restore.errors import UsageError
from restore.recipe import Recipe, ShotOverride, overridden
from restore.survey.findings import Survey
from restore.timing import FrameTable

if TYPE_CHECKING:
    from restore.plan.requirements import Options


def options_of_shots(recipe: Recipe, survey: Survey, film: FrameTable) -> list[Options]:
    """The options of the survey's shots; if several tables select a shot, the last one applies.

    `film` has all frames of the film. Raises UsageError for tables that select no shot, unless the survey has
    only some shots, or the table's time is in a part of the film that is not restored.
    """
    options: list[Options] = [recipe.treatments] * len(survey.shots)
    unknown: list[str] = []
    for each in recipe.shot:
        named = shots_named(each, survey, film.start)
        if not named and not survey.partial and not _elsewhere(each, film):
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


def _elsewhere(override: ShotOverride, film: FrameTable) -> bool:
    """Whether the film has frames at the times of a table."""
    first = override.at if override.at is not None else override.first
    return first is not None and first < film.end - film.start


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


def about_overrides(recipe: Recipe, survey: Survey, film: FrameTable) -> Iterator[str]:
    """The changes by the tables, a line each."""
    for each in recipe.shot:
        if named := shots_named(each, survey, film.start):
            yield f"{_numbers(named)} by the recipe ({each.where}): {each.what}"
        elif not survey.partial:
            yield f"no shot of this part has the recipe's {each.what} ({each.where})"


def _numbers(places: Sequence[int]) -> str:
    """`shot 3`, `shots 3 to 5`; the shots of a table are consecutive."""
    first, last = places[0] + 1, places[-1] + 1
    return f"shot {first}" if first == last else f"shots {first} to {last}"
