"""Measures of the whole film, and the size of the picture that they leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from restore.survey.findings import Shot
from restore.treatments import catalog
from restore.treatments.borders import BORDERS, BordersOptions
from restore.treatments.film_facts import FilmFacts


def with_film_measures(shots: Sequence[Shot]) -> tuple[Shot, ...]:
    """The shots with the measures of the whole film instead of their own, where a treatment decides by it."""
    found = tuple(shots)
    for name, treatment in catalog.TREATMENTS.items():
        if treatment.of_film is None or not any(name in shot.measures for shot in found):
            continue
        measure = treatment.of_film([shot.measures.get(name) for shot in found])
        if measure is not None:
            found = tuple(
                replace(shot, measures={**shot.measures, name: measure}) for shot in found
            )
    return found


def picture_facts(film: FilmFacts, shots: Sequence[Shot], options: BordersOptions) -> FilmFacts:
    """The facts of the film as it is after its borders are cropped."""
    shot = next((each for each in shots if BORDERS.name in each.measures), None)
    if shot is None:
        return film
    decision = BORDERS.decide(shot, shot.measures[BORDERS.name], options, film)
    if decision is None or decision.action != "crop":
        return film
    width, height = decision.insets.size(film.width, film.height)
    return replace(film, width=width, height=height)
