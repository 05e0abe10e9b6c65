"""Single frames of films as training images for color, in addition to photographs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

from restore.errors import SourceError
from restore.evaluation.aged_shots import scaled_down
from restore.evaluation.clean_films import Box
from restore.evaluation.photographs import MAX_SHORT_SIDE, Photo
from restore.training.aged_pairs import OpenFilm

_SEEK_DISTANCE = 48
"""Distance in frames above which seeking is faster than decoding the frames between."""

_MAX_IN_MEMORY = 8
"""Frames in memory at full size at the same time."""


def film_stills(
    films: Sequence[Path],
    each: int,
    open_film: OpenFilm,
    leave_out: Callable[[SourceError], None],
) -> list[Photo]:
    """`each` frames of every film, evenly spaced; all frames of a film that has fewer.

    Their names are the film's name and the frame's number; large ones are scaled down like photographs.
    A film that cannot be read is given to `leave_out`.
    """
    found: list[Photo] = []
    for path in films:
        try:
            found += list(_stills(path, each, open_film))
        except SourceError as error:
            leave_out(error)
    return found


def _stills(path: Path, each: int, open_film: OpenFilm) -> Iterator[Photo]:
    film = open_film(path)
    count = min(each, film.frames)
    if not count:
        return
    step = film.frames // count
    first = (film.frames - 1 - step * (count - 1)) // 2
    at_once = _MAX_IN_MEMORY if step <= _SEEK_DISTANCE else 1
    for begin in range(0, count, at_once):
        start = first + begin * step
        box = Box(start, min(at_once, count - begin), step, 0, 0, film.height, film.width)
        for at, rgb in enumerate(scaled_down(film.read(box), MAX_SHORT_SIDE)):
            yield Photo(f"{path.name} {start + at * step}", rgb.mul(255).round().to(torch.uint8))
