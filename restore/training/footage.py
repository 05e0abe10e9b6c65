"""Films to cut training shots from: which of a folder train, and runs of frames out of them.

Only the frames that a shot needs are decoded and only its excerpt is kept, so films of any length do.
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
from restore.evaluation.split import JUDGING_CLIPS, TRAINING_CLIPS, validates
from restore.survey.cuts import mark_cuts
from restore.training.settings import PairSettings

_JUDGING = frozenset(f"{name}.mp4" for name in JUDGING_CLIPS)

_TRIES = 20
"""Excerpts that are drawn before one with a cut in it is taken after all."""

_LEAST_SHARE = 2 / 3
"""Of an excerpt's height and width: a film that lacks more is too small to cut from."""

_GRID = 16
"""Sides of an excerpt cut short are multiples of this: of every scale, and of the codecs' blocks."""

_CUT_WIDTH = 256
"""Columns of the pictures that cuts are looked for in, as in the survey."""


def excerpt(film: CleanFilm, settings: PairSettings, generator: Generator) -> Tensor:
    """A random run of frames without a cut, uint8 [T, 3, H, W]; UsageError if the film is too small.

    A film somewhat smaller than the excerpt gives all it has; one that is nothing but cuts, some run.
    """
    lacking = [
        have < _LEAST_SHARE * wanted
        for have, wanted in zip(
            _size(film, settings), (settings.height, settings.width), strict=True
        )
    ]
    if any(lacking) or film.frames < 2:
        what = f"A film of {film.width}x{film.height} and {film.frames} frames is too small to cut from."
        todo = f"Take it out, or lower pairs.width and height ({settings.width}x{settings.height})."
        raise UsageError(what, film.name, todo)
    frames = film.read(cut(film, settings, generator))
    for _ in range(_TRIES):
        if not has_cut(frames):
            break
        frames = film.read(cut(film, settings, generator))
    return frames


def cut(film: CleanFilm, settings: PairSettings, generator: Generator) -> Box:
    """A random box, in space and time, of every 1st to nth frame; a short film gives fewer frames."""

    def integer(high: int) -> int:
        return int(torch.randint(0, max(0, high) + 1, (), generator=generator))

    count = min(settings.frames, film.frames)
    longest = max(1, min(settings.greatest_step, (film.frames - 1) // max(1, count - 1)))
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
    """Height and width of an excerpt: as wanted, or what the film has."""
    wanted = ((settings.height, film.height), (settings.width, film.width))
    height, width = (want if want <= have else have // _GRID * _GRID for want, have in wanted)
    return height, width


def has_cut(frames: Tensor) -> bool:
    """Whether a shot begins inside these frames [T, 3, H, W], uint8."""
    lumas = frames.float().mean(1).to(torch.uint8).numpy()
    shape = (_CUT_WIDTH, max(1, round(_CUT_WIDTH * lumas.shape[1] / lumas.shape[2])))
    small = [cv2.resize(luma, shape, interpolation=cv2.INTER_AREA) for luma in lumas]
    marked = mark_cuts(small, lambda picture: cast(np.ndarray, picture))
    return any(starts for _, starts in list(marked)[1:])


def split_films(folder: Path, keep_aside: bool) -> tuple[list[Path], list[Path]]:
    """The films of a folder that train and, with `keep_aside`, those that validate, by name.

    A folder with all of the project's training clips gives these and no others; of other folders
    every film may train, but never a judging clip of the project. A tenth is kept aside, by a hash of
    the name, and of two films or more at least one. Raises UsageError for a folder without films.
    """
    own = [folder / f"{name}.mp4" for name in TRAINING_CLIPS]
    if all(path.is_file() for path in own):
        films = own
    else:
        found = sorted(folder.rglob("*")) if folder.is_dir() else []
        films = [p for p in found if is_film(p) and p.name not in _JUDGING]
    if not films:
        todo = "Put films (mp4, mkv, mov ...) into it, or name another folder with --data."
        raise UsageError("There is no film to train on.", str(folder), todo)
    aside = _kept_aside(films) if keep_aside else []
    return [path for path in films if path not in aside], aside


def _kept_aside(films: Sequence[Path]) -> list[Path]:
    if len(films) < 2:
        return []
    aside = [path for path in films if validates(path.name)]
    if aside and len(aside) < len(films):
        return aside
    return [min(films, key=lambda path: hashlib.sha256(path.name.encode()).digest())]
