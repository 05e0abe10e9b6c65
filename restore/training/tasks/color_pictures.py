"""The pictures that color networks learn from, in memory: photographs, and frames of films.

Each sample is a crop, aged to film-like gray.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator

from restore.ageing.draw import AgeingRanges
from restore.errors import UsageError
from restore.evaluation.photographs import Photo, read_photos
from restore.training.batches import Sample
from restore.training.film_stills import film_stills
from restore.training.footage import split_films
from restore.training.gray_samples import gray_sample
from restore.training.settings import TrainSettings
from restore.training.tasks.task import CLIPS, PHOTOS, TaskContext


@dataclass(frozen=True)
class ColorPictures:
    """Photographs and frames of films."""

    photos: list[Photo]
    stills: list[Photo]


@dataclass(frozen=True)
class GraySamples:
    """Draws film-like gray [1, 1, h, w] and its chroma [1, 2, h/4, w/4].

    `film_share` of them from frames of films; without a share, every picture is equally likely.
    """

    pictures: ColorPictures
    film_share: float
    ageing: AgeingRanges
    size: int

    def __call__(self, generator: Generator) -> Sample:
        """One sample."""
        photos, stills = self.pictures.photos, self.pictures.stills
        every = [*photos, *stills]
        if self.film_share and photos and stills:
            film = float(torch.rand((), generator=generator)) < self.film_share
            every = stills if film else photos
        return gray_sample(every, self.ageing, self.size, generator)


def color_pictures(
    settings: TrainSettings, context: TaskContext, held_out_stills: int
) -> tuple[ColorPictures, list[Photo]]:
    """The images for training and, evenly spaced among all that are held out, those for validation.

    `held_out_stills`: frames of each film that is held out.
    """
    validation, folder = settings.validation, context.data / PHOTOS
    hold_out, leave_out = validation.every > 0, context.note_left_out
    photos = read_photos(folder, validation=False, leave_out=leave_out)
    aside = read_photos(folder, validation=True, leave_out=leave_out) if hold_out else []
    stills: list[Photo] = []
    if settings.stills_per_film or held_out_stills:
        films, films_aside = split_films(context.data / CLIPS, hold_out)
        stills = film_stills(films, settings.stills_per_film, context.open_film, leave_out)
        aside += film_stills(films_aside, held_out_stills, context.open_film, leave_out)
    if not photos and not stills:
        raise UsageError(
            "There are no photographs to train on.",
            str(folder),
            "Put photographs (jpg, png, webp ... or tar files of them) into it, "
            "or set stills_per_film to use frames of films.",
            code="no-training-data",
        )
    if hold_out and not aside:
        context.note("There are too few images: none is held out for validation.")
    count = min(validation.count, len(aside))
    return ColorPictures(photos, stills), [aside[at * len(aside) // count] for at in range(count)]
