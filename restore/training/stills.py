"""Single frames of films as pictures that colors are learned from, beside photographs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

from restore.errors import SourceError
from restore.training.benchmark import shrunk
from restore.training.films import Box
from restore.training.pairs import OpenFilm
from restore.training.photos import SHORT, Photo


def film_stills(
    films: Sequence[Path],
    each: int,
    open_film: OpenFilm,
    leave_out: Callable[[SourceError], None],
) -> list[Photo]:
    """So many frames of each film, evenly spread over it; a shorter film gives all it has.

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
    for place in range(count):
        frame = (2 * place + 1) * film.frames // (2 * count)
        rgb = shrunk(film.read(Box(frame, 1, 1, 0, 0, film.height, film.width)), SHORT)
        yield Photo(f"{path.name} {frame}", rgb[0].mul(255).round().to(torch.uint8))
