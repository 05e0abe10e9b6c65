"""Films to train on: the films of a folder that are used, and excerpts of them.

Only the frames of an excerpt are decoded, and only the excerpt is kept: films may be of any length.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import torch
from torch import Generator, Tensor

from restore.errors import UsageError
from restore.evaluation.clean_films import Box, CleanFilm, is_film
from restore.evaluation.data_split import TEST_CLIPS, TRAINING_CLIPS, is_validation
from restore.survey.cuts import mark_cuts
from restore.training.settings import PairSettings

_TEST_FILES = frozenset(f"{name}.mp4" for name in TEST_CLIPS)

_TRIES = 20
"""Excerpts that are drawn before one with a cut in it is used."""

_MIN_SIZE = 2 / 3
"""Share of an excerpt's height and width that a film must have at least."""

_GRID = 16
"""Sides of a smaller excerpt are multiples of this: of every scale, and of the codecs' blocks."""

_CUT_WIDTH = 256
"""Width of the pictures in which cuts are detected, as in the survey."""


def excerpt(film: CleanFilm, settings: PairSettings, generator: Generator) -> Tensor:
    """Random consecutive frames without a cut, uint8 [T, 3, H, W]; UsageError if the film is too small.

    A film slightly smaller than the excerpt gives a smaller one; a film with cuts everywhere, one with
    a cut.
    """
    too_small = [
        have < _MIN_SIZE * wanted
        for have, wanted in zip(
            _size(film, settings), (settings.height, settings.width), strict=True
        )
    ]
    if any(too_small) or film.frames < 2:
        what = f"A film of {film.width}x{film.height} and {film.frames} frames is too small."
        todo = f"Remove it, or lower pairs.width and height ({settings.width}x{settings.height})."
        raise UsageError(what, film.name, todo, code="film-too-small")
    frames = film.read(random_box(film, settings, generator))
    for _ in range(_TRIES):
        if not has_cut(frames):
            break
        frames = film.read(random_box(film, settings, generator))
    return frames


def random_box(film: CleanFilm, settings: PairSettings, generator: Generator) -> Box:
    """A random box in space and time, of every 1st to nth frame; of a short film with fewer frames."""

    def integer(high: int) -> int:
        return int(torch.randint(0, max(0, high) + 1, (), generator=generator))

    count = min(settings.frames, film.frames)
    longest = max(1, min(settings.max_frame_step, (film.frames - 1) // max(1, count - 1)))
    step = 1 + integer(longest - 1)
    height, width = _size(film, settings)
    return Box(
        first=integer(film.frames - 1 - step * (count - 1)),
        frames=count,
        step=step,
        top=integer(film.height - height),
        left=integer(film.width - width),
        height=height,
        width=width,
    )


def _size(film: CleanFilm, settings: PairSettings) -> tuple[int, int]:
    """Height and width of an excerpt: as wanted, or smaller where the film is smaller."""
    wanted = ((settings.height, film.height), (settings.width, film.width))
    height, width = (want if want <= have else have // _GRID * _GRID for want, have in wanted)
    return height, width


def has_cut(frames: Tensor) -> bool:
    """Whether there is a cut within these frames [T, 3, H, W], uint8."""
    lumas = frames.float().mean(1).to(torch.uint8).numpy()
    shape = (_CUT_WIDTH, max(1, round(_CUT_WIDTH * lumas.shape[1] / lumas.shape[2])))
    small = [cv2.resize(luma, shape, interpolation=cv2.INTER_AREA) for luma in lumas]
    marked = mark_cuts(small, lambda picture: cast(np.ndarray, picture))
    return any(starts for _, starts in list(marked)[1:])


def split_films(folder: Path, hold_out: bool) -> tuple[list[Path], list[Path]]:
    """The films of a folder that train and, with `hold_out`, those held out for validation, by name.

    A folder with all training clips of the project gives these and no others; of other folders every
    film may train except the project's test clips. A tenth is held out, by a hash of the name, and of
    two films or more at least one. Raises UsageError for a folder without films.
    """
    own = [folder / f"{name}.mp4" for name in TRAINING_CLIPS]
    if all(path.is_file() for path in own):
        films = own
    else:
        found = sorted(folder.rglob("*")) if folder.is_dir() else []
        films = [p for p in found if is_film(p) and p.name not in _TEST_FILES]
    if not films:
        todo = "Put films (mp4, mkv, mov ...) into it, or name another folder with --data."
        raise UsageError(
            "There are no films to train on.", str(folder), todo, code="no-training-data"
        )
    held_out = _held_out(films) if hold_out else []
    return [path for path in films if path not in held_out], held_out


def _held_out(films: Sequence[Path]) -> list[Path]:
    if len(films) < 2:
        return []
    held_out = [path for path in films if is_validation(path.name)]
    if held_out and len(held_out) < len(films):
        return held_out
    return [min(films, key=lambda path: hashlib.sha256(path.name.encode()).digest())]
