"""Single frames of films as pictures that colors are learned from, beside photographs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

from restore.errors import SourceError
from restore.evaluation.aged_shots import shrunk
from restore.evaluation.clean_films import Box
from restore.evaluation.photographs import SHORT, Photo
from restore.training.pairs import OpenFilm

_NEAR = 48
"""Frames apart up to which it is quicker to decode all between than to seek for each."""

_TOGETHER = 8
"""The most frames that are in memory at their full size."""


def film_stills(
    films: Sequence[Path],
    each: int,
    open_film: OpenFilm,
    leave_out: Callable[[SourceError], None],
) -> list[Photo]:
    """So many frames of each film, as far apart as it allows; a shorter film gives all it has.

    They are called by the film's name and the frame's number, and large ones are shrunk as photographs
    are. A film that cannot be read is given to `leave_out` and gives none.
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
    step = film.frames // count
    first = (film.frames - 1 - step * (count - 1)) // 2
    together = _TOGETHER if step <= _NEAR else 1
    for begin in range(0, count, together):
        start = first + begin * step
        box = Box(start, min(together, count - begin), step, 0, 0, film.height, film.width)
        for at, rgb in enumerate(shrunk(film.read(box), SHORT)):
            yield Photo(f"{path.name} {start + at * step}", rgb.mul(255).round().to(torch.uint8))
