"""Pans over photographs: what they show, and how the camera moves."""

from dataclasses import replace
from itertools import pairwise

import torch
from torch import Tensor

from restore.ageing.random_streams import seeded
from restore.evaluation.clean_films import Box
from restore.evaluation.photographs import Photo
from restore.training.collage import photo_film

BOX = Box(first=3, frames=5, step=1, top=40, left=50, height=90, width=120)


def plain(count: int) -> list[Photo]:
    """Photographs of one color each, of several sizes."""
    return [
        Photo(str(at), torch.full((3, 20 + 5 * at, 60 - 5 * at), 10 * at, dtype=torch.uint8))
        for at in range(count)
    ]


def noisy() -> list[Photo]:
    """One photograph of noise, in which every position is different."""
    return [Photo("n", torch.randint(0, 256, (3, 70, 80), generator=seeded(1), dtype=torch.uint8))]


def shift(one: Tensor, two: Tensor, most: int) -> tuple[int, int] | None:
    """The shift between two pictures, if one is an exact copy of the other."""
    for down in range(-most, most + 1):
        for right in range(-most, most + 1):
            inner = one[:, most + down : -most + down or None, most + right : -most + right or None]
            if torch.equal(inner, two[:, most:-most, most:-most]):
                return down, right
    return None


def test_photographs_of_all_sizes_fill_the_picture() -> None:
    """A frame shows several photographs and nothing else."""
    frames = photo_film(plain(6)).read(BOX)
    assert frames.shape == (5, 3, 90, 120)
    shades = set(frames.unique().tolist())
    assert shades <= {0, 10, 20, 30, 40, 50}
    assert len(shades) > 1


def test_a_pan_depends_on_its_first_frame() -> None:
    """The same frame number gives the same pan, another one another; there are very many."""
    film = photo_film(plain(6))
    other = replace(BOX, first=4)
    assert torch.equal(film.read(BOX), film.read(BOX))
    assert not torch.equal(film.read(BOX), film.read(other))
    assert film.frames > 100_000


def test_the_camera_moves_by_whole_pixels_or_is_static() -> None:
    """Nothing is interpolated, so that the ground truth is as sharp as the photographs."""
    film = photo_film(noisy())
    paths: list[tuple[tuple[int, int] | None, ...]] = []
    for first in range(24):
        frames = film.read(replace(BOX, first=first))
        paths.append(tuple(shift(one, two, 12) for one, two in pairwise(frames)))
    assert all(step is not None for path in paths for step in path)
    static = [set(path) == {(0, 0)} for path in paths]
    assert any(static)
    assert not all(static)
