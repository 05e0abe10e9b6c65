"""What was found about the fields of a shot, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from restore.clip import Fields
from restore.treatments.deinterlace.repeat_pattern import distinct_share
from restore.treatments.deinterlace.shot_fields import PATTERNS, FieldKind, ShotFields, Stretch
from restore.treatments.film_facts import FilmFacts

ORDERS: dict[Fields, str] = {"tff": "top field first", "bff": "bottom field first"}
"""The names of the field orders."""


def found(measure: ShotFields, film: FilmFacts) -> str:
    """What was found, in one line."""
    main = main_stretch(measure)
    parts = [_named(measure, main), *_order(main, film), *_breaks(measure)]
    if main.kind == "progressive":
        parts += _repeats(measure)
    parts += [
        text
        for present, text in (
            (measure.soft, "pulldown by repeat-field flags"),
            (measure.swapped, "fields exchanged in every frame"),
            (measure.mixed, "video laid over film"),
            (measure.unsettled, "irregular cadence"),
            (measure.progressive_chroma, "chroma stored as if progressive"),
        )
        if present
    ]
    return ", ".join(parts)


def figures(measure: ShotFields | None, film: FilmFacts) -> Mapping[str, object]:
    """The same as keys and values; null where nothing is known."""
    if measure is None:
        return {"fields": None}
    main = main_stretch(measure)
    distinct = _distinct(measure)
    return {
        "fields": main.kind,
        "field_order": main.order,
        "tagged_field_order": film.fields,
        "pattern": list(main.pattern) if main.kind == "film" else None,
        "phase": main.phase if main.kind == "film" else None,
        "cadence_breaks": len(_places(measure)),
        "breaks_at_fields": _places(measure),
        "repeated_frames": len(measure.repeats),
        "repeats_every": _every(distinct),
        "distinct_frames": None if distinct is None else list(distinct.as_integer_ratio()),
        "soft_pulldown": measure.soft,
        "swapped_fields": measure.swapped,
        "video_over_film": measure.mixed,
        "irregular_cadence": measure.unsettled,
        "progressive_chroma": measure.progressive_chroma,
    }


def main_stretch(measure: ShotFields) -> Stretch:
    """The first stretch of the kind that most fields have."""
    kinds: dict[FieldKind, int] = {}
    for each in measure.stretches:
        kinds[each.kind] = kinds.get(each.kind, 0) + each.stop - each.start
    most = max(kinds, key=lambda kind: kinds[kind])
    return next(each for each in measure.stretches if each.kind == most)


def _named(measure: ShotFields, main: Stretch) -> str:
    """The kind and its pattern."""
    if main.kind == "film":
        if main.pattern == (2,):
            return "film, fields one off (PsF)"
        return f"film in {PATTERNS.get(main.pattern, 'another')} pulldown"
    return {
        "video": "interlaced video",
        "progressive": "progressive",
        "blended": "blended fields (standards conversion)",
        "unknown": "unknown: no cadence is certain",
    }[main.kind]


def _order(main: Stretch, film: FilmFacts) -> list[str]:
    """The field order, and the tagged one if it is another."""
    if main.order is None:
        wrong = main.kind == "progressive" and film.fields is not None
        return ["tagged as interlaced"] if wrong else []
    if film.fields is None:
        return [f"{ORDERS[main.order]} (tagged as progressive)"]
    tagged = f" (tagged {ORDERS[film.fields]})" if film.fields != main.order else ""
    return [ORDERS[main.order] + tagged]


def _places(measure: ShotFields) -> list[int]:
    """The fields before which the cadence is interrupted."""
    return [each.start for each in measure.stretches[1:]]


def _breaks(measure: ShotFields) -> list[str]:
    count = len(_places(measure))
    return [f"{count} break{'s' * (count > 1)}"] if count else []


def _repeats(measure: ShotFields) -> list[str]:
    """How frames repeat: regularly, or how many."""
    distinct = _distinct(measure)
    if distinct is not None:
        shown, period = distinct.as_integer_ratio()
        if (every := _every(distinct)) is not None:
            return [
                "every second frame repeats" if every == 2 else f"one of {every} frames repeats"
            ]
        return [f"{shown} of {period} frames {'is' if shown == 1 else 'are'} distinct"]
    count = len(measure.repeats)
    return [f"{count} repeated frame{'s' * (count > 1)}"] if count else []


def _distinct(measure: ShotFields) -> Fraction | None:
    """The share of distinct frames if the others repeat regularly."""
    return distinct_share(measure.repeats, measure.stretches[-1].stop // 2)


def _every(distinct: Fraction | None) -> int | None:
    """The distance of repeated frames if it is always the same; None if it is not."""
    if distinct is None or distinct.denominator - distinct.numerator != 1:
        return None
    return distinct.denominator
